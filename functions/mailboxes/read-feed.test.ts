import type { Write } from '../../shared/domain/ports';
import { toGapRecoveredEvent, toMessageEvent } from '../../shared/domain/message/message-event';
import { gmailMessage, part } from '../../shared/domain/message/gmail-message.fixture';
import { emptyContent } from '../../shared/domain/task/edit-task';
import { newTask, type Task } from '../../shared/domain/task/task';
import { toTaskEvent } from '../../shared/domain/task/view-task';
import { createEvent } from '../../shared/store/event-store';
import { ann, bob } from '../../test/mail-fixture';
import { startMailboxesApi, type MailboxesApi } from '../../test/mailboxes-api';
import { feed, mailboxFeed } from './schema';

const holdBackMs = 3_000;
const many = Array.from({ length: 70 }, (_, index) => `user${index}@many.example`);

let api: MailboxesApi;
let numbers: Map<string, number>;
beforeEach(async () => {
  api = await startMailboxesApi({
    ofMany: { mailboxes: many },
    mixed: { mailboxes: [ann, ...many.slice(0, 35)], domains: ['example.com', 'other.example', 'many.example'] },
  });
  numbers = new Map();
});
afterEach(() => api.close());

const nextNumber = (mailbox: string): number => {
  const number = (numbers.get(mailbox) ?? 0) + 1;
  numbers.set(mailbox, number);
  return number;
};
/** An event as gmail-sync records it, written with others in one commit. */
function messageOf(mailbox: string): { id: string; write: Write } {
  const sequence = nextNumber(mailbox);
  const message = toMessageEvent(mailbox, gmailMessage(part({ Subject: 'Hi' }, 'Hello'), { id: `m${sequence}` }));
  const { id, type } = message;
  return { id, write: createEvent({ id, type, mailbox, sequence, json: JSON.stringify(message) }, api.clock.nowMs) };
}
function gapOf(mailbox: string): { id: string; write: Write } {
  const sequence = nextNumber(mailbox);
  const time = new Date(api.clock.nowMs).toISOString();
  const gap = toGapRecoveredEvent(mailbox, { recovered: 0, since: time, historyId: String(sequence), time });
  const { id, type } = gap;
  return { id, write: createEvent({ id, type, mailbox, sequence, json: JSON.stringify(gap) }, api.clock.nowMs) };
}
async function record(...events: { id: string; write: Write }[]): Promise<string[]> {
  await api.world.memory.commit(events.map(({ write }) => write));
  return events.map(({ id }) => id);
}

const poll = async (agent: string, query = '') => feed.parse((await api.call(agent, `GET /v1/events?${query}`)).body);
/** All pages, one after the other, until one is empty. */
async function pollAll(agent: string, query: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ''; ;) {
    const { events, nextCursor } = await poll(agent, query + cursor);
    ids.push(...events.map(({ id }) => id));
    if (events.length === 0 || nextCursor === null) return ids;
    cursor = `&cursor=${nextCursor}`;
  }
}

describe('pages', () => {
  test.each([1, 2, 3, 7, 200])('of %p bring every event once, those of one commit in their order', async (pageSize) => {
    const expected: string[] = [];
    for (let commit = 0; commit < 4; commit++) {
      expected.push(...(await record(messageOf(ann), messageOf(ann), messageOf(ann))));
      // Every other commit has the time of the one before.
      if (commit % 2 === 1) api.clock.nowMs += 1_000;
    }
    api.clock.nowMs += holdBackMs;
    expect(await pollAll('ofAnn', `pageSize=${pageSize}`)).toEqual(expected);
  });

  test('over mailboxes whose events have the same time and number lose none and repeat none', async () => {
    const expected = (await record(...many.flatMap((mailbox) => [messageOf(mailbox), messageOf(mailbox)]))).sort();
    api.clock.nowMs += holdBackMs;
    for (const pageSize of [3, 50]) {
      const ids = await pollAll('ofMany', `pageSize=${pageSize}`);
      expect(ids.sort()).toEqual(expected);
    }
  });

  test('of a caller with names and domains that overlap bring each event once', async () => {
    const expected = await record(...[ann, bob, 'cy@other.example', ...many].map(messageOf));
    await record(messageOf('eve@elsewhere.example'), messageOf('eve@sub.example.com'));
    api.clock.nowMs += holdBackMs;
    expect((await pollAll('mixed', 'pageSize=10')).sort()).toEqual(expected.sort());
  });

  test('go on behind the last, as events come in', async () => {
    const first = await record(messageOf(ann));
    api.clock.nowMs += holdBackMs;
    const { events, nextCursor } = await poll('ofAnn');
    expect(events.map(({ id }) => id)).toEqual(first);
    expect(await poll('ofAnn', `cursor=${nextCursor}`)).toEqual({ events: [], nextCursor });
    const second = await record(messageOf(ann));
    api.clock.nowMs += holdBackMs;
    const later = await poll('ofAnn', `cursor=${nextCursor}`);
    expect(later.events.map(({ id }) => id)).toEqual(second);
  });

  test('of nobody are empty, and begin at the beginning', async () => {
    expect(await poll('blind')).toEqual({ events: [], nextCursor: null });
    expect(await poll('ofAnn')).toEqual({ events: [], nextCursor: null });
  });
});

describe('filters', () => {
  test('by type read over the others, and the cursor moves with them', async () => {
    await record(...Array.from({ length: 9 }, () => messageOf(ann)));
    const [gap] = await record(gapOf(ann));
    await record(...Array.from({ length: 9 }, () => messageOf(ann)));
    api.clock.nowMs += holdBackMs;
    const { events, nextCursor } = await poll('ofAnn', 'types=mailbox.gapRecovered&pageSize=2');
    expect(events.map(({ id }) => id)).toEqual([gap]);
    expect((await poll('ofAnn', `cursor=${nextCursor}`)).events).toEqual([]);
    expect(await pollAll('ofAnn', 'types=mailbox.gapRecovered&types=message.received&pageSize=4')).toHaveLength(19);
    expect(await pollAll('ofAnn', 'types=mailbox.needsAuth')).toEqual([]);
  });

  test('by mailbox keep to it, if the caller sees it', async () => {
    const [own] = await record(messageOf(ann), messageOf(bob));
    api.clock.nowMs += holdBackMs;
    expect(await pollAll('operator', `mailbox=${ann.toUpperCase()}`)).toEqual([own]);
    expect((await api.call('ofBob', `GET /v1/events?mailbox=${ann}`)).status).toBe(404);
  });
});

describe('bad input', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const id = `evt_${'a'.repeat(32)}`;

  test('the samples are wrong in one thing only', async () => {
    expect((await api.call('ofAnn', `GET /v1/events?cursor=${encode([1, 1, id])}`)).status).toBe(200);
  });

  test.each([
    '',
    'x',
    '%%%',
    '0',
    encode(null),
    encode([]),
    encode([1, 1]),
    encode([1, 1, id, 1]),
    encode({ recordedAtMs: 1, sequence: 1, id }),
    encode([-1, 1, id]),
    encode([1.5, 1, id]),
    encode(['1', 1, id]),
    encode([Number.MAX_SAFE_INTEGER, 1, id]),
    encode([1, -1, id]),
    encode([1, 1, '']),
    encode([1, 1, '..']),
    encode([1, 1, `${id}/b`]),
    encode([1, 1, '__a__']),
    encode([1, 1, '\ud800']),
  ])('cursor %p is refused as one', async (cursor) => {
    const { status, body } = await api.call('ofAnn', `GET /v1/events?cursor=${encodeURIComponent(cursor)}`);
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalidCursor' });
    expect(body.errors).toMatchObject([{ path: 'query.cursor' }]);
  });

  test.each([
    ['types=message.deleted', 'query.types[0]'],
    ['mailbox=ann', 'query.mailbox'],
    ['pageSize=0', 'query.pageSize'],
    ['pageSize=201', 'query.pageSize'],
    ['waitSeconds=31', 'query.waitSeconds'],
    ['waitSeconds=-1', 'query.waitSeconds'],
    ['after=1', 'query.after'],
    ['mailbox=ann%40example.com&mailbox=bob%40example.com', 'query.mailbox'],
  ])('%s is refused by field', async (query, path) => {
    const { status, body } = await api.call('ofAnn', `GET /v1/events?${query}`);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path }]);
  });
});

describe('the last seconds', () => {
  test('are held back, so that a commit with an earlier time is not skipped', async () => {
    const [event] = await record(messageOf(ann));
    api.clock.nowMs += holdBackMs - 1;
    expect((await poll('ofAnn')).events).toEqual([]);
    api.clock.nowMs += 1;
    expect((await poll('ofAnn')).events.map(({ id }) => id)).toEqual([event]);
  });
});

describe('long poll', () => {
  test('wakes up when an event can be read', async () => {
    let event: string | undefined;
    api.clock.whileAsleep = async () => {
      if (api.clock.sleeps.length === 5) [event] = await record(messageOf(ann));
    };
    const { events } = await poll('ofAnn', 'waitSeconds=30');
    expect(events.map(({ id }) => id)).toEqual([event]);
    // Recorded at the fifth look, readable after the hold-back.
    expect(api.clock.sleeps).toHaveLength(8);
  });

  test('ends empty when its time is over, with a cursor that is still good', async () => {
    await record(messageOf(ann));
    api.clock.nowMs += holdBackMs;
    const { nextCursor } = await poll('ofAnn');
    const startMs = api.clock.nowMs;
    expect(await poll('ofAnn', `waitSeconds=7&cursor=${nextCursor}`)).toEqual({ events: [], nextCursor });
    expect(api.clock.nowMs - startMs).toBe(7_000);
  });

  test('does not wait where there is something to read', async () => {
    await record(messageOf(ann));
    api.clock.nowMs += holdBackMs;
    expect((await poll('ofAnn', 'waitSeconds=30')).events).toHaveLength(1);
    expect(api.clock.sleeps).toEqual([]);
  });

  test('ends when the client goes away', async () => {
    const client = new AbortController();
    let over: (reason: unknown) => void = () => undefined;
    const ended = new Promise((resolve) => (over = resolve));
    api.clock.whileAsleep = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          over(signal.reason);
          reject(signal.reason as Error);
        });
        client.abort();
      });
    await expect(api.call('ofAnn', 'GET /v1/events?waitSeconds=30', undefined, client.signal)).rejects.toThrow();
    expect(await ended).toMatchObject({ code: 'clientClosedRequest' });
    expect(api.clock.sleeps).toHaveLength(1);
  });
});

describe('one mailbox’s feed', () => {
  const list = async (query = '') =>
    mailboxFeed.parse((await api.call('ofAnn', `GET /v1/mailboxes/${ann}/events?${query}`)).body);

  test('is exact: by number, without hold-back, from any place', async () => {
    await api.world.register();
    const ids = await record(...Array.from({ length: 7 }, () => messageOf(ann)));
    await record(messageOf(bob));
    const { events, nextAfter } = await list('pageSize=3');
    expect(events.map(({ sequence, event }) => [sequence, event.id])).toEqual(
      ids.slice(0, 3).map((id, i) => [i + 1, id]),
    );
    expect(nextAfter).toBe(3);
    expect((await list('after=5')).events.map(({ event }) => event.id)).toEqual(ids.slice(5));
    expect(await list('after=7')).toEqual({ events: [], nextAfter: 7 });
    expect(await list('after=1000')).toEqual({ events: [], nextAfter: 1_000 });
  });

  test.each(['after=-1', 'after=x', 'after=1.5', 'after=99999999999999999999', 'pageSize=0'])(
    '%s is refused by field',
    async (query) => {
      const { status, body } = await api.call('ofAnn', `GET /v1/mailboxes/${ann}/events?${query}`);
      expect(status).toBe(422);
      expect(body.errors).toMatchObject([{ path: `query.${query.split('=', 1).join('')}` }]);
    },
  );
});

test('events of tasks are in the feed as they went out, with both versions of a conflict', async () => {
  const content = { ...emptyContent, title: 'Call Bob', timeZone: 'Europe/Berlin' };
  const plain = newTask('tsk_1', { owner: ann, connectionId: null }, content, api.clock.nowMs);
  const fields = {
    title: 'Call Bob',
    description: '',
    location: '',
    when: { start: { dateTime: '2026-11-25T10:00:00+01:00', timeZone: 'Europe/Berlin' }, end: { date: '2026-11-26' } },
    recurrence: ['RRULE:FREQ=DAILY'],
    guests: [{ email: bob, optional: true, additionalGuests: 2 }],
  };
  const side = { fields, etag: '"1"' };
  const task: Task = {
    ...plain,
    version: plain.version + 1,
    recurrence: { type: 'weekly', interval: 1, weekdays: ['MO'] },
    attendees: [{ email: bob, displayName: 'Bob', responseStatus: 'accepted' }],
    exceptions: { '2026-11-25T09:00:00.000Z': { status: 'cancelled', start: null, end: null } },
    syncError: { code: 'forbidden', message: 'No.', atMs: 1 },
    conflict: { fields: ['title'], local: side, remote: side, detectedAtMs: 1 },
  };
  const events = [toTaskEvent('task.updated', plain), toTaskEvent('conflict.detected', task)];
  for (const event of events)
    await api.world.memory.commit([createEvent({ ...event, sequence: 0 }, api.clock.nowMs++)]);
  api.clock.nowMs += holdBackMs;

  const { body } = await api.call('ofAnn', 'GET /v1/events?types=task.updated&types=conflict.detected');
  expect(body.events).toEqual(events.map(({ json }): unknown => JSON.parse(json)));
});
