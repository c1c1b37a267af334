import { builtinModules } from 'node:module';
import { relative, sep } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * esbuild does not split CommonJS: it would put what a dynamic import loads into the same file, where Node parses it at
 * start. With this plugin every dynamic `import()` in project code is a file of its own, required when it is first reached.
 * `chunks` collects those files' sources; each has to be built to `<folder><chunkName>`.
 * @param folder Where chunks are, seen from the file that is being built: `./chunks/` or `./`.
 */
export function lazyChunks(root: string, folder: string, chunks: Set<string>): Plugin {
  return {
    name: 'lazy-chunks',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ kind, path, importer, resolveDir }) => {
        if (kind !== 'dynamic-import' || isPackageFile(importer) || isBuiltin(path)) return undefined;
        const resolved = await build.resolve(path, { kind: 'import-statement', importer, resolveDir });
        if (resolved.errors.length > 0 || resolved.external) return resolved;
        chunks.add(resolved.path);
        return { path: `${folder}${chunkName(root, resolved.path)}`, external: true };
      });
    },
  };
}

/** The whole path, so that two files of one name in different folders do not meet: `shared-google-gmail-client.cjs`. */
export function chunkName(root: string, source: string): string {
  const path = relative(root, source)
    .replace(/^.*node_modules[\\/]/, '')
    .replace(/\.\w+$/, '');
  return `${path.split(sep).join('-')}.cjs`;
}

export function isPackageFile(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path) || path.startsWith('node_modules/');
}

function isBuiltin(path: string): boolean {
  return path.startsWith('node:') || builtinModules.includes(path);
}
