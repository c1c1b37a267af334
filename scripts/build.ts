import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { buildConsole } from './build-console';
import { problemsOf, type BuiltFile } from './check-bundle';
import { functionNames } from './function-names';
import { chunkName, lazyChunks } from './lazy-chunks';
import { leanerGoogle } from './leaner-google';
import { packageFilesFor } from './package-files';
import { zipFolder } from './zip-folder';

export interface BuiltFunction {
  readonly name: string;
  /** `index.cjs` first, then the chunks that it loads when it first needs them. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

const framework = '@google-cloud/functions-framework';

/**
 * Bundles every `functions/<name>/index.ts` into `<outDir>/<name>/`, which can be deployed as it is. What was in `outDir`
 * before is removed. Throws an Error that lists everything wrong with the bundles.
 */
export async function buildFunctions(root: string, outDir = join(root, 'dist')): Promise<BuiltFunction[]> {
  const names = await functionNames(root);
  const [rootPackage, rootLock] = await Promise.all(
    ['package.json', 'package-lock.json'].map(async (file): Promise<unknown> =>
      JSON.parse(await readFile(join(root, file), 'utf8')),
    ),
  );

  // Functions share most chunks: each is built once and written to every function that loads it.
  const chunks = new Map<string, Promise<Output>>();
  const bundle = async (name: string) => {
    const entry = join(root, 'functions', name, 'index.ts');
    const files = [await bundleFile(root, entry, 'index.cjs', './chunks/')];
    const seen = new Set<string>();
    for (const { imports } of files) {
      for (const source of imports) {
        if (seen.has(source)) continue;
        seen.add(source);
        if (!chunks.has(source))
          chunks.set(source, bundleFile(root, source, `chunks/${chunkName(root, source)}`, './'));
        files.push((await chunks.get(source))!);
      }
    }
    return { name, files };
  };
  const bundles = await Promise.all(names.map(bundle));

  const problems = bundles.flatMap(({ name, files }) => problemsOf(name, files));
  if (problems.length > 0) throw new Error(problems.join('\n'));

  await rm(outDir, { recursive: true, force: true });
  for (const { name, files } of bundles) {
    const folder = join(outDir, name);
    await mkdir(join(folder, 'chunks'), { recursive: true });
    const { packageJson, packageLock } = packageFilesFor(name, framework, rootPackage, rootLock);
    await writeFile(join(folder, 'package.json'), `${JSON.stringify(packageJson, null, 2)}\n`);
    await writeFile(join(folder, 'package-lock.json'), `${JSON.stringify(packageLock, null, 2)}\n`);
    for (const file of files) {
      await writeFile(join(folder, file.name), file.text);
      await writeFile(join(folder, `${file.name}.map`), file.map);
    }
  }
  return bundles.map(({ name, files }) => ({
    name,
    files: files.map((file) => ({ name: file.name, bytes: Buffer.byteLength(file.text) })),
  }));
}

interface Output extends BuiltFile {
  readonly map: string;
  /** Sources of the chunks that this file loads. */
  readonly imports: ReadonlySet<string>;
}

async function bundleFile(root: string, source: string, name: string, chunkFolder: string): Promise<Output> {
  const imports = new Set<string>();
  const outfile = join(root, 'dist', 'function', name);
  const { outputFiles, metafile } = await build({
    ...settings,
    absWorkingDir: root,
    entryPoints: [source],
    outfile,
    plugins: [lazyChunks(root, chunkFolder, imports), leanerGoogle(root)],
  });
  const textOf = (path: string) => outputFiles.find((file) => file.path === path)?.text ?? '';
  return { name, imports, inputs: metafile.inputs, text: textOf(outfile), map: textOf(`${outfile}.map`) };
}

const settings = {
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  // A bundled copy of the framework would register functions where the one that serves them does not look.
  external: [framework],
  // Short identifiers start no faster, and the protocol buffers of Firestore look classes up by name.
  minifyWhitespace: true,
  minifySyntax: true,
  // `require` in place of `import()`, which would start Node's module loader for ES modules.
  supported: { 'dynamic-import': false },
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  // What is wrong is in the error that is thrown.
  logLevel: 'silent',
} as const satisfies BuildOptions;

function describe({ name, files: [entry, ...chunks] }: BuiltFunction): string {
  const size = (bytes = 0) => `${Math.ceil(bytes / 1000)} kB`;
  const lazy = chunks.map((chunk) => `${chunk.name.replace('chunks/', '')} ${size(chunk.bytes)}`);
  return `${name}: ${size(entry?.bytes)}${lazy.length > 0 ? `; when first used: ${lazy.join(', ')}` : ''}`;
}

/** Beside each function's folder the archive that Terraform uploads, `<outDir>/<name>.zip`. */
export async function zipFunctions(functions: readonly BuiltFunction[], outDir: string): Promise<void> {
  for (const { name } of functions) await writeFile(join(outDir, `${name}.zip`), await zipFolder(join(outDir, name)));
}

async function writeConsole(root: string): Promise<void> {
  const { CONSOLE_CLIENT_ID: clientId } = process.env;
  const folder = join(root, 'dist', 'console');
  await mkdir(folder);
  const files = await buildConsole(root, { clientId });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  const signIn = clientId === undefined ? '; without CONSOLE_CLIENT_ID nobody can sign in to it' : '';
  console.log(`console: ${Math.ceil([...files.values()].join('').length / 1000)} kB${signIn}`);
}

async function main(): Promise<void> {
  const root = join(__dirname, '..');
  const functions = await buildFunctions(root);
  await zipFunctions(functions, join(root, 'dist'));
  for (const one of functions) console.log(describe(one));
  await writeConsole(root);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
