import { hashAddress } from '../../shared/domain/hash-address';
import { ann, bob, createMailWorld, inbox, type MailWorld } from '../../test/mail-fixture';

const skipped = (skipReason: string) => ({ kind: 'skipped', skipReason });
const done = { kind: 'done', result: 'done' };
const encode = (text: string) => Buffer.from(text).toString('base64');

let world: MailWorld;
beforeEach(async () => {
  world = createMailWorld();
  await world.register();
});

describe('what cannot get better by coming again is acknowledged without a call to Gmail', () => {
  test.each([
    ['no base64', '%%%'],
    ['no JSON', encode('hello')],
    ['no id', encode(`{"emailAddress":"${ann}"}`)],
    ['an id beyond 64 bits', encode(`{"emailAddress":"${ann}","historyId":18446744073709551616}`)],
    ['nothing', ''],
  ])('%s', async (_, dataBase64) => {
    expect(await world.push({ dataBase64 })).toEqual(skipped('malformedNotification'));
    expect(world.journal).toEqual([]);
  });

  test('an address of which nobody has heard', async () => {
    expect(await world.push({ of: ann, dataBase64: encode(`{"emailAddress":"${bob}","historyId":"7"}`) })).toEqual(
      skipped('unknownMailbox'),
    );
    expect(world.journal).toEqual(['store.get']);
  });

  test.each([
    ['removed', 'offboarded'],
    ['removing', 'offboarded'],
    ['paused', 'paused'],
    ['needsAuth', 'needsAuth'],
  ] as const)('a mailbox that is %s', async (status, skipReason) => {
    await world.change({ status });
    world.arrive();
    const before = await world.record();
    expect(await world.push()).toEqual(skipped(skipReason));
    expect(world.journal).toEqual(['store.get']);
    expect(await world.record()).toEqual(before);
  });
});

test('a mailbox that is being set up is tried again for two minutes', async () => {
  await world.change({ status: 'onboarding' });
  await expect(world.push()).rejects.toMatchObject({ kind: 'unavailable', code: 'onboarding' });
  expect(await world.push({ publishTimeMs: world.clock.nowMs - 120_000 })).toEqual(skipped('onboarding'));
  expect(world.calls()).toEqual([]);
});

describe('a new message', () => {
  test('costs one listing and one fetch, is committed, published, and settled', async () => {
    const id = world.arrive('Good morning');
    expect(await world.push()).toEqual(done);

    const [event, ...others] = await world.events();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      sequence: 1,
      type: 'message.received',
      event: { specversion: '1.0', data: { mailbox: ann, messageId: id, text: 'Good morning' } },
    });
    expect(world.onBus()).toEqual([event?.event]);
    expect(world.published[0]?.message).toMatchObject({
      orderingKey: ann,
      attributes: { id: event?.id, type: 'message.received', mailbox: ann },
    });
    // Committed, then published: on the bus after six round trips.
    expect(world.journal).toEqual([
      'store.get',
      'store.commit',
      'gmail.listHistory',
      `gmail.getMessage ${id}`,
      'store.commit',
      'bus.publish agent-events',
      'store.commit',
    ]);
    expect(await world.record()).toMatchObject({
      checkpoint: world.historyId(),
      handledHistoryId: world.historyId(),
      sequence: 1,
      publishedSequence: 1,
      lease: null,
      counters: { delivered: 1, skipped: 0 },
    });
  });

  test.each([
    ['a string', (id: string) => `"${id}"`],
    ['a number', (id: string) => id],
  ])('announced by %s above 2^53, with an address in capitals', async (_, write) => {
    world = createMailWorld({ gmail: { startHistoryId: 2n ** 63n } });
    await world.register();
    const id = world.arrive();
    const json = `{"emailAddress":"ANN@Example.com","historyId":${write(world.historyId())}}`;
    expect(await world.push({ dataBase64: encode(json) })).toEqual(done);
    expect(await world.received()).toEqual([id]);
    expect(await world.record()).toMatchObject({ notifiedHistoryId: world.historyId(), checkpoint: world.historyId() });
  });

  test('leaves neither its text nor the address in the log', async () => {
    world.arrive('the secret of the pyramids');
    await world.push();
    const log = JSON.stringify(world.lines);
    expect(log).toContain(hashAddress(ann));
    expect(log).not.toMatch(/pyramids|ann@example|bob@example/);
  });
});

describe('ids that come late, twice or early', () => {
  test('an id equal to the checkpoint is read once', async () => {
    const { checkpoint } = await world.record();
    expect(world.historyId()).toBe(checkpoint);
    expect(await world.push()).toEqual(done);
    expect(world.calls()).toEqual(['gmail.listHistory']);
    expect(await world.push()).toEqual(skipped('alreadyHandled'));
    expect(world.calls()).toEqual(['gmail.listHistory']);
    expect((await world.record()).checkpoint).toBe(checkpoint);
  });

  test('a push that comes twice is read once', async () => {
    world.arrive();
    await world.push({ messageId: 'one' });
    world.forget();
    expect(await world.push({ messageId: 'one' })).toEqual(skipped('alreadyHandled'));
    expect(world.journal).toEqual(['store.get']);
    expect(await world.events()).toHaveLength(1);
  });

  test('an older id is acknowledged, and moves nothing back', async () => {
    const older = world.historyId();
    world.arrive();
    await world.push();
    const before = await world.record();
    expect(await world.push({ historyId: older })).toEqual(skipped('alreadyHandled'));
    expect(await world.record()).toEqual(before);
  });

  test('an older id that comes first brings what is newer, and the newer one is then not read again', async () => {
    const first = world.arrive();
    const older = world.historyId();
    const second = world.arrive();
    await world.push({ historyId: older });
    expect(await world.received()).toEqual([first, second]);
    await world.push();
    expect(await world.received()).toEqual([first, second]);
  });

  test('the checkpoint follows what was listed, not what was announced', async () => {
    world.arrive();
    const listed = world.historyId();
    await expect(world.push({ historyId: `${BigInt(listed) + 1_000n}` })).rejects.toMatchObject({ code: 'historyLag' });
    expect((await world.record()).checkpoint).toBe(listed);
  });
});

describe('history that lags behind its push', () => {
  const announced = async (): Promise<{ id: string; historyId: string }> => {
    const before = BigInt(world.historyId());
    world.gmail.settings.indexingLagMs = 3_000_000;
    const id = world.arrive();
    // What the push names cannot be listed yet.
    expect(BigInt(world.historyId())).toBe(before);
    return { id, historyId: `${before + 100n}` };
  };

  test('is waited for within the invocation', async () => {
    world.gmail.settings.indexingLagMs = 900;
    await world.change({ lastSyncedAtMs: world.clock.nowMs });
    world.pushes.length = 0;
    world.clock.nowMs += 60_000;
    const id = world.arrive();
    expect(await world.push({ historyId: world.pushes[0]?.historyId ?? '' })).toEqual(done);
    expect(world.clock.sleeps).toEqual([300, 700]);
    expect(await world.received()).toEqual([id]);
  });

  test('comes again for two minutes, is left to the sweep, and given up after half an hour', async () => {
    const { id, historyId } = await announced();
    const publishTimeMs = world.clock.nowMs;
    await expect(world.push({ historyId, publishTimeMs })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'historyLag',
    });
    expect(world.clock.sleeps).toEqual([300, 700, 1_500]);
    expect((await world.record()).lease).toBeNull();

    world.clock.nowMs = publishTimeMs + 121_000;
    expect(await world.push({ historyId, publishTimeMs })).toEqual({ kind: 'done', result: 'deferred' });
    const { dueAtMs, notifiedHistoryId } = await world.record();
    expect(dueAtMs).toBeLessThanOrEqual(world.clock.nowMs + 60_000);
    expect(notifiedHistoryId).toBe(historyId);

    world.clock.nowMs = publishTimeMs + 1_801_000;
    expect(await world.push({ historyId, attributes: { reason: 'sweep' } })).toEqual(done);
    expect(world.lines).toContainEqual(expect.objectContaining({ message: 'announced history never came' }));
    const given = await world.record();
    expect(given.notifiedHistoryId).toBe(given.handledHistoryId);
    expect(await world.received()).toEqual([]);

    // What comes in the end is read all the same, although its id is not above the one given up.
    world.gmail.settings.indexingLagMs = 0;
    world.clock.nowMs += 3_000_000;
    await world.push({ attributes: { reason: 'syncNow' } });
    expect(await world.received()).toEqual([id]);
  });

  test('does not keep back what can be listed', async () => {
    const id = world.arrive();
    const { historyId } = await announced();
    await expect(world.push({ historyId })).rejects.toMatchObject({ code: 'historyLag' });
    expect(await world.received()).toEqual([id]);
    expect(world.onBus()).toHaveLength(1);
  });
});

describe('where another worker holds the mailbox', () => {
  test('a push is noted and acknowledged, and the holder reads on before it gives the lease back', async () => {
    const first = world.arrive();
    let second = '';
    world.before = async (io) => {
      // Between the last listing and the release.
      if (io !== 'bus.publish agent-events' || second) return;
      world.clock.nowMs += 1_000;
      second = world.arrive();
      expect(await world.push({ messageId: 'other' })).toEqual(skipped('leaseHeld'));
    };
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([first, second]);
    expect(await world.record()).toMatchObject({ lease: null, handledHistoryId: world.historyId() });
  });

  test('the holder’s own delivery waits for it a little, then comes again', async () => {
    await world.change({ lease: { deliveryId: 'mine', expiresAtMs: world.clock.nowMs + 90_000 } });
    await expect(world.push({ messageId: 'mine' })).rejects.toMatchObject({ kind: 'unavailable', code: 'ownLease' });
    expect(world.clock.sleeps).toEqual([250, 500, 1_000, 2_000, 4_000]);
    expect(world.calls()).toEqual([]);
  });

  test('and finds the work done when the first attempt has finished meanwhile', async () => {
    await world.change({ lease: { deliveryId: 'mine', expiresAtMs: world.clock.nowMs + 90_000 } });
    const historyId = world.historyId();
    world.clock.whileAsleep = () => world.change({ lease: null, handledHistoryId: historyId });
    expect(await world.push({ messageId: 'mine' })).toEqual(skipped('alreadyHandled'));
    expect(world.clock.sleeps).toEqual([250]);
  });

  test('the lease of a worker that died is taken over when it has run out', async () => {
    const id = world.arrive();
    world.after = (io) => io === 'gmail.listHistory' && world.kill();
    await expect(world.push({ messageId: 'mine' })).rejects.toMatchObject({ code: 'killed' });
    world.after = () => undefined;
    expect(await world.push({ messageId: 'other' })).toEqual(skipped('leaseHeld'));
    world.clock.nowMs += 90_000;
    expect(await world.push({ messageId: 'mine' })).toEqual(done);
    expect(await world.received()).toEqual([id]);
    expect((await world.record()).fence).toBe(2);
  });

  test('a mailbox that others change at every try comes again', async () => {
    let count = 0;
    world.before = (io) => io === 'store.commit' && world.change({ refusals: ++count });
    world.arrive();
    await expect(world.push()).rejects.toMatchObject({ kind: 'unavailable', code: 'contention' });
    expect(world.calls()).toEqual([]);
  });
});

test('registration brings the first pass of its own, and mail from before it is not replayed', async () => {
  world.gmail.createUser(bob);
  world.arrive('old', { to: bob });
  world.clock.nowMs += 60_000;
  await world.register(bob, inbox);
  const id = world.arrive('new', { to: bob });
  await world.push({ of: bob });
  expect(await world.received(bob)).toEqual([id]);
});
