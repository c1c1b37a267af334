import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';

/**
 * The peer of a built function: the same sources, translated file by file and loaded with all their packages at start, and
 * all of googleapis with them, as most functions are written.
 */
export async function writeUnbundled(root: string, outDir: string): Promise<void> {
  for (const folder of ['functions', 'shared']) {
    for (const path of await readdir(join(root, folder), { recursive: true })) {
      if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue;
      const source = await readFile(join(root, folder, path), 'utf8');
      // What is loaded when it is first needed is loaded at start here.
      const eager = [...source.matchAll(/import\('([^']+)'\)/g)].map(([, module]) => `require('${module}');`);
      const isEntry = /^[^/]+\/index\.ts$/.test(path) && folder === 'functions';
      const { code } = await transform(source, {
        loader: 'ts',
        format: 'cjs',
        platform: 'node',
        target: 'node20.19',
        supported: { 'dynamic-import': false },
      });
      const file = join(outDir, folder, path.replace(/\.ts$/, '.js'));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${isEntry ? "require('googleapis');" : ''}${eager.join('')}\n${code}`);
    }
  }
  await mkdir(join(outDir, 'docs'));
  await writeFile(join(outDir, 'docs/openapi.json'), await readFile(join(root, 'docs/openapi.json')));
}
