import { SERVER_TIME, type Write } from '../../shared/domain/ports';
import { aDate, expectKind, setAt, untilDone, type StoreSuite } from './store-suite';

/** Transactions, alone and against each other. */
export function describeDocumentTransactions(suite: StoreSuite): void {
  const { at, write, set, read, find } = suite;

  describe('transactions', () => {
    test('what was read and what is written belong together, and the result comes back', async () => {
      await write(set('a', { n: 1 }), set('b', { n: 2 }));
      const sum = await suite.store.runTransaction(async (transaction) => {
        const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((id) => transaction.get(at(id))));
        const total = Number(a?.data['n']) + Number(b?.data['n']);
        transaction.write({ op: 'create', path: at('sum'), data: { total, at: SERVER_TIME } });
        transaction.write({ op: 'delete', path: at('a') });
        return c === undefined ? total : NaN;
      });
      expect(sum).toBe(3);
      expect(await read('sum')).toEqual({ total: 3, at: aDate });
      expect(await read('a')).toBeUndefined();
    });

    test('writes without a read are a commit', async () => {
      await suite.store.runTransaction(async (transaction) => transaction.write(set('a', { n: 1 })));
      expect(await read('a')).toEqual({ n: 1 });
    });

    test('reads without a write leave everything as it was', async () => {
      const [version] = await write(set('a', { n: 1 }));
      const found = await suite.store.runTransaction((transaction) =>
        transaction.query({ collection: suite.collection, limit: 5 }),
      );
      expect(found).toEqual([{ path: at('a'), id: 'a', data: { n: 1 }, updateTime: version }]);
      expect((await suite.store.get(at('a')))?.updateTime).toBe(version);
    });

    test('when the callback throws, its error comes through and nothing is written', async () => {
      const reason = new Error('changed my mind');
      const attempt = suite.store.runTransaction(async (transaction) => {
        await transaction.get(at('a'));
        transaction.write(set('a', { n: 1 }));
        throw reason;
      });
      await expect(attempt).rejects.toBe(reason);
      expect(await read('a')).toBeUndefined();
    });

    test('failed writes fail with the kind they have in a commit', async () => {
      await write(set('a', { n: 1 }));
      const run = (failing: Write): Promise<void> =>
        suite.store.runTransaction(async (transaction) => {
          await transaction.get(at('a'));
          transaction.write(set('b', {}));
          transaction.write(failing);
        });
      await expectKind('conflict', run({ op: 'create', path: at('a'), data: {} }));
      await expectKind('notFound', run({ op: 'update', path: at('missing'), data: { n: 1 } }));
      await expectKind('preconditionFailed', run({ ...setAt(at('a')), precondition: { updateTime: 'other' } }));
      await expectKind('preconditionFailed', run({ ...setAt(at('a')), precondition: { exists: false } }));
      await expectKind('invalid', run(setAt(suite.collection)));
      expect(await read('b')).toBeUndefined();
    });

    test('a read after a write is a bug', async () => {
      const attempt = suite.store.runTransaction(async (transaction) => {
        transaction.write(set('a', {}));
        await transaction.get(at('a'));
      });
      await expectKind('bug', attempt);
    });

    test('twenty increments at once lose none', async () => {
      await write(set('counter', { n: 0 }));
      const increment = (): Promise<void> =>
        suite.store.runTransaction(async (transaction) => {
          const counter = await transaction.get(at('counter'));
          transaction.write({ op: 'update', path: at('counter'), data: { n: Number(counter?.data['n']) + 1 } });
        });
      await Promise.all(Array.from({ length: 20 }, () => untilDone(increment, 'unavailable')));
      expect(await read('counter')).toEqual({ n: 20 });
    }, 300_000);

    test('twenty compare-and-sets at once lose none', async () => {
      await write(set('counter', { n: 0 }));
      const increment = async (): Promise<void> => {
        const counter = await suite.store.get(at('counter'));
        const precondition = { updateTime: counter?.updateTime ?? '' };
        const data = { n: Number(counter?.data['n']) + 1 };
        await write({ op: 'update', path: at('counter'), data, precondition });
      };
      const attempts = Array.from({ length: 20 }, () => untilDone(increment, 'unavailable', 'preconditionFailed'));
      await Promise.all(attempts);
      expect(await read('counter')).toEqual({ n: 20 });
    }, 300_000);

    test('of twenty creates at once one succeeds', async () => {
      const attempts = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => write({ op: 'create', path: at('lock'), data: { n } })),
      );
      const winners = attempts.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
      expect(winners).toHaveLength(1);
      expect(await read('lock')).toEqual({ n: winners[0] });
    }, 300_000);

    test('two that each read what the other writes do not both go by the old state', async () => {
      await write(set('ana', { onCall: true }), set('bo', { onCall: true }));
      const signOff = (self: string, other: string): Promise<void> =>
        suite.store.runTransaction(async (transaction) => {
          const [, colleague] = await Promise.all([transaction.get(at(self)), transaction.get(at(other))]);
          if (colleague?.data['onCall'] === true)
            transaction.write({ op: 'update', path: at(self), data: { onCall: false } });
        });
      await Promise.all([
        untilDone(() => signOff('ana', 'bo'), 'unavailable'),
        untilDone(() => signOff('bo', 'ana'), 'unavailable'),
      ]);
      const onCall = [await read('ana'), await read('bo')].filter((data) => data?.['onCall'] === true);
      expect(onCall).toHaveLength(1);
    }, 300_000);

    test('what appears in a query meanwhile counts as changed', async () => {
      const book = (id: string): Promise<void> =>
        suite.store.runTransaction(async (transaction) => {
          const taken = await transaction.query({
            collection: suite.collection,
            where: [{ field: 'slot', op: '==', value: 9 }],
            limit: 1,
          });
          if (taken.length === 0) transaction.write({ op: 'create', path: at(id), data: { slot: 9 } });
        });
      await Promise.all(['a', 'b', 'c', 'd'].map((id) => untilDone(() => book(id), 'unavailable')));
      expect(await find({})).toHaveLength(1);
    }, 300_000);
  });
}
