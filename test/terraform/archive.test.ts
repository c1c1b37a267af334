import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { unzipSync } from 'fflate';
import pMap from 'p-map';
import { buildFunctions, zipFunctions } from '../../scripts/build';
import { checkArchives } from '../../scripts/deploy-check';
import { functionNames } from '../../scripts/function-names';
import { startFunction } from '../integration/function-process';
import { entryPointOf } from './functions';
import { repository } from './terraform';

/** What Terraform uploads, unpacked where nothing else of this repository is. */

let folder: string;
let archives: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'attache-archive-')));
  archives = join(repository, 'dist');
  // What `npm run build` has left is taken as it is, unless something was changed since.
  if ((await checkArchives(repository)).every(({ verdict }) => verdict === 'ok')) return;
  archives = join(folder, 'dist');
  await zipFunctions(await buildFunctions(repository, archives), archives);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function unpack(name: string): Promise<string> {
  const target = unpacked(name);
  for (const [file, content] of Object.entries(unzipSync(await readFile(join(archives, `${name}.zip`))))) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await writeFile(join(target, file), content);
  }
  return target;
}

test('the archive of every function starts under functions-framework with nothing but what npm ci puts there', async () => {
  const [first, ...others] = await functionNames(repository);
  if (first === undefined) throw new Error('There are no functions.');
  const source = await unpack(first);
  await run(source, 'npm', 'ci', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund');
  const installed = join(source, 'node_modules');
  for (const name of others) {
    const sibling = await unpack(name);
    // All functions have the same packages: what was installed for the first is what npm would install for each.
    expect(await packagesOf(sibling, name)).toEqual(await packagesOf(source, first));
    await symlink(installed, join(sibling, 'node_modules'));
  }
  await pMap([first, ...others], (name) => expectAnswers(name, join(installed, '.bin', 'functions-framework')), {
    concurrency: 2,
  });
}, 300_000);

async function expectAnswers(name: string, framework: string): Promise<void> {
  const environment = { K_SERVICE: name };
  const instance = await startFunction({ source: unpacked(name), target: entryPointOf(name), environment, framework });
  expect((await fetch(`${instance.url}/health/live`)).status).toBe(200);
  // Without its environment it answers all the same, and says in the log which keys are missing.
  expect((await fetch(instance.url, { method: 'POST' })).status).toBe(500);
  expect(instance.output()).toContain('GOOGLE_CLOUD_PROJECT: required');
  await instance.end('SIGTERM');
}

function unpacked(name: string): string {
  return join(folder, 'elsewhere', name);
}

/** What `npm ci` installs; its name in the lock file is all that is a function's own. */
async function packagesOf(source: string, name: string): Promise<string> {
  const lock = await readFile(join(source, 'package-lock.json'), 'utf8');
  return lock.replaceAll(`"name": "${name}"`, '"name": "any"');
}

async function run(cwd: string, command: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const [errors] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${errors}`);
}
