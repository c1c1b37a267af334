import { AttacheError } from '../../shared/domain/errors';
import { newMailboxRecord, type MailboxRecord } from '../../shared/domain/mailbox-record';
import { decodeNotification } from '../../shared/domain/notification';
import { ann, createMailWorld, googleError, inbox, notificationsTopic, type MailWorld } from '../../test/mail-fixture';
import { sweepMailboxes } from './sweep-mailboxes';

const minuteMs = 60_000;

let world: MailWorld;
beforeEach(() => {
  world = createMailWorld();
});

const sweep = (deadlineMs = Infinity) =>
  sweepMailboxes({ ...world.registrationDependencies, notificationsTopic, deadlineMs });
const notified = (): string[] =>
  world.own().map(({ data }) => decodeNotification(Buffer.from(data).toString('base64'))?.emailAddress ?? '');

async function manyDue(count: number): Promise<string[]> {
  const addresses = Array.from({ length: count }, (_, index) => `user${index}@example.com`);
  for (const [index, address] of addresses.entries()) {
    const record: MailboxRecord = {
      ...newMailboxRecord(address, inbox, world.clock.nowMs),
      status: 'active',
      // Every third is due at the same moment, so that pages end in the middle of one.
      dueAtMs: world.clock.nowMs - Math.floor(index / 3) * 1_000,
    };
    await world.memory.commit([{ op: 'create', path: `mailboxes/${encodeURIComponent(address)}`, data: record }]);
  }
  return addresses;
}

describe('a mailbox is woken', () => {
  test.each<[string, () => Promise<void>, number]>([
    ['when nothing was heard of it for half an hour', async () => undefined, 30],
    [
      'soon, when a push has told of more than was read',
      () => world.change({ notifiedHistoryId: '99999999', notifiedAtMs: world.clock.nowMs }),
      1,
    ],
    ['soon, with events that are not on the bus', () => world.change({ sequence: 1 }), 1],
    [
      'when the quiet that Google asked for is over',
      () => world.change({ deferredUntilMs: world.clock.nowMs + 300_000 }),
      5,
    ],
    ['when it is to be reconciled', () => world.change({ nextReconcileAtMs: world.clock.nowMs + 10 * minuteMs }), 10],
    [
      'when its worker has died',
      () => world.change({ lease: { deliveryId: 'x', expiresAtMs: world.clock.nowMs + 90_000 } }),
      2.5,
    ],
  ])('%s', async (_, prepare, afterMinutes) => {
    await world.register();
    await world.push();
    world.clock.nowMs += 2_000;
    await world.push({ attributes: { reason: 'syncNow' } });
    world.forget();
    await prepare();
    world.clock.nowMs += afterMinutes * minuteMs - 1;
    expect(await sweep()).toMatchObject({ notified: 0, unfinished: 0 });
    world.clock.nowMs += 1;
    expect(await sweep()).toMatchObject({ notified: 1, unfinished: 0 });
    expect(world.own()).toMatchObject([{ attributes: { reason: 'sweep' } }]);
    expect(world.calls()).toEqual([]);
  });

  test('and what was dropped on the way is read: within minutes after a push, and after half an hour without one', async () => {
    await world.register();
    const first = world.arrive();
    await world.push();
    // Announced less than a second after the other, and therefore not at all.
    const second = world.arrive();
    world.clock.nowMs += 5 * minuteMs;
    await sweep();
    await world.drain();
    expect(await world.received()).toEqual([first, second]);

    const third = world.arrive();
    for (let minutes = 0; minutes < 35; minutes += 5) {
      world.clock.nowMs += 5 * minuteMs;
      await sweep();
      await world.drain();
    }
    expect(await world.received()).toEqual([first, second, third]);
    // The quiet mailbox is not asked about every five minutes.
    expect(world.calls().filter((call) => call === 'gmail.listHistory').length).toBeLessThan(5);
  });
});

test.each(['paused', 'removing', 'removed', 'onboarding', 'needsAuth'] as const)(
  'a mailbox that is %s is left alone',
  async (status) => {
    await world.register();
    await world.change({ status });
    world.forget();
    world.clock.nowMs += 24 * 60 * minuteMs;
    expect(await sweep()).toMatchObject({ notified: 0, unfinished: 0 });
  },
);

test('the last event of a refused mailbox is still published', async () => {
  await world.register();
  world.before = (io) => {
    if (io.startsWith('gmail.')) throw googleError(401, 'authError');
    if (io.startsWith('bus.')) throw new AttacheError('unavailable', 'no broker');
  };
  world.arrive();
  await expect(world.push()).rejects.toMatchObject({ kind: 'unavailable' });
  world.before = () => undefined;
  world.clock.nowMs += 5 * minuteMs;
  expect((await sweep()).notified).toBe(1);
  await world.drain();
  expect(world.onBus()).toMatchObject([{ type: 'mailbox.needsAuth', data: { mailbox: ann } }]);
  expect((await sweep()).notified).toBe(0);
});

test('all pages are notified in one call each, the longest overdue first', async () => {
  const addresses = await manyDue(700);
  expect(await sweep()).toMatchObject({ notified: 700, unfinished: 0 });
  const order = notified();
  expect(new Set(order).size).toBe(700);
  const age = (address: string): number => Math.floor(addresses.indexOf(address) / 3);
  expect(order.map(age)).toEqual([...order.map(age)].sort((a, b) => b - a));
  expect(world.journal.filter((io) => io.startsWith('bus.'))).toHaveLength(3);
});

test('time that runs out is told, and what was overdue longest has been notified', async () => {
  await manyDue(700);
  const { nowMs } = world.clock;
  world.after = (io) => io.startsWith('bus.') && (world.clock.nowMs += 100);
  expect(await sweep(nowMs + 150)).toMatchObject({ notified: 600, unfinished: 1 });
});

test('a bus that fails fails the sweep, so that the scheduler tries again', async () => {
  await manyDue(1);
  world.before = (io) => {
    if (io.startsWith('bus.')) throw new AttacheError('unavailable', 'no broker');
  };
  await expect(sweep()).rejects.toMatchObject({ kind: 'unavailable' });
});

test('two sweeps in a row, or one that is delivered late, cost one look', async () => {
  await world.register();
  await world.push();
  world.clock.nowMs += 35 * minuteMs;
  world.forget();
  await sweep();
  await sweep();
  const outcomes = await world.drain();
  expect(outcomes).toEqual([
    { kind: 'done', result: 'done' },
    { kind: 'skipped', skipReason: 'notDue' },
  ]);
  expect(world.calls()).toEqual(['gmail.listHistory']);
});

test('mailboxes whose announced mail is unread for a quarter of an hour are counted', async () => {
  await world.register();
  await world.change({ notifiedHistoryId: '99999999', notifiedAtMs: world.clock.nowMs });
  world.clock.nowMs += 15 * minuteMs - 1;
  expect(await sweep()).toEqual({ notified: 1, lagging: 0, unfinished: 0 });
  world.clock.nowMs += 1;
  expect(await sweep()).toEqual({ notified: 1, lagging: 1, unfinished: 0 });
});
