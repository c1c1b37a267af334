import { ann, createMailWorld, googleError, type MailWorld } from '../../test/mail-fixture';

const done = { kind: 'done', result: 'done' };
const hourMs = 3_600_000;

let world: MailWorld;
const start = async (...options: Parameters<typeof createMailWorld>) => {
  world = createMailWorld(...options);
  await world.register();
};
beforeEach(() => start({ settings: { chunkSize: 3, fetchConcurrency: 1 } }));

const mend = (): void => {
  world.before = world.after = () => undefined;
};
const arrive = (count: number, options: Parameters<typeof world.arrive>[1] = {}) =>
  Array.from({ length: count }, () => {
    world.clock.nowMs += 1_000;
    return world.arrive('Hello', options);
  });
const unreadable = (...ids: string[]): void => {
  world.before = (io) => {
    if (ids.some((id) => io === `gmail.getMessage ${id}`)) throw googleError(500, 'backendError');
  };
};
const gaps = async () =>
  (await world.events()).filter(({ type }) => type === 'mailbox.gapRecovered').map(({ event }) => event.data);
/** Delivers until nothing is left, at most so often. */
const settle = async (deliveries = 20): Promise<void> => {
  for (let i = 0; i < deliveries; i++) {
    world.clock.nowMs += 60_000;
    const outcome = await world.push({ attributes: { reason: 'syncNow' } }).catch(() => undefined);
    if (outcome?.kind === 'done' && outcome.result === 'done') return;
  }
  throw new Error('The mailbox did not come to rest.');
};

describe('history that Gmail keeps no longer', () => {
  test('is replaced by a listing: what is on record is dropped, the rest comes oldest first, then the checkpoint moves', async () => {
    const known = arrive(2);
    await world.push();
    world.clock.nowMs += 10 * 60_000;
    const missed = arrive(7);
    world.gmail.expireHistory(ann);
    const target = world.historyId();
    world.forget();

    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([...known, ...missed]);
    expect(await gaps()).toMatchObject([{ mailbox: ann, recovered: 7, historyId: target }]);
    expect(world.onBus().map(({ id }) => id)).toEqual((await world.events()).slice(2).map(({ id }) => id));
    expect(world.fetched()).toEqual(missed);
    expect(await world.record()).toMatchObject({
      recovery: null,
      checkpoint: target,
      counters: { delivered: 9, gapRecovered: 7 },
    });
    // The current id is taken before the listing.
    expect(world.calls().slice(0, 3)).toEqual(['gmail.listHistory', 'gmail.getProfile', 'gmail.listMessages']);
  });

  test('while mail goes on arriving: nothing is lost, nothing doubled', async () => {
    const missed = arrive(4);
    world.gmail.expireHistory(ann);
    const meanwhile: string[] = [];
    world.after = (io) => {
      if (io === 'gmail.getProfile' || io === 'gmail.listMessages') meanwhile.push(...arrive(1));
    };
    await world.push();
    mend();
    await settle();
    expect((await world.received()).sort()).toEqual([...missed, ...meanwhile].sort());
    expect(await gaps()).toHaveLength(1);
  });

  test('counts from the last good pass, less an overlap, and never from before the registration', async () => {
    world.arrive('', { dateMs: world.clock.nowMs - 60_000 });
    world.gmail.expireHistory(ann);
    await world.push();
    expect(await world.received()).toEqual([]);
    expect(await gaps()).toMatchObject([{ recovered: 0 }]);

    world.clock.nowMs += 10 * hourMs;
    await world.push({ attributes: { reason: 'syncNow' } });
    const { lastSyncedAtMs } = await world.record();
    const inOverlap = world.arrive('', { dateMs: (lastSyncedAtMs ?? 0) - hourMs + 1_000 });
    world.arrive('', { dateMs: (lastSyncedAtMs ?? 0) - hourMs - 600_000 });
    world.gmail.expireHistory(ann);
    await world.push();
    expect(await world.received()).toEqual([inOverlap]);
  });

  test.each(['store.commit', 'bus.publish agent-events', 'gmail.listMessages', 'gmail.getMessage'])(
    'and a worker that dies at its second %s: the next goes on with the same recovery',
    async (where) => {
      const missed = arrive(8);
      world.gmail.expireHistory(ann);
      const target = world.historyId();
      let left = where === 'gmail.listMessages' ? 1 : 2;
      world.after = (io) =>
        world.journal.includes('gmail.getProfile') && io.startsWith(where) && --left === 0 && world.kill();
      await expect(world.push({ messageId: 'one' })).rejects.toMatchObject({ code: 'killed' });
      mend();
      expect((await world.record()).recovery).toMatchObject({ kind: 'gap', targetHistoryId: target });
      const before = await world.received();
      expect(before).toEqual(missed.slice(0, before.length));
      const later = arrive(1);

      world.clock.nowMs += 90_000;
      expect(await world.push({ messageId: 'one' })).toEqual(done);
      expect((await world.received()).sort()).toEqual([...missed, ...later].sort());
      // Whether the one that came later is found by the listing or by the history after it is all the same.
      expect(await gaps()).toMatchObject([{ historyId: target, recovered: 9 }]);
      expect([...new Set(world.onBus().map(({ id }) => id))]).toHaveLength(10);
    },
  );

  test('and time that runs out: the continuation resumes, and the end is one event', async () => {
    await start({ settings: { chunkSize: 2, fetchConcurrency: 1, budgetMs: 1_000 } });
    const missed = arrive(9);
    world.gmail.expireHistory(ann);
    world.after = (io) => io.startsWith('gmail.getMessage') && (world.clock.nowMs += 400);
    expect(await world.push()).toEqual({ kind: 'done', result: 'continued' });
    expect((await world.drain()).at(-1)).toEqual(done);
    expect(await world.received()).toEqual(missed);
    expect(world.fetched()).toEqual(missed);
    expect(await gaps()).toMatchObject([{ recovered: 9 }]);
  });

  test('and a message that keeps failing behind the first batch: it is set aside, all others are counted', async () => {
    const missed = arrive(8);
    const bad = missed[4] ?? '';
    world.gmail.expireHistory(ann);
    unreadable(bad);
    await settle();
    expect(await world.parked()).toEqual([bad]);
    expect(await world.received()).toEqual(missed.filter((id) => id !== bad));
    expect(await gaps()).toMatchObject([{ recovered: 7 }]);
  });

  test('of a mailbox with several watched labels comes oldest first all the same', async () => {
    await start({ settings: { chunkSize: 2 } });
    world.gmail.labels.create(ann, { name: 'Work' });
    await world.register(ann, { labelIds: ['INBOX', 'Label_1', 'SPAM'] });
    const missed = ['INBOX', 'Label_1', 'SPAM', 'INBOX', 'Label_1', 'INBOX', 'SPAM', 'Label_1'].flatMap((labelId) =>
      arrive(1, { labelIds: [labelId] }),
    );
    const [unwatched = ''] = arrive(1, { labelIds: ['CATEGORY_FORUMS'] });
    world.gmail.expireHistory(ann);
    await world.push();
    expect(await world.received()).toEqual(missed);
    expect(world.fetched()).not.toContain(unwatched);
  });

  test('answers for another mailbox: nothing is touched', async () => {
    arrive(1);
    world.gmail.expireHistory(ann);
    world.gmail.getProfile = () => ({ emailAddress: 'eve@example.com', historyId: '1' });
    await expect(world.push({ historyId: '10000100' })).rejects.toMatchObject({ kind: 'bug', code: 'wrongMailbox' });
    expect(await world.record()).toMatchObject({ recovery: null, sequence: 0 });
  });
});

describe('reconciling', () => {
  const dueNow = () => world.change({ nextReconcileAtMs: world.clock.nowMs });

  test('finds nothing where nothing was missed, at the price of a listing, and comes again in six hours', async () => {
    arrive(3);
    await world.push();
    world.clock.nowMs += hourMs;
    await dueNow();
    world.forget();
    await world.push({ attributes: { reason: 'sweep' } });
    expect(world.calls()).toEqual(['gmail.listHistory', 'gmail.listMessages']);
    expect(await world.record()).toMatchObject({
      recovery: null,
      nextReconcileAtMs: world.clock.nowMs + 6 * hourMs,
      reconciledUntilMs: world.clock.nowMs - 300_000,
      counters: { delivered: 3, reconciled: 0 },
    });
    expect(world.lines.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
  });

  test('delivers and counts what was missed, and says so in an alert', async () => {
    const missed = arrive(5);
    // As if history had left them out.
    await world.change({ checkpoint: world.historyId() });
    world.clock.nowMs += hourMs;
    await dueNow();
    await world.push({ attributes: { reason: 'sweep' } });
    expect(await world.received()).toEqual(missed);
    expect((await world.record()).counters).toMatchObject({ delivered: 5, reconciled: 5 });
    expect(world.lines).toContainEqual(
      expect.objectContaining({ severity: 'ERROR', message: 'reconcile found missed messages', count: 5 }),
    );
  });

  test('leaves the youngest to their push', async () => {
    world.clock.nowMs += hourMs;
    const [young = ''] = arrive(1);
    await world.change({ checkpoint: world.historyId() });
    await dueNow();
    await world.push({ attributes: { reason: 'sweep' } });
    expect(await world.received()).toEqual([]);
    world.clock.nowMs += 6 * hourMs;
    await world.push({ attributes: { reason: 'sweep' } });
    expect(await world.received()).toEqual([young]);
  });

  test('is not kept from its end by a message that keeps failing behind the first batch', async () => {
    const missed = arrive(8);
    const bad = missed[5] ?? '';
    await world.change({ checkpoint: world.historyId() });
    world.clock.nowMs += hourMs;
    await dueNow();
    unreadable(bad);
    await settle();
    expect(await world.parked()).toEqual([bad]);
    expect(await world.received()).toEqual(missed.filter((id) => id !== bad));
    expect((await world.record()).counters.reconciled).toBe(7);
  });

  test('comes once after every gap', async () => {
    world.gmail.expireHistory(ann);
    arrive(1);
    world.gmail.expireHistory(ann);
    await world.push();
    expect((await world.record()).nextReconcileAtMs).toBeGreaterThan(world.clock.nowMs + 5 * hourMs);
    expect(world.calls().filter((call) => call === 'gmail.listMessages')).toHaveLength(2);
  });
});

describe('backfilling', () => {
  test('delivers mail from before the registration, oldest first, once', async () => {
    world = createMailWorld({ settings: { chunkSize: 3 } });
    world.gmail.createUser(ann);
    const dates = Array.from({ length: 7 }, (_, index) => world.clock.nowMs - (10 - index) * 60_000);
    const before = dates.map((dateMs) => world.arrive('', { dateMs }));
    await world.register(ann, { backfillSinceMs: dates[2] });
    await world.push();
    expect(await world.received()).toEqual(before.slice(2));
    await world.register(ann, { backfillSinceMs: dates[0] });
    await world.push({ attributes: { reason: 'syncNow' } });
    expect((await world.received()).sort()).toEqual([...before].sort());
    expect(await world.record()).toMatchObject({ recovery: null, backfillFromMs: null, sequence: 7 });
  });
});

describe('trying parked messages again', () => {
  const park = async () => {
    const [bad = '', good = ''] = arrive(2);
    unreadable(bad);
    for (let i = 0; i < 5; i++) await world.push().catch(() => (world.clock.nowMs += 60_000));
    expect(await world.parked()).toEqual([bad]);
    return { bad, good };
  };
  const replay = async () => {
    await world.change({ replayRequested: true });
    return world.push({ attributes: { reason: 'syncNow' } });
  };

  test('delivers them and clears them away', async () => {
    const { bad, good } = await park();
    mend();
    expect(await replay()).toEqual(done);
    expect(await world.received()).toEqual([good, bad]);
    expect(await world.parked()).toEqual([]);
    expect(await world.record()).toMatchObject({ replayRequested: false, recovery: null, counters: { parked: 0 } });
  });

  test('leaves them where they are if they fail again, and the mailbox goes on', async () => {
    const { bad, good } = await park();
    expect(await replay()).toEqual(done);
    expect(await world.parked()).toEqual([bad]);
    const next = arrive(1);
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([good, ...next]);
    expect((await world.record()).counters.parked).toBe(1);
  });

  test('clears away what was deleted meanwhile', async () => {
    const { bad } = await park();
    mend();
    world.gmail.deleteMessage(ann, bad);
    expect(await replay()).toEqual(done);
    expect(await world.parked()).toEqual([]);
    expect((await world.record()).counters.parked).toBe(0);
  });

  test('clears away what has reached the agent by another way', async () => {
    const { bad, good } = await park();
    mend();
    world.gmail.modifyLabels(ann, bad, { removeLabelIds: ['INBOX'] });
    world.gmail.modifyLabels(ann, bad, { addLabelIds: ['INBOX'] });
    await world.push();
    expect(await world.received()).toEqual([good, bad]);
    await replay();
    expect(await world.parked()).toEqual([]);
    expect(await world.received()).toEqual([good, bad]);
  });

  test('is done by reconciling, too', async () => {
    const { bad, good } = await park();
    mend();
    world.clock.nowMs += hourMs;
    await world.change({ nextReconcileAtMs: world.clock.nowMs });
    await world.push({ attributes: { reason: 'sweep' } });
    expect(await world.received()).toEqual([good, bad]);
    expect(await world.parked()).toEqual([]);
  });
});
