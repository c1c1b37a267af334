import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { unzipSync } from 'fflate';
import { buildFunctions, zipFunctions, type BuiltFunction } from '../../scripts/build';
import { startFunction } from '../integration/function-process';
import { repository } from './terraform';

/** What Terraform uploads, unpacked where nothing else of this repository is. */

let folder: string;
let functions: readonly BuiltFunction[];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'attache-archive-')));
  functions = await buildFunctions(repository, join(folder, 'dist'));
  await zipFunctions(functions, join(folder, 'dist'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function unpack(name: string): Promise<string> {
  const target = join(folder, 'elsewhere', name);
  for (const [file, content] of Object.entries(unzipSync(await readFile(join(folder, 'dist', `${name}.zip`))))) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await writeFile(join(target, file), content);
  }
  return target;
}

test('the archive of every function starts under functions-framework with nothing but what npm ci puts there', async () => {
  let installed: { modules: string; lock: unknown } | undefined;
  for (const { name } of functions) {
    const source = await unpack(name);
    const { name: _name, packages, ...lock } = JSON.parse(await readFile(join(source, 'package-lock.json'), 'utf8'));
    const wanted = { ...lock, packages: { ...packages, '': { ...packages[''], name: undefined } } };
    if (installed) {
      // All functions have the same packages: what was installed for the first is what npm would install for each.
      expect(wanted).toEqual(installed.lock);
      await symlink(installed.modules, join(source, 'node_modules'));
    } else {
      await run(source, 'npm', 'ci', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund');
      installed = { modules: join(source, 'node_modules'), lock: wanted };
    }
    const framework = join(installed.modules, '.bin', 'functions-framework');
    const instance = await startFunction({ source, target: name, environment: { K_SERVICE: name }, framework });
    expect((await fetch(`${instance.url}/health/live`)).status).toBe(200);
    // Without its environment it answers all the same, and says in the log which keys are missing.
    expect((await fetch(instance.url, { method: 'POST' })).status).toBe(500);
    expect(instance.output()).toContain('GOOGLE_CLOUD_PROJECT: required');
    await instance.end('SIGTERM');
  }
}, 300_000);

test('the same code makes the same archive', async () => {
  const again = join(folder, 'again');
  await zipFunctions(await buildFunctions(repository, again), again);
  for (const { name } of functions) {
    const [first, second] = await Promise.all([folderOf('dist', name), folderOf('again', name)]);
    expect(first.equals(second)).toBe(true);
  }
}, 120_000);

function folderOf(build: string, name: string): Promise<Buffer> {
  return readFile(join(folder, build, `${name}.zip`));
}

async function run(cwd: string, command: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const [errors] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${errors}`);
}
