import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildFunctions, type BuiltFunction } from './build';

const repository = join(__dirname, '..');
let root: string;

/** A project of its own that shares nothing with this one but its packages. */
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'build-')));
  await symlink(join(repository, 'node_modules'), join(root, 'node_modules'));
  for (const file of ['package.json', 'package-lock.json']) await cp(join(repository, file), join(root, file));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** A function that loads one chunk for `/lazy`, which in turn loads another, and says what is loaded. */
const sample = {
  'functions/sample/index.ts': `
    import { http } from '@google-cloud/functions-framework';
    import { greet } from '../../shared/domain/greet';
    http('sample', async (request, response) => {
      const word = request.path === '/lazy' ? await (await import('../../shared/google/word')).word() : 'eager';
      response.json({ text: greet(word), loaded: (globalThis as { loaded?: string[] }).loaded ?? [] });
    });`,
  'functions/without-index/other.ts': `throw new Error('This is not a function yet.');`,
  'shared/domain/greet.ts': `export const greet = (word: string) => 'hello ' + word;`,
  'shared/google/word.ts': `
    import { greet } from '../domain/greet';
    (globalThis as { loaded?: string[] }).loaded = ['word'];
    export const word = async () => greet(await (await import('./deep/word')).deepWord());`,
  'shared/google/deep/word.ts': `
    import { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
    (globalThis as { loaded?: string[] }).loaded?.push('deep');
    export const deepWord = () => typeof new gmail_v1.Gmail({}).users.getProfile;`,
};

const namesOf = ([built]: BuiltFunction[]) => built?.files.map(({ name }) => name);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a built function the way Cloud Run does. */
async function serve(folder: string, target: string): Promise<{ url: string; process: ChildProcess }> {
  const port = await freePort();
  const main = join(repository, 'node_modules/.bin/functions-framework');
  const framework = spawn(main, [`--source=${folder}`, `--target=${target}`, `--port=${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    for (const stream of [framework.stdout, framework.stderr]) {
      stream.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.includes('URL: ')) resolve();
      });
    }
    framework.once('exit', () => reject(new Error(`The framework did not start: ${output}`)));
  });
  return { url: `http://127.0.0.1:${port}`, process: framework };
}

it('builds a function that the framework serves, and that loads its chunks when it first uses them', async () => {
  await write({ ...sample, 'dist/removed-function/index.cjs': '' });
  const built = await buildFunctions(root);
  expect(built.map(({ name }) => name)).toEqual(['sample']);
  expect(namesOf(built)).toEqual(['index.cjs', 'chunks/shared-google-word.cjs', 'chunks/shared-google-deep-word.cjs']);
  await expect(readFile(join(root, 'dist/removed-function/index.cjs'))).rejects.toThrow('ENOENT');
  expect(await readFile(join(root, 'dist/sample/index.cjs'), 'utf8')).toContain('sourceMappingURL=index.cjs.map');
  expect(JSON.parse(await readFile(join(root, 'dist/sample/index.cjs.map'), 'utf8'))).toMatchObject({ version: 3 });

  const { url, process: framework } = await serve(join(root, 'dist/sample'), 'sample');
  try {
    const get = async (path: string) => (await fetch(`${url}${path}`)).json();
    expect(await get('/eager')).toEqual({ text: 'hello eager', loaded: [] });
    expect(await get('/lazy')).toEqual({ text: 'hello hello function', loaded: ['word', 'deep'] });
  } finally {
    framework.kill();
    await once(framework, 'exit');
  }
}, 30_000);

it('leaves with each function what npm needs to install the framework as it was tested', async () => {
  await write(sample);
  await buildFunctions(root);
  const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(root, file), 'utf8'));
  const { dependencies, engines } = (await read('package.json')) as {
    dependencies: Record<string, string>;
    engines: object;
  };
  const framework = '@google-cloud/functions-framework';
  expect(await read('dist/sample/package.json')).toEqual({
    name: 'sample',
    private: true,
    main: 'index.cjs',
    engines,
    dependencies: { [framework]: dependencies[framework] },
  });
  const lock = (await read('dist/sample/package-lock.json')) as { packages: Record<string, object> };
  expect(Object.keys(lock.packages)).toEqual(
    expect.arrayContaining(['', `node_modules/${framework}`, 'node_modules/express']),
  );
  expect(Object.keys(lock.packages)).not.toContain('node_modules/googleapis');
  expect(JSON.stringify(lock)).not.toContain('"resolved"');

  // npm itself finds nothing missing, invalid or superfluous in it.
  const listed = await promisify(execFile)('npm', ['ls', '--all', '--package-lock-only', '--omit=dev', '--json'], {
    cwd: join(root, 'dist/sample'),
  });
  expect(JSON.parse(listed.stdout)).not.toHaveProperty('problems');
}, 30_000);

it('makes a chunk of a package that is loaded with import()', async () => {
  await write({
    'functions/sample/index.ts': `export const load = async () => (await import('luxon')).DateTime.utc(2026).year;`,
  });
  const [, chunk] = (await buildFunctions(root))[0]?.files ?? [];
  expect(chunk?.name).toMatch(/^chunks\/luxon-.*\.cjs$/);
  const { load } = createRequire(__filename)(join(root, 'dist/sample/index.cjs')) as { load: () => Promise<number> };
  expect(await load()).toBe(2026);
});

describe('refuses', () => {
  const entry = (source: string) => ({ 'functions/sample/index.ts': source });
  const key = Array.from({ length: 4 }, (_, line) => `${line}`.repeat(64)).join('\n');

  it.each([
    [
      'all of googleapis',
      entry(`import { google } from 'googleapis'; google.options({});`),
      'googleapis loads more than it needs to',
    ],
    [
      'the index of an API',
      entry(`import { gmail } from 'googleapis/build/src/apis/gmail'; gmail('v1');`),
      'googleapis/build/src/apis/gmail loads more than it needs to',
    ],
    [
      'the classic client of Firestore',
      entry(`import { Firestore } from '@google-cloud/firestore'; export const store = new Firestore();`),
      'No matching export',
    ],
    [
      'a private key',
      entry(`export const key = ${JSON.stringify(`-----BEGIN ${'PRIVATE'} KEY-----\n${key}`)};`),
      'contains a private key',
    ],
    ['an API key', entry(`export const key = 'AI${'za'}${'x1'.repeat(17)}y';`), 'contains a Google API key'],
    [
      'a module with state that two files have',
      {
        ...entry(`
          import { count } from '../../shared/store/count';
          export const load = async () => count() + (await import('../../shared/google/other')).other();`),
        'shared/store/count.ts': `let n = 0; export const count = () => ++n;`,
        'shared/google/other.ts': `import { count } from '../store/count'; export const other = count;`,
      },
      'shared/store/count.ts is in index.cjs and in chunks/shared-google-other.cjs',
    ],
  ])(
    '%s',
    async (_, files, problem) => {
      await write({ ...files, 'dist/sample/index.cjs': 'the last good one' });
      await expect(buildFunctions(root)).rejects.toThrow(problem);
      expect(await readFile(join(root, 'dist/sample/index.cjs'), 'utf8')).toBe('the last good one');
    },
    30_000,
  );

  it('nothing of what only names the markers of a key', async () => {
    await write(entry(`export const marker = '-----BEGIN PRIVATE KEY-----';`));
    await expect(buildFunctions(root)).resolves.toHaveLength(1);
  });
});
