/**
 * `npx tsx benchmarks/cold-start.ts [function…]`: from the start of a process to its first 200, to its first real work, and what it then
 * holds in memory; beside a bare `node:http` process, the framework without a function, and the same function unbundled.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFunctions } from '../scripts/build';
import { startColdStartWorld, type ColdStartWorld } from './cold-start-world';
import type { Work } from './first-works';
import { median, tableOf, verdictOf, type Row } from './report';
import { startServerProcess } from './server-process';
import { sizeRows } from './sizes';
import { writeUnbundled } from './unbundled';

const runs = 9;

interface Contestant {
  readonly name: string;
  readonly nodeArguments: readonly string[];
  readonly path: string;
  readonly work?: Work | undefined;
}

interface Start {
  readonly firstOkMs: number;
  readonly idleMb: number;
  /** Of the first real work; absent where there is none. */
  readonly workMs?: number;
  readonly workedMb?: number;
}

export async function measureColdStarts(only: readonly string[] = []): Promise<Row[]> {
  const root = join(__dirname, '..');
  const folder = await mkdtemp(join(tmpdir(), 'cold-start-'));
  const world = await startColdStartWorld();
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const built = await buildFunctions(root, join(folder, 'dist'));
    await writeUnbundled(root, folder);
    await writePeers(folder);
    const measured = built.filter(({ name }) => only.length === 0 || only.includes(name));

    const framework = join(folder, 'node_modules/.bin/functions-framework');
    const served = (source: string, target: string) => [
      framework,
      `--source=${join(folder, source)}`,
      `--target=${target}`,
    ];
    const contestants: Contestant[] = [
      { name: 'bare', nodeArguments: [join(folder, 'bare.cjs')], path: '/' },
      { name: 'framework', nodeArguments: served('empty', 'empty'), path: '/' },
      ...measured.flatMap(({ name }) =>
        [`dist/${name}`, `functions/${name}`].map((source) => ({
          name: source,
          nodeArguments: served(source, name),
          path: '/health/live',
          work: workOf(world, name),
        })),
      ),
    ];
    const starts = await interleaved(contestants, world);
    return [
      ...rowsOf(
        measured.map(({ name }) => name),
        starts,
        world,
      ),
      ...sizeRows(measured),
    ];
  } finally {
    await world.close();
    await rm(folder, { recursive: true });
  }
}

/** Undefined where nothing can be measured here; a function that nobody has thought of is an error. */
function workOf({ works }: ColdStartWorld, name: string): Work | undefined {
  if (typeof works === 'string') return undefined;
  const work = works[name];
  if (!work) throw new Error(`${name} has no first work: give it one.`);
  return work;
}

/** A B C A B C, so that whatever else the machine does meets all alike. The first round warms the file cache and the emulators. */
async function interleaved(contestants: readonly Contestant[], world: ColdStartWorld): Promise<Map<string, Start[]>> {
  const starts = new Map(contestants.map(({ name }) => [name, [] as Start[]]));
  for (let round = 0; round <= runs; round++) {
    for (const contestant of contestants) {
      const start = await startOnce(contestant, world.environment);
      if (round > 0) starts.get(contestant.name)?.push(start);
    }
  }
  return starts;
}

async function startOnce(
  { nodeArguments, path, work }: Contestant,
  environment: ColdStartWorld['environment'],
): Promise<Start> {
  await work?.prepare();
  const server = await startServerProcess(nodeArguments, environment);
  try {
    const firstOkMs = await server.firstOk(path);
    const idleMb = server.residentMb();
    if (!work) return { firstOkMs, idleMb };
    const resumedAtMs = server.elapsedMs();
    const request = work.request();
    const answer = await fetch(`${server.url}${request.path}`, request.init);
    const text = await answer.text();
    const workMs = firstOkMs + (server.elapsedMs() - resumedAtMs);
    if (!answer.ok) throw new Error(`${nodeArguments.join(' ')} answered ${answer.status}: ${text}`);
    const workedMb = server.residentMb();
    await work.check(text);
    return { firstOkMs, idleMb, workMs, workedMb };
  } finally {
    await server.stop();
  }
}

function rowsOf(names: readonly string[], starts: ReadonlyMap<string, Start[]>, world: ColdStartWorld): Row[] {
  const medianOf = (contestant: string, field: keyof Start) =>
    median((starts.get(contestant) ?? []).flatMap((start) => start[field] ?? []));
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const mb = (value: number) => `${value.toFixed(0)} MB`;
  const bareMs = medianOf('bare', 'firstOkMs');
  const timesBare = (value: number) => `${(value / bareMs).toFixed(1)} × bare`;
  const info = (subject: string, what: string, measured: string, ratio = ''): Row => ({
    subject,
    what,
    measured,
    ratio,
    target: '',
    verdict: 'info',
  });

  const peers = [
    info('bare node:http process', 'first 200', ms(bareMs)),
    info('bare node:http process', 'resident', mb(medianOf('bare', 'idleMb'))),
    info(
      'framework, no function',
      'first 200',
      ms(medianOf('framework', 'firstOkMs')),
      timesBare(medianOf('framework', 'firstOkMs')),
    ),
    info('framework, no function', 'resident', mb(medianOf('framework', 'idleMb'))),
  ];
  const functions = names.flatMap((name): Row[] => {
    const [own, peer] = [`dist/${name}`, `functions/${name}`];
    const firstOk = medianOf(own, 'firstOkMs');
    const idle = medianOf(own, 'idleMb');
    const rows: Row[] = [
      info(`${name}, unbundled`, 'first 200', ms(medianOf(peer, 'firstOkMs')), timesBare(medianOf(peer, 'firstOkMs'))),
      {
        ...info(name, 'first 200', ms(firstOk), timesBare(firstOk)),
        target: '≤ 4.5 × bare',
        verdict: verdictOf(firstOk, { atMost: 4.5 * bareMs }),
      },
      { ...info(name, 'resident', mb(idle)), target: '≤ 65 MB', verdict: verdictOf(idle, { atMost: 65 }) },
    ];
    if (typeof world.works === 'string') {
      return [...rows, { ...info(name, `first work: ${world.works}`, ''), verdict: 'skipped' }];
    }
    const [work, peerWork, worked] = [medianOf(own, 'workMs'), medianOf(peer, 'workMs'), medianOf(own, 'workedMb')];
    return [
      ...rows,
      info(`${name}, unbundled`, 'first work', ms(peerWork), timesBare(peerWork)),
      info(`${name}, unbundled`, 'resident after it', mb(medianOf(peer, 'workedMb'))),
      {
        ...info(name, 'first work', ms(work), `1/${(peerWork / work).toFixed(1)} of unbundled`),
        target: '≤ 1/2.4',
        verdict: verdictOf(work, { atMost: peerWork / 2.4 }),
      },
      info(name, 'first work', ms(work), timesBare(work)),
      {
        ...info(name, 'resident after it', mb(worked)),
        target: '≤ 110 MB',
        verdict: verdictOf(worked, { atMost: 110 }),
      },
    ];
  });
  return [...peers, ...functions];
}

async function writePeers(folder: string): Promise<void> {
  await writeFile(
    join(folder, 'bare.cjs'),
    `require('node:http').createServer((request, response) => response.end('ok')).listen(process.env.PORT, '127.0.0.1');`,
  );
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'empty/package.json'), '{ "main": "index.cjs" }');
  await writeFile(
    join(folder, 'empty/index.cjs'),
    `require('@google-cloud/functions-framework').http('empty', (request, response) => response.end('ok'));`,
  );
}

if (require.main === module) void measureColdStarts(process.argv.slice(2)).then((rows) => console.log(tableOf(rows)));
