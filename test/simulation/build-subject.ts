import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** A change of one source file of the product. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** One of this folder's modules with all that it imports, as CommonJS, from sources with these changes. */
export async function bundle(entry: string, edits: readonly Edit[] = []): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(__dirname, entry)],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
    logLevel: 'silent',
    plugins: [editing(edits)],
  });
  return result.outputFiles[0]?.text ?? '';
}

export async function occurrences({ file, find }: Edit): Promise<number> {
  return (await readFile(join(root, file), 'utf8')).split(find).length - 1;
}

function editing(edits: readonly Edit[]): Plugin {
  return {
    name: 'edits',
    setup(building) {
      for (const file of new Set(edits.map((edit) => edit.file))) {
        const pattern = `${join(root, file).replace(/[.\\]/g, '\\$&')}$`;
        building.onLoad({ filter: new RegExp(pattern) }, async ({ path }) => {
          let contents = await readFile(path, 'utf8');
          // A function, because `$` means something in a replacement text.
          for (const edit of edits.filter((one) => one.file === file))
            contents = contents.replace(edit.find, () => edit.replace);
          return { contents, loader: 'ts' };
        });
      }
    },
  };
}

const root = join(__dirname, '..', '..');
