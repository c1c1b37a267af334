import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface ConsoleOptions {
  /** OAuth client that people sign in through. */
  readonly clientId?: string | undefined;
  /** Whether an API key will do to sign in; such a console is never deployed. */
  readonly isDevelopment?: boolean;
}

/** The static files of the console by name: what Firebase Hosting serves, and in the local stack the gateway. */
export async function buildConsole(
  root: string,
  { clientId, isDevelopment = false }: ConsoleOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const folder = join(root, 'console');
  const { outputFiles } = await build({
    entryPoints: { console: join(folder, 'main.ts'), styles: join(folder, 'console.css') },
    outdir: folder,
    bundle: true,
    write: false,
    format: 'esm',
    target: ['es2022', 'chrome120', 'firefox121', 'safari17'],
    minify: true,
    define: { DEVELOPMENT: String(isDevelopment) },
    logLevel: 'silent',
  });
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return new Map([
    ['index.html', await readFile(join(folder, 'index.html'), 'utf8')],
    ['icon.svg', await readFile(join(folder, 'icon.svg'), 'utf8')],
    ['console.js', textOf('.js')],
    ['console.css', textOf('.css')],
    ['config.json', `${JSON.stringify({ clientId: clientId ?? null })}\n`],
  ]);
}
