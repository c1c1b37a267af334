import { createMemoryStore } from './memory';

const increment = (n: unknown): { n: number } => ({ n: Number(n) + 1 });

describe('the memory store', () => {
  test('after five tries that lost to others a transaction is unavailable, and has written nothing', async () => {
    const store = createMemoryStore({ now: () => 0 });
    await store.commit([{ op: 'set', path: 'c/a', data: { n: 0 } }]);
    let tries = 0;
    const attempt = store.runTransaction(async (transaction) => {
      tries++;
      const seen = await transaction.get('c/a');
      await store.commit([{ op: 'update', path: 'c/a', data: increment(seen?.data['n']) }]);
      transaction.write({ op: 'create', path: 'c/b', data: {} });
    });
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable', code: 'contention' });
    expect(tries).toBe(5);
    expect((await store.get('c/a'))?.data).toEqual({ n: 5 });
    expect(await store.get('c/b')).toBeUndefined();
  });

  test('a transaction that fails on what no longer holds is tried again instead', async () => {
    const store = createMemoryStore({ now: () => 0 });
    await store.commit(['c/a', 'c/b'].map((path) => ({ op: 'set', path, data: { n: 0 } })));
    let tries = 0;
    const difference = await store.runTransaction(async (transaction) => {
      const a = await transaction.get('c/a');
      if (++tries === 1) await store.commit(['c/a', 'c/b'].map((path) => ({ op: 'set', path, data: { n: 1 } })));
      const b = await transaction.get('c/b');
      if (a?.data['n'] !== b?.data['n']) throw new Error('a and b are always equal');
      return Number(a?.data['n']) - Number(b?.data['n']);
    });
    expect([difference, tries]).toEqual([0, 2]);
  });

  test('a transaction that only reads sees one state', async () => {
    const store = createMemoryStore({ now: () => 0 });
    await store.commit([{ op: 'set', path: 'c/a', data: { n: 0 } }]);
    let tries = 0;
    const seen = await store.runTransaction(async (transaction) => {
      const before = await transaction.query({ collection: 'c', limit: 10 });
      if (++tries === 1) await store.commit([{ op: 'create', path: 'c/b', data: { n: 0 } }]);
      const after = await transaction.query({ collection: 'c', limit: 10 });
      return [before.length, after.length];
    });
    expect(seen).toEqual([2, 2]);
  });

  test('everything settles in microtasks', async () => {
    const store = createMemoryStore({ now: () => 0 });
    let isDone = false;
    void store
      .runTransaction(async (transaction) => {
        await transaction.get('c/a');
        transaction.write({ op: 'create', path: 'c/a', data: {} });
      })
      .then(() => store.query({ collection: 'c', limit: 1 }))
      .then(() => (isDone = true));
    await new Promise((resolve) => process.nextTick(resolve));
    for (let turns = 0; turns < 100; turns++) await Promise.resolve();
    expect(isDone).toBe(true);
  });

  test('the same calls give the same versions and times', async () => {
    const play = async (): Promise<unknown> => {
      let nowMs = 1_000;
      const store = createMemoryStore({ now: () => (nowMs += 7) });
      const versions = await store.commit(['a', 'b'].map((id) => ({ op: 'create', path: `c/${id}`, data: { id } })));
      return [versions, await store.query({ collection: 'c', limit: 9 })];
    };
    expect(await play()).toEqual(await play());
  });

  test('a read hands out the stored document itself, so that it costs nothing', async () => {
    const store = createMemoryStore({ now: () => 0 });
    await store.commit([{ op: 'set', path: 'c/a', data: { list: [1] } }]);
    expect(await store.get('c/a')).toBe(await store.get('c/a'));
  });
});
