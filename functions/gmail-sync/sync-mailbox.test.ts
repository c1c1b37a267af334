import { AttacheError } from '../../shared/domain/errors';
import { GoogleApiError } from '../../test/workspace/google-api-error';
import { ann, createMailWorld, googleError, notificationsTopic, type MailWorld } from '../../test/mail-fixture';

const done = { kind: 'done', result: 'done' };
const deferred = { kind: 'done', result: 'deferred' };
const needsAuth = { kind: 'done', result: 'needsAuth' };

let world: MailWorld;
beforeEach(async () => {
  world = createMailWorld();
  await world.register();
});

/** Throws at every I/O whose name begins so. */
const failAt = (name: string, error: Error): void => {
  world.before = (io) => {
    if (io.startsWith(name)) throw error;
  };
};
const mend = (): void => {
  world.before = world.after = () => undefined;
};
const eventTypes = async () => (await world.events()).map(({ type }) => type);
const alerts = () => world.lines.filter(({ severity }) => severity === 'ERROR').map(({ message }) => message);

describe('Gmail refuses the mailbox', () => {
  test.each<[string, Error]>([
    ['authError', googleError(401, 'authError')],
    ['domainPolicy', googleError(403, 'domainPolicy')],
    ['insufficientPermissions', googleError(403, 'insufficientPermissions')],
    ['delegationDenied', googleError(403, 'forbidden', 'Delegation denied for ann')],
    ['invalidGrant', new AttacheError('unauthorized', 'no token', { code: 'invalidGrant', fix: 'Check the user.' })],
    ['unauthorizedClient', new AttacheError('unauthorized', 'no token', { code: 'unauthorizedClient' })],
    ['domainNotAllowed', new AttacheError('forbidden', 'not this domain', { code: 'domainNotAllowed' })],
  ])('%s: one event, one alert, no more calls', async (code, error) => {
    failAt('gmail.', error);
    world.arrive();
    expect(await world.push()).toEqual(needsAuth);
    expect(await world.record()).toMatchObject({ status: 'needsAuth', statusReason: code, lease: null, dueAtMs: null });
    expect(alerts()).toEqual(['mailbox needs authorisation']);
    expect(world.onBus()).toMatchObject([{ type: 'mailbox.needsAuth', data: { mailbox: ann, reason: code } }]);

    world.forget();
    expect(await world.push()).toEqual({ kind: 'skipped', skipReason: 'needsAuth' });
    expect(world.calls()).toEqual([]);
    expect(await eventTypes()).toEqual(['mailbox.needsAuth']);
  });

  test('in the middle of a page: what was read before is delivered', async () => {
    const ids = [world.arrive(), world.arrive(), world.arrive()];
    failAt(`gmail.getMessage ${ids[2]}`, googleError(401, 'authError'));
    expect(await world.push()).toEqual(needsAuth);
    expect(await eventTypes()).toEqual(['message.received', 'message.received', 'mailbox.needsAuth']);
    expect(world.onBus()).toHaveLength(3);
  });

  test('and is registered again: it goes on from its checkpoint, and a second refusal is a second event', async () => {
    const { checkpoint } = await world.record();
    failAt('gmail.', googleError(401, 'authError'));
    const first = world.arrive();
    await world.push();
    mend();
    await world.register();
    expect(await world.record()).toMatchObject({ status: 'active', statusReason: null, checkpoint });
    const second = world.arrive();
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([first, second]);

    failAt('gmail.', googleError(401, 'authError'));
    world.arrive();
    await world.push();
    const refusals = (await world.events()).filter(({ type }) => type === 'mailbox.needsAuth');
    expect(new Set(refusals.map(({ id }) => id)).size).toBe(2);
  });

  test.each(['store.commit', 'bus.publish agent-events'])(
    'and the worker dies after its %s: still one event',
    async (io) => {
      failAt('gmail.', googleError(401, 'authError'));
      world.arrive();
      world.after = (one) => one === io && world.journal.includes('gmail.listHistory') && world.kill();
      await expect(world.push({ messageId: 'one' })).rejects.toMatchObject({ code: 'killed' });
      world.after = () => undefined;
      world.clock.nowMs += 90_000;
      await world.push({ messageId: 'one' });
      expect(await eventTypes()).toEqual(['mailbox.needsAuth']);
      expect(new Set(world.onBus().map(({ id }) => id)).size).toBe(1);
      expect(await world.record()).toMatchObject({ status: 'needsAuth', publishedSequence: 1 });
    },
  );
});

describe('a mistake of the deployment', () => {
  test.each<[string, Error]>([
    ['signJwtDenied', new AttacheError('forbidden', 'may not sign', { code: 'signJwtDenied', fix: 'Grant it.' })],
    ['invalidClient', new AttacheError('unauthorized', 'unknown client', { code: 'invalidClient' })],
    ['noCredentials', new AttacheError('bug', 'no credentials', { code: 'noCredentials' })],
    ['accessNotConfigured', googleError(403, 'accessNotConfigured')],
    ['oauthAppRefused', new AttacheError('forbidden', 'wrong secret', { code: 'oauthAppRefused' })],
    ['serviceDisabled', googleError(403, 'SERVICE_DISABLED')],
  ])('%s never marks a mailbox: the delivery comes again', async (code, error) => {
    failAt('gmail.', error);
    const id = world.arrive();
    for (let i = 0; i < 8; i++) await expect(world.push()).rejects.toMatchObject({ code });
    expect(await world.record()).toMatchObject({ status: 'active', sequence: 0, lease: null, attempts: {} });
    mend();
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([id]);
  });

  test.each(['store.commit', 'bus.publish agent-events'])(
    'a missing grant on %s is not taken for a refusal by Gmail',
    async (io) => {
      const id = world.arrive();
      world.before = (one) => {
        if (one === io && world.fetched().length > 0)
          throw new AttacheError('forbidden', 'no', { code: 'storeForbidden' });
      };
      await expect(world.push()).rejects.toMatchObject({ kind: 'forbidden' });
      mend();
      world.clock.nowMs += 90_000;
      expect(await world.record()).toMatchObject({ status: 'active' });
      await world.push();
      expect(await world.received()).toEqual([id]);
      expect(world.onBus()).toHaveLength(1);
    },
  );
});

describe('Gmail throttles', () => {
  test.each<[string, Error]>([
    ['429', googleError(429, 'rateLimitExceeded')],
    ['403 rateLimitExceeded', googleError(403, 'rateLimitExceeded')],
    ['403 userRateLimitExceeded', googleError(403, 'userRateLimitExceeded')],
    ['our own governor', new AttacheError('rateLimited', 'spent', { code: 'quotaGoverned' })],
  ])('%s without a time: the delivery comes again after half a minute', async (_, error) => {
    const startMs = world.clock.nowMs;
    failAt('gmail.', error);
    const id = world.arrive();
    await expect(world.push()).rejects.toMatchObject({ kind: 'rateLimited' });
    expect(world.calls()).toEqual(['gmail.listHistory']);
    expect(await world.record()).toMatchObject({ status: 'active', lease: null, deferredUntilMs: startMs + 30_000 });

    mend();
    world.forget();
    await expect(world.push()).rejects.toMatchObject({ code: 'deferred' });
    expect(world.calls()).toEqual([]);
    world.clock.nowMs = startMs + 30_000;
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([id]);
    expect((await world.record()).deferredUntilMs).toBeNull();
  });

  const inMs = (ms: number) => new Date(world.clock.nowMs + ms).toISOString();

  test('with a time within the minute: the delivery comes again, and then is served', async () => {
    const startMs = world.clock.nowMs;
    failAt('gmail.', new GoogleApiError(429, 'rateLimitExceeded', 'Slow down.', { retryAfter: inMs(10_000) }));
    world.arrive();
    await expect(world.push()).rejects.toMatchObject({ kind: 'rateLimited' });
    expect((await world.record()).deferredUntilMs).toBe(startMs + 10_000);
  });

  test('with a time hours away: it is acknowledged and due then, and the sweep does not come before', async () => {
    const startMs = world.clock.nowMs;
    failAt('gmail.', new GoogleApiError(429, 'rateLimitExceeded', 'Slow down.', { retryAfter: inMs(5 * 3_600_000) }));
    const id = world.arrive();
    expect(await world.push()).toEqual(deferred);
    const until = startMs + 5 * 3_600_000;
    expect(await world.record()).toMatchObject({ deferredUntilMs: until, dueAtMs: until, lease: null });
    mend();
    world.clock.nowMs += 3_600_000;
    expect(await world.push({ attributes: { reason: 'syncNow' } })).toEqual({
      kind: 'skipped',
      skipReason: 'deferred',
    });
    world.clock.nowMs = until;
    expect(await world.push({ attributes: { reason: 'sweep' } })).toEqual(done);
    expect(await world.received()).toEqual([id]);
  });

  test('403 dailyLimitExceeded: acknowledged, with a long deferral', async () => {
    failAt('gmail.', googleError(403, 'dailyLimitExceeded'));
    world.arrive();
    const startMs = world.clock.nowMs;
    expect(await world.push()).toEqual(deferred);
    expect((await world.record()).dueAtMs).toBe(startMs + 3_600_000);
  });

  test('in the middle of a page: what was read before is delivered, and no further message asked for', async () => {
    world = createMailWorld({ settings: { fetchConcurrency: 1 } });
    await world.register();
    const ids = [world.arrive(), world.arrive(), world.arrive(), world.arrive()];
    failAt(`gmail.getMessage ${ids[1]}`, googleError(429, 'rateLimitExceeded'));
    await expect(world.push()).rejects.toMatchObject({ kind: 'rateLimited' });
    expect(world.fetched()).toEqual(ids.slice(0, 2));
    expect(await world.received()).toEqual(ids.slice(0, 1));
    expect((await world.record()).attempts).toEqual({});

    mend();
    world.forget();
    world.clock.nowMs += 60_000;
    await world.push();
    expect(world.fetched()).toEqual(ids.slice(1));
    expect(await world.received()).toEqual(ids);
  });
});

describe('passing trouble', () => {
  test('is tried three times within the invocation', async () => {
    const id = world.arrive();
    let failures = 2;
    world.before = (io) => {
      if (io === 'gmail.listHistory' && failures-- > 0) throw googleError(503, 'backendError');
    };
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([id]);
  });

  test('that lasts lets the delivery come again, with the lease given back', async () => {
    failAt('gmail.listHistory', googleError(503, 'backendError'));
    world.arrive();
    await expect(world.push()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(world.calls()).toHaveLength(3);
    expect(await world.record()).toMatchObject({ lease: null, status: 'active' });
  });

  test('of the ambiguous kind, failedPrecondition, is a refusal when it has come five deliveries in a row', async () => {
    failAt('gmail.', googleError(400, 'failedPrecondition'));
    world.arrive();
    for (let i = 1; i < 5; i++) {
      await expect(world.push()).rejects.toMatchObject({ kind: 'unavailable', code: 'failedPrecondition' });
      expect(await world.record()).toMatchObject({ status: 'active', refusals: i });
    }
    expect(await world.push()).toEqual(needsAuth);
    expect(await world.record()).toMatchObject({ status: 'needsAuth', statusReason: 'failedPrecondition' });
  });

  test('of that kind, in between, is forgotten with the next good pass', async () => {
    failAt('gmail.', googleError(400, 'failedPrecondition'));
    world.arrive();
    for (let i = 1; i < 5; i++) await expect(world.push()).rejects.toMatchObject({ code: 'failedPrecondition' });
    mend();
    await world.push();
    expect((await world.record()).refusals).toBe(0);
  });
});

describe('killed', () => {
  test.each([
    ['after the commit', 'store.commit'],
    ['after the publish', 'bus.publish agent-events'],
  ])('%s: the redelivery publishes what is on record, with the same ids and without another fetch', async (_, io) => {
    world.arrive();
    world.arrive();
    world.after = (one) => one === io && world.fetched().length > 0 && world.kill();
    await expect(world.push({ messageId: 'one' })).rejects.toMatchObject({ code: 'killed' });
    mend();
    world.journal.length = 0;
    world.clock.nowMs += 90_000;
    expect(await world.push({ messageId: 'one' })).toEqual(done);
    expect(world.fetched()).toEqual([]);
    const ids = (await world.events()).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect([...new Set(world.onBus().map(({ id }) => id))]).toEqual(ids);
    expect(await world.record()).toMatchObject({ sequence: 2, publishedSequence: 2, checkpoint: world.historyId() });
  });

  test('more events than one reading of the backlog returns are all published, in order', async () => {
    for (let i = 0; i < 230; i++) world.arrive();
    failAt('bus.publish agent-events', new AttacheError('unavailable', 'no broker'));
    await expect(world.push()).rejects.toMatchObject({ kind: 'unavailable' });
    world.clock.nowMs += 90_000;
    const { sequence } = await world.record();
    expect(sequence).toBe(25);
    mend();
    await world.push();
    expect(world.onBus().map(({ id }) => id)).toEqual((await world.events()).map(({ id }) => id));
    expect(world.onBus()).toHaveLength(230);
  });
});

describe('out of time', () => {
  test('the rest goes to a continuation, and nothing is fetched twice', async () => {
    world = createMailWorld({
      settings: { budgetMs: 1_000, chunkSize: 2, fetchConcurrency: 1 },
      gmail: { pageSizeLimit: 5 },
    });
    await world.register();
    const ids = Array.from({ length: 12 }, () => world.arrive());
    world.after = (io) => io.startsWith('gmail.getMessage') && (world.clock.nowMs += 400);
    expect(await world.push()).toEqual({ kind: 'done', result: 'continued' });
    expect(world.own()).toMatchObject([{ attributes: { reason: 'continue' } }]);
    expect(await world.record()).toMatchObject({ lease: null });
    const read = await world.received();
    expect(read).toEqual(ids.slice(0, read.length));
    expect(read.length).toBeLessThan(12);

    const outcomes = await world.drain();
    expect(outcomes.at(-1)).toEqual(done);
    expect(await world.received()).toEqual(ids);
    expect(world.fetched()).toEqual(ids);
  });

  test('a continuation that cannot be sent lets the delivery itself come again', async () => {
    world = createMailWorld({ settings: { budgetMs: 1_000, chunkSize: 1 } });
    await world.register();
    const ids = [world.arrive(), world.arrive(), world.arrive()];
    world.after = (io) => io.startsWith('gmail.getMessage') && (world.clock.nowMs += 1_001);
    failAt(`bus.publish ${notificationsTopic}`, new AttacheError('unavailable', 'no broker'));
    await expect(world.push({ messageId: 'one' })).rejects.toMatchObject({ kind: 'unavailable' });
    mend();
    expect(await world.push({ messageId: 'one' })).toEqual(done);
    expect(await world.received()).toEqual(ids);
  });
});

describe('a worker that stalls past its lease', () => {
  test.each(['gmail.listHistory', 'gmail.getMessage', 'store.commit'])(
    'in %s writes nothing when it wakes up',
    async (stall) => {
      const id = world.arrive();
      let woken = false;
      world.before = async (io) => {
        if (woken || !io.startsWith(stall) || world.calls().length === 0) return;
        woken = true;
        world.clock.nowMs += 90_000;
        expect(await world.push({ messageId: 'other' })).toEqual(done);
      };
      await expect(world.push({ messageId: 'stalled' })).rejects.toMatchObject({ code: 'fencedOut' });
      expect(woken).toBe(true);
      expect(await world.received()).toEqual([id]);
      expect(await world.record()).toMatchObject({ fence: 2, sequence: 1, publishedSequence: 1, lease: null });
    },
  );

  test('and whose mailbox was removed meanwhile writes nothing either', async () => {
    world.arrive();
    world.before = async (io) => {
      if (!io.startsWith('gmail.getMessage')) return;
      const { fence } = await world.record();
      await world.change({ status: 'removed', lease: null, fence: fence + 1 });
    };
    await expect(world.push()).rejects.toMatchObject({ code: 'fencedOut' });
    expect(await world.events()).toEqual([]);
    expect(await world.record()).toMatchObject({ status: 'removed', lease: null });
  });
});
