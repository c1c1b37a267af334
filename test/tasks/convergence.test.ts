import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, occurrences, type Edit } from '../simulation/build-subject';
import type { PlayKind } from './convergence';

const seeds = 6;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasks-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Outside of the test runner's sandbox, which takes twice as long. Undefined where no seed has problems. */
async function firstProblem(name: string, kind: PlayKind, from: number, to: number, edits: readonly Edit[] = []) {
  const file = join(folder, `${name}.cjs`);
  await writeFile(file, await bundle('../tasks/play-many.ts', edits));
  const argv = [file, kind, `${from}`, `${to}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', maxBuffer: 1e8 });
  if (stdout === '') throw new Error(stderr);
  return status === 0 ? undefined : stdout;
}

test.each<[string, PlayKind, number]>([
  ['in calm weather', 'calm', 0],
  ['with edits of tasks only', 'taskOnly', 200_000],
  ['with edits of events only', 'eventOnly', 300_000],
  ['when everything fails now and then', 'rough', 100_000],
])(
  '%s, tasks and events are equal in the end or a conflict is on record, no edit is lost, and writing ends',
  async (_, kind, from) => {
    expect(await firstProblem(kind, kind, from, from + seeds - 1)).toBeUndefined();
  },
  120_000,
);

const domain = (file: string, find: string, replace: string): Edit => ({
  file: `shared/domain/task/${file}.ts`,
  find,
  replace,
});
const sync = (file: string, find: string, replace: string): Edit => ({
  file: `functions/task-sync/${file}.ts`,
  find,
  replace,
});

/** The product with a mistake in it, which has to be seen; where it is rare, the number says from which seed on to look. */
test.each<[string, Edit | readonly Edit[], PlayKind, number?]>([
  [
    'the token of the last page is kept before its events are',
    sync(
      'pull-calendars',
      'await takePage(pull, calendarId, page.events);',
      `const { nextSyncToken: early } = page;
       if (early !== undefined) await held.commit((now) => changeChannel(now, calendarId, { syncToken: early, lastSyncedAtMs: startedAtMs }));
       await takePage(pull, calendarId, page.events);`,
    ),
    'eventOnly',
    500_057,
  ],
  [
    'an event is written whatever its version',
    sync(
      'push-task',
      'const options = { sendUpdates, ...(etag !== null && { etag }) };',
      'const options = { sendUpdates };',
    ),
    'calm',
  ],
  [
    'each try to make an event has an id of its own',
    sync(
      'push-task',
      'newEventOf(task, eventId,',
      'newEventOf(task, eventId.slice(9) + Math.floor(push.random.next() * 1e9),',
    ),
    'rough',
  ],
  [
    'nobody knows what was being written',
    domain('follow-event', 'if (pushing) {', 'if (pushing && task.fence < 0) {'),
    'taskOnly',
  ],
  [
    'after an expired token nothing is missed',
    sync('pull-calendars', 'if (syncToken === undefined) await', 'if (syncToken === "") await'),
    'rough',
    500_100,
  ],
  [
    'what arrives is up to date, whatever the task has become',
    domain('follow-event', 'task.revision <= task.settledRevision &&', ''),
    'rough',
    500_191,
  ],
  [
    'what was announced and has not arrived yet is forgotten',
    sync('look-at-event', 'return pushing !== null &&', 'return pushing === undefined &&'),
    'taskOnly',
    500_009,
  ],
  [
    'a conflict knows nothing of later edits of the task',
    domain('follow-event', 'if (!conflict || !synced) return {};', 'return {};'),
    'rough',
  ],
  [
    'whoever moves a new event makes it another task’s',
    sync('look-at-event', 'new Set([...known, ...Object.keys(channels)])', 'new Set(known)'),
    'rough',
  ],
  [
    'a changed event is replaced by what we know of it',
    [
      { file: 'shared/google/calendar.ts', find: 'events.patch(params,', replace: 'events.update(params,' },
      sync('event-of-task', '!isSame(name, fields, synced.fields);', 'Boolean(name);'),
    ],
    'calm',
  ],
  [
    'each update asks for a conference of its own',
    sync('event-of-task', '...(out.meet !== synced.out.meet && {', '...(out.meet && {'),
    'calm',
  ],
  [
    'a mark counts wherever it was copied to',
    domain('mark', '[deployment, connectionId, eventId, taskId,', '[deployment, connectionId, eventId && "", taskId,'),
    'calm',
  ],
  [
    'a settled conflict keeps the version of before',
    domain('follow-event', 'link: { ...link, etag },', 'link,'),
    'calm',
  ],
  [
    'an event that is in conflict before its insert was answered counts as never seen',
    domain('follow-event', 'etag: task.link.etag ?? event.etag', 'etag: task.link.etag'),
    'rough',
    443,
  ],
  [
    'an event that is made late, when nobody wants it any more, is nobody’s',
    sync('push-task', '...(link === null && { generation: now.generation })', ''),
    'rough',
    1_058,
  ],
])(
  '%s: that is seen',
  async (name, edit, kind, from = 500_000) => {
    const edits = [edit].flat();
    for (const one of edits) expect([one.find, await occurrences(one)]).toEqual([one.find, 1]);
    expect(await firstProblem(name.replace(/\W+/g, '-'), kind, from, from + 400, edits)).toMatch(/^seed/);
  },
  120_000,
);
