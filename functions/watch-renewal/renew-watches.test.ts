import { AttacheError } from '../../shared/domain/errors';
import { newMailboxRecord, type MailboxRecord } from '../../shared/domain/mailbox-record';
import { ann, bob, createMailWorld, googleError, inbox, topicName, type MailWorld } from '../../test/mail-fixture';
import { renewWatches, type RenewalCounts } from './renew-watches';

const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
const renewAfterMs = 22 * hourMs;

let world: MailWorld;
beforeEach(() => {
  world = createMailWorld();
});

const renew = (deadlineMs = Infinity): Promise<RenewalCounts> =>
  renewWatches({ ...world.registrationDependencies, topicName, renewAfterMs, deadlineMs }, world.logger);
const counts = (counted: Partial<RenewalCounts>) => ({ renewed: 0, stopped: 0, failed: 0, unfinished: 0, ...counted });
const watchedMailboxes: string[] = [];

/** So many active mailboxes, whose renewals became due one second after the other. */
async function manyDue(count: number): Promise<string[]> {
  const addresses = Array.from({ length: count }, (_, index) => `user${index}@example.com`);
  for (const [index, address] of addresses.entries()) {
    world.gmail.createUser(address);
    const record: MailboxRecord = {
      ...newMailboxRecord(address, inbox, world.clock.nowMs),
      status: 'active',
      checkpoint: '5',
      watchRenewAtMs: world.clock.nowMs - (index + 1) * 1_000,
    };
    await world.memory.commit([{ op: 'create', path: `mailboxes/${encodeURIComponent(address)}`, data: record }]);
  }
  watchedMailboxes.length = 0;
  const watch = world.gmail.watch.bind(world.gmail);
  world.gmail.watch = (email, ...rest) => {
    watchedMailboxes.push(email);
    return watch(email, ...rest);
  };
  return addresses;
}

test('a watch is asked for again when its time has come, not stopped, and the checkpoint stays where it is', async () => {
  await world.register();
  const before = await world.record();
  world.arrive();
  expect(await renew()).toEqual(counts({}));
  world.clock.nowMs += renewAfterMs;
  world.forget();
  expect(await renew()).toEqual(counts({ renewed: 1 }));
  expect(world.calls()).toEqual(['gmail.watch']);
  expect(await world.record()).toMatchObject({
    status: 'active',
    checkpoint: before.checkpoint,
    deliverFromMs: before.deliverFromMs,
    watchExpirationAtMs: world.clock.nowMs + weekMs,
    watchRenewAtMs: world.clock.nowMs + renewAfterMs,
  });
  expect(await renew()).toEqual(counts({}));
});

test('all pages are renewed, the longest overdue first, and none twice', async () => {
  const addresses = await manyDue(250);
  expect(await renew()).toEqual(counts({ renewed: 250 }));
  expect(new Set(watchedMailboxes).size).toBe(250);
  expect(watchedMailboxes).toEqual(addresses.reverse());
});

test('failures stay with their mailbox, are told, and are tried again within minutes', async () => {
  const addresses = await manyDue(120);
  const failing = new Set([addresses[3], addresses[50], addresses[119]]);
  const watch = world.gmail.watch.bind(world.gmail);
  world.gmail.watch = (email, ...rest) => {
    if (failing.has(email)) throw googleError(503, 'backendError');
    return watch(email, ...rest);
  };
  expect(await renew()).toEqual(counts({ renewed: 117, failed: 3 }));
  expect(await world.record(addresses[3])).toMatchObject({
    status: 'active',
    watchFailures: 1,
    watchError: 'backendError',
    watchRenewAtMs: world.clock.nowMs + 60_000,
    checkpoint: '5',
  });
  expect(world.lines.filter(({ severity }) => severity === 'ERROR')).toHaveLength(3);
  expect(JSON.stringify(world.lines)).not.toContain('@example.com');

  failing.clear();
  expect(await renew()).toEqual(counts({}));
  world.clock.nowMs += 60_000;
  expect(await renew()).toEqual(counts({ renewed: 3 }));
  expect(await world.record(addresses[3])).toMatchObject({ watchFailures: 0, watchError: null });
});

test('a mailbox whose document cannot be written does not keep the others from their watch', async () => {
  const [stuck = ''] = await manyDue(5);
  const commit = world.memory.commit.bind(world.memory);
  world.memory.commit = async (writes) => {
    if (writes.some(({ path }) => path.includes(encodeURIComponent(stuck))))
      throw new AttacheError('unavailable', 'no answer');
    return commit(writes);
  };
  expect(await renew()).toEqual(counts({ renewed: 4, failed: 1 }));
  world.memory.commit = commit;
  expect(await renew()).toEqual(counts({ renewed: 1 }));
});

test('a watch that cannot be renewed is an alarm two days before it ends', async () => {
  await world.register();
  const { watchExpirationAtMs } = await world.record();
  const warned = () => world.lines.filter(({ message }) => message === 'watch expires soon').length;
  world.before = (io) => {
    if (io === 'gmail.watch') throw googleError(503, 'backendError');
  };
  world.clock.nowMs = (watchExpirationAtMs ?? NaN) - 48 * hourMs;
  expect(await renew()).toEqual(counts({ failed: 1 }));
  expect(warned()).toBe(0);
  world.clock.nowMs += hourMs;
  expect(await renew()).toEqual(counts({ failed: 1 }));
  expect(warned()).toBe(1);
});

test('time that runs out leaves the later pages to the next run', async () => {
  await manyDue(230);
  const { nowMs } = world.clock;
  world.after = (io) => io === 'gmail.watch' && world.clock.nowMs++;
  expect(await renew(nowMs + 150)).toEqual(counts({ renewed: 200, unfinished: 1 }));
  expect(await renew()).toEqual(counts({ renewed: 30 }));
});

test('a registration that was cut off is finished', async () => {
  world.gmail.createUser(ann);
  world.before = (io) => io === 'gmail.watch' && world.kill();
  await expect(world.register()).rejects.toMatchObject({ code: 'killed' });
  world.before = () => undefined;
  world.isDead = false;
  expect(await world.record()).toMatchObject({ status: 'onboarding', checkpoint: null });
  world.clock.nowMs += 60_000;
  const id = world.arrive();
  expect(await renew()).toEqual(counts({ renewed: 1 }));
  expect(await world.record()).toMatchObject({ status: 'active', checkpoint: world.historyId() });
  // Mail from before the watch stood is not replayed.
  await world.push();
  expect(await world.received()).not.toContain(id);
});

describe('a removal that was cut off', () => {
  const begin = async () => {
    await world.register();
    await world.change({ status: 'removing', watchRenewAtMs: world.clock.nowMs });
    world.forget();
  };

  test('is finished', async () => {
    await begin();
    expect(await renew()).toEqual(counts({ stopped: 1 }));
    expect(world.calls()).toEqual(['gmail.stop']);
    expect(await world.record()).toMatchObject({ status: 'removed', watchRenewAtMs: null, watchExpirationAtMs: null });
    world.arrive();
    expect(world.pushes).toEqual([]);
    expect(await renew()).toEqual(counts({}));
  });

  test('is tried again while Gmail cannot be reached', async () => {
    await begin();
    world.before = (io) => {
      if (io === 'gmail.stop') throw googleError(503, 'backendError');
    };
    expect(await renew()).toEqual(counts({ failed: 1 }));
    expect(await world.record()).toMatchObject({
      status: 'removing',
      watchRenewAtMs: world.clock.nowMs + 60_000,
      dueAtMs: null,
    });
  });

  test.each([
    [401, 'authError'],
    [403, 'domainPolicy'],
    [404, 'notFound'],
  ])('ends where nobody may stop the watch any more: %p %s', async (code, reason) => {
    await begin();
    world.before = (io) => {
      if (io === 'gmail.stop') throw googleError(code, reason);
    };
    expect(await renew()).toEqual(counts({ stopped: 1 }));
    expect(await world.record()).toMatchObject({ status: 'removed', watchRenewAtMs: null });
  });

  test('leaves alone who was registered again meanwhile', async () => {
    await begin();
    world.after = (io) => io === 'gmail.stop' && world.change({ status: 'active' });
    await renew();
    expect(await world.record()).toMatchObject({ status: 'active' });
  });
});

test.each([
  ['succeeds', undefined],
  ['fails', googleError(503, 'backendError')],
])('a mailbox that is removed while its renewal %s is not watched ever again', async (_, error) => {
  await world.register();
  world.clock.nowMs += renewAfterMs;
  world.before = async (io) => {
    if (io !== 'gmail.watch') return;
    await world.change({ status: 'removed', watchRenewAtMs: null, watchExpirationAtMs: null });
    if (error) throw error;
  };
  await renew();
  world.before = () => undefined;
  expect(await world.record()).toMatchObject({ status: 'removed', watchRenewAtMs: null, watchExpirationAtMs: null });
  world.forget();
  world.clock.nowMs += weekMs;
  expect(await renew()).toEqual(counts({}));
  expect(world.calls()).toEqual([]);
});

describe('by status', () => {
  test('a mailbox that needs authorisation comes back by itself, from its checkpoint, when the watch is granted again', async () => {
    await world.register();
    const { checkpoint } = await world.record();
    world.before = (io) => {
      if (io.startsWith('gmail.')) throw googleError(401, 'authError');
    };
    const id = world.arrive();
    await world.push();
    world.clock.nowMs += renewAfterMs;
    expect(await renew()).toEqual(counts({ failed: 1 }));
    expect(await world.record()).toMatchObject({ status: 'needsAuth', watchError: 'authError' });

    world.before = () => undefined;
    world.clock.nowMs += hourMs;
    expect(await renew()).toEqual(counts({ renewed: 1 }));
    expect(await world.record()).toMatchObject({ status: 'active', statusReason: null, checkpoint });
    await world.push();
    expect(await world.received()).toEqual([id]);
  });

  test('a mailbox that is paused stays paused, with its watch alive', async () => {
    await world.register(bob);
    await world.change({ status: 'paused' }, bob);
    world.clock.nowMs += renewAfterMs;
    expect(await renew()).toEqual(counts({ renewed: 1 }));
    expect(await world.record(bob)).toMatchObject({ status: 'paused' });
  });
});
