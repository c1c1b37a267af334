import { AttacheError } from '../../shared/domain/errors';
import type { WatchSettings } from '../../shared/domain/mailbox-record';
import { maxCommitBytes } from '../../shared/store/document-rules';
import { ann, createMailWorld, googleError, type MailWorld } from '../../test/mail-fixture';

const done = { kind: 'done', result: 'done' };

let world: MailWorld;
const start = async (options: Parameters<typeof createMailWorld>[0] = {}, watch: Partial<WatchSettings> = {}) => {
  world = createMailWorld(options);
  world.gmail.createUser(ann);
  for (const name of ['Work', 'Lists']) world.gmail.labels.create(ann, { name });
  await world.register(ann, watch);
};
beforeEach(() => start());

const sequences = async () => (await world.events()).map(({ sequence }) => sequence);
const label = (id: string, addLabelIds: string[], removeLabelIds: string[] = []) =>
  world.gmail.modifyLabels(ann, id, { addLabelIds, removeLabelIds });
const unreadable = (...ids: string[]): void => {
  world.before = (io) => {
    if (ids.some((id) => io === `gmail.getMessage ${id}`)) throw googleError(500, 'backendError');
  };
};
const mend = (): void => {
  world.before = world.after = () => undefined;
};
/** A delivery that fails, and the time until the next. */
const fail = async (): Promise<void> => {
  await expect(world.push()).rejects.toMatchObject({ kind: 'unavailable', code: 'messageUnavailable' });
  world.clock.nowMs += 60_000;
};

describe('labels', () => {
  const cases: [string, Partial<WatchSettings>, () => void, number][] = [
    ['a draft is not delivered, nor fetched', {}, () => world.arrive('', { labelIds: ['DRAFT'] }), 0],
    ['spam is not', {}, () => world.arrive('', { labelIds: ['SPAM'] }), 0],
    ['trash is not', { labelIds: [] }, () => world.arrive('', { labelIds: ['TRASH'] }), 0],
    ['own sent mail is not', { labelIds: [] }, () => world.arrive('', { labelIds: ['SENT'] }), 0],
    ['mail to oneself is, once', { labelIds: [] }, () => world.arrive('', { labelIds: ['SENT', 'INBOX'] }), 1],
    ['mail that lands elsewhere is not', {}, () => world.arrive('', { labelIds: ['CATEGORY_PROMOTIONS'] }), 0],
    ['spam is, where it is watched', { labelIds: ['SPAM'] }, () => world.arrive('', { labelIds: ['SPAM'] }), 1],
    ['what turns out to be spam is not', {}, () => label(world.arrive(), ['SPAM'], ['INBOX']), 0],
    ['what was thrown away meanwhile is not', {}, () => label(world.arrive(), ['TRASH'], ['INBOX']), 0],
    ['what was archived meanwhile is', {}, () => label(world.arrive(), [], ['INBOX', 'UNREAD']), 1],
    [
      'what was rescued from spam is',
      {},
      () => label(world.arrive('', { labelIds: ['SPAM'] }), ['INBOX'], ['SPAM']),
      1,
    ],
    ['what is moved to the watched label is', { labelIds: ['Label_1'] }, () => label(world.arrive(), ['Label_1']), 1],
    ['what has another label is not', { labelIds: ['Label_1'] }, () => label(world.arrive(), ['Label_2']), 0],
    [
      'an excluded label is not',
      { labelIds: ['Label_2'], labelFilterBehavior: 'exclude' },
      () => world.arrive('', { labelIds: ['INBOX', 'Label_2'] }),
      0,
    ],
    [
      'what has no excluded label is',
      { labelIds: ['Label_2'], labelFilterBehavior: 'exclude' },
      () => world.arrive('', { labelIds: ['Label_1'] }),
      1,
    ],
    [
      'a star on what is excluded brings nothing',
      { labelIds: ['Label_2'], labelFilterBehavior: 'exclude' },
      () => label(world.arrive('', { labelIds: ['INBOX', 'Label_2'] }), ['STARRED']),
      0,
    ],
  ];
  test.each(cases)('%s', async (_, watch, act, count) => {
    await start({}, watch);
    act();
    expect(await world.push()).toEqual(done);
    expect(await world.events()).toHaveLength(count);
    expect(await world.record()).toMatchObject({ checkpoint: world.historyId(), counters: { delivered: count } });
  });

  test('autosaves of a draft cost no fetch', async () => {
    for (let i = 0; i < 5; i++) world.arrive('', { labelIds: ['DRAFT'] });
    await world.push();
    expect(world.fetched()).toEqual([]);
  });

  test('a message rescued from spam, thrown back and rescued again is delivered once', async () => {
    const id = world.arrive('', { labelIds: ['SPAM'] });
    await world.push();
    expect(await world.received()).toEqual([]);
    for (let i = 0; i < 2; i++) {
      label(id, ['INBOX'], ['SPAM']);
      await world.push();
      label(id, ['SPAM'], ['INBOX']);
      await world.push();
    }
    expect(await world.received()).toEqual([id]);
    expect(world.onBus()).toHaveLength(1);
  });

  test('a message that is archived and brought back is delivered once', async () => {
    const id = world.arrive();
    await world.push();
    label(id, [], ['INBOX']);
    label(id, ['INBOX']);
    await world.push();
    expect(await world.received()).toEqual([id]);
    expect(world.fetched()).toEqual([id]);
  });
});

describe('a message that is gone', () => {
  test('is skipped, and the others are delivered', async () => {
    const [gone, there] = [world.arrive(), world.arrive()];
    world.gmail.deleteMessage(ann, gone);
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([there]);
    expect((await world.record()).counters).toMatchObject({ delivered: 1, skipped: 1 });
    expect(world.lines).toContainEqual(
      expect.objectContaining({ message: 'message skipped', gmailMessageId: gone, skipReason: 'deletedMeanwhile' }),
    );
  });
});

describe('order and numbers', () => {
  test('events come by the time of arrival, and are numbered without a gap over passes', async () => {
    const nowMs = world.clock.nowMs;
    const late = world.arrive('', { dateMs: nowMs - 1_000 });
    const early = world.arrive('', { dateMs: nowMs - 60_000 });
    await world.push();
    const next = world.arrive();
    await world.push();
    expect(await world.received()).toEqual([early, late, next]);
    expect(await sequences()).toEqual([1, 2, 3]);
    expect(world.onBus().map(({ data }) => data.messageId)).toEqual([early, late, next]);
  });

  test('a long history is read page by page in chunks, each message fetched once, the checkpoint following', async () => {
    await start({ settings: { chunkSize: 4 }, gmail: { pageSizeLimit: 10, emptyHistoryPages: true } });
    const ids = Array.from({ length: 37 }, () => world.arrive());
    const checkpoints: bigint[] = [];
    world.after = async (io) =>
      io === 'store.commit' && checkpoints.push(BigInt((await world.record()).checkpoint ?? 0));
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual(ids);
    expect(await sequences()).toEqual(ids.map((_, index) => index + 1));
    expect(world.fetched().sort()).toEqual(ids);
    expect(checkpoints).toEqual([...checkpoints].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(checkpoints).size).toBeGreaterThan(9);
    expect((await world.record()).checkpoint).toBe(world.historyId());
  });

  test('what arrives while pages are read waits for the next listing and is not skipped', async () => {
    await start({ settings: { chunkSize: 2 }, gmail: { pageSizeLimit: 2 } });
    const ids = Array.from({ length: 6 }, () => world.arrive());
    let late = '';
    world.after = (io) => {
      if (io !== 'gmail.listHistory' || late) return;
      late = world.arrive();
    };
    await world.push({ historyId: world.historyId() });
    mend();
    await world.push();
    expect(await world.received()).toEqual([...ids, late]);
  });

  test('a batch of large events is split below what one commit takes, and nothing is published twice', async () => {
    await start({ settings: { chunkSize: 46 } });
    // Each becomes an event of nearly 240 KB, which has the text and what is new in it.
    const ids = Array.from({ length: 46 }, () => world.arrive('x'.repeat(118_000)));
    const commits: number[] = [];
    const commit = world.memory.commit.bind(world.memory);
    world.memory.commit = (writes) => {
      commits.push(JSON.stringify(writes).length);
      return commit(writes);
    };
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual(ids);
    expect(await sequences()).toEqual(ids.map((_, index) => index + 1));
    expect(world.onBus().map(({ id }) => id)).toEqual((await world.events()).map(({ id }) => id));
    expect(Math.max(...commits)).toBeLessThan(maxCommitBytes);
    expect(await world.record()).toMatchObject({ counters: { delivered: 46 }, partial: false });
  });
});

describe('events that are on record already', () => {
  test('by another way in are dropped from the commit, without a gap in the numbers', async () => {
    const { checkpoint } = await world.record();
    const first = world.arrive();
    await world.push();
    // As if the checkpoint had been set back: history names the first message as new once more.
    await world.change({ checkpoint, handledHistoryId: null });
    const second = world.arrive();
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([first, second]);
    expect(await sequences()).toEqual([1, 2]);
    expect(world.onBus().map(({ data }) => data.messageId)).toEqual([first, second]);
    expect((await world.record()).counters.delivered).toBe(2);
  });

  test('after a commit whose answer was lost are found, and published', async () => {
    const ids = [world.arrive(), world.arrive()];
    let lost = false;
    world.after = (io) => {
      if (io !== 'store.commit' || lost || world.fetched().length === 0) return;
      lost = true;
      throw new AttacheError('unavailable', 'no answer');
    };
    await expect(world.push()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual(ids);
    expect(world.onBus().map(({ data }) => data.messageId)).toEqual(ids);
    expect((await world.record()).counters.delivered).toBe(2);
  });
});

describe('a message that keeps failing', () => {
  test('does not keep back the others, is set aside after five deliveries, and the mailbox goes on', async () => {
    const [bad, good] = [world.arrive(), world.arrive()];
    unreadable(bad);
    for (let i = 1; i < 5; i++) {
      await fail();
      expect((await world.record()).attempts).toEqual({ [bad]: i });
      expect(await world.received()).toEqual([good]);
    }
    expect(await world.push()).toEqual(done);
    expect(await world.parked()).toEqual([bad]);
    expect(world.lines).toContainEqual(
      expect.objectContaining({ severity: 'ERROR', message: 'message parked', gmailMessageId: bad }),
    );
    expect(await world.record()).toMatchObject({
      attempts: {},
      partial: false,
      checkpoint: world.historyId(),
      counters: { delivered: 1, parked: 1 },
    });
    const next = world.arrive();
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([good, next]);
  });

  test('and then succeeds is delivered, in the numbers that follow', async () => {
    const [bad, good] = [world.arrive(), world.arrive()];
    unreadable(bad);
    await fail();
    mend();
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([good, bad]);
    expect(await sequences()).toEqual([1, 2]);
    expect(await world.record()).toMatchObject({ attempts: {}, counters: { delivered: 2, parked: 0 } });
  });

  test('does not come alone: several such messages are all set aside in the end', async () => {
    const bad = [world.arrive(), world.arrive(), world.arrive()];
    unreadable(...bad);
    for (let deliveries = 0; deliveries < 30 && (await world.parked()).length < 3; deliveries++) {
      await world.push().catch(() => undefined);
      world.clock.nowMs += 60_000;
    }
    expect(await world.parked()).toEqual(bad);
    expect((await world.record()).checkpoint).toBe(world.historyId());
  });

  test('that began at different times are set aside one after the other, and not for nothing', async () => {
    const first = world.arrive();
    unreadable(first);
    await fail();
    await fail();
    const second = world.arrive();
    const good = world.arrive();
    unreadable(first, second);
    for (let i = 0; i < 4; i++) await fail();
    expect(await world.parked()).toEqual([first]);
    for (let i = 0; i < 2; i++) await fail();
    expect(await world.push()).toEqual(done);
    expect(await world.parked()).toEqual([first, second]);
    expect(await world.received()).toEqual([good]);
    expect(await world.record()).toMatchObject({
      attempts: {},
      counters: { parked: 2 },
      checkpoint: world.historyId(),
    });
  });

  test('is cleared away when it succeeds while its batch waits for another', async () => {
    const [first, second] = [world.arrive(), world.arrive()];
    await world.change({ attempts: { [first]: 4, [second]: 1 } });
    const good = world.arrive();
    unreadable(first, second);
    await fail();
    expect(await world.parked()).toEqual([first]);
    unreadable(second);
    await fail();
    await fail();
    expect(await world.parked()).toEqual([]);
    expect(await world.record()).toMatchObject({ attempts: { [second]: 4 }, counters: { delivered: 2, parked: 0 } });
    expect(await world.received()).toEqual([good, first]);
  });

  test('and is named by history once more stays set aside, and is counted once', async () => {
    const bad = world.arrive();
    unreadable(bad);
    for (let i = 1; i < 5; i++) await fail();
    await world.push();
    label(bad, [], ['INBOX']);
    label(bad, ['INBOX']);
    expect(await world.push()).toEqual(done);
    expect(await world.record()).toMatchObject({ counters: { parked: 1 } });
    mend();
    label(bad, [], ['INBOX']);
    label(bad, ['INBOX']);
    expect(await world.push()).toEqual(done);
    expect(await world.received()).toEqual([bad]);
    expect(await world.parked()).toEqual([]);
    expect(await world.record()).toMatchObject({ counters: { parked: 0 } });
  });

  test('an outage of a moment sets nothing aside', async () => {
    const ids = Array.from({ length: 20 }, () => world.arrive());
    unreadable(...ids);
    for (let i = 0; i < 4; i++) await fail();
    mend();
    expect(await world.push()).toEqual(done);
    expect(await world.parked()).toEqual([]);
    expect(await world.received()).toEqual(ids);
  });
});
