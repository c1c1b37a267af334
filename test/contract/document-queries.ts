import { SERVER_TIME, type DocumentValue, type Query, type Write } from '../../shared/domain/ports';
import { expectKind, type StoreSuite } from './store-suite';

/** Conditions, orders, pages. */
export function describeDocumentQueries(suite: StoreSuite): void {
  const { at, write, set, find } = suite;

  describe('queries', () => {
    const typed: Record<string, Record<string, DocumentValue>> = {
      absent: { other: 1 },
      nothing: { x: null },
      no: { x: false },
      yes: { x: true },
      nan: { x: NaN },
      minus: { x: -1.5 },
      zeroA: { x: 0 },
      zeroB: { x: -0 },
      one: { x: 1 },
      two: { x: 2 },
      date: { x: new Date(5) },
      dateLater: { x: new Date(6) },
      textEmpty: { x: '' },
      textUpper: { x: 'B' },
      textLower: { x: 'a' },
      textBmp: { x: '\ufffd' },
      textAstral: { x: '\u{1f600}' },
      listEmpty: { x: [] },
      listNull: { x: [null, 'a'] },
      listNumbers: { x: [1, 2] },
      mapEmpty: { x: {} },
      mapA: { x: { a: 1 } },
      mapAB: { x: { a: 1, b: 1 } },
      mapB: { x: { b: 0 } },
    };
    const ordered = Object.keys(typed).filter((id) => id !== 'absent');
    const byX = { orderBy: { field: 'x', direction: 'asc' } } as const;
    const writeTyped = (): Promise<string[]> => write(...Object.entries(typed).map(([id, data]) => set(id, data)));

    test('values are ordered by type, then by value, and a document without the field is left out', async () => {
      await writeTyped();
      expect(await find(byX)).toEqual(ordered);
    });

    test('descending is the same the other way round, ties included', async () => {
      await writeTyped();
      expect(await find({ orderBy: { field: 'x', direction: 'desc' } })).toEqual([...ordered].reverse());
    });

    test.each<[NonNullable<Query['where']>[number]['op'], DocumentValue, string[]]>([
      ['==', null, ['nothing']],
      ['==', NaN, ['nan']],
      ['==', 0, ['zeroA', 'zeroB']],
      ['==', true, ['yes']],
      ['==', new Date(5), ['date']],
      ['==', [1, 2], ['listNumbers']],
      ['==', { b: 1, a: 1 }, ['mapAB']],
      ['==', '1', []],
      ['<', 1, ['minus', 'zeroA', 'zeroB']],
      ['<=', 1, ['minus', 'zeroA', 'zeroB', 'one']],
      ['>', 0, ['one', 'two']],
      ['>=', 0, ['zeroA', 'zeroB', 'one', 'two']],
      ['>', new Date(5), ['dateLater']],
      ['<=', new Date(5), ['date']],
      ['>=', 'a', ['textLower', 'textBmp', 'textAstral']],
      ['<', 'a', ['textEmpty', 'textUpper']],
      ['>=', false, ['no', 'yes']],
      ['>', [], ['listNull', 'listNumbers']],
      ['<', { a: 2 }, ['mapEmpty', 'mapA', 'mapAB']],
      ['in', [2, 'a', true, [], 7], ['yes', 'two', 'textLower', 'listEmpty']],
      ['array-contains', 2, ['listNumbers']],
      ['array-contains', 'a', ['listNull']],
    ])('x %s %j matches values of that type only', async (op, value, expected) => {
      await writeTyped();
      expect(await find({ where: [{ field: 'x', op, value }], ...byX })).toEqual(expected);
    });

    test('without an order documents come by the bytes of their ids', async () => {
      const ids = ['10', '2', 'B', 'a', 'é', '\ufffd', '\u{1f600}'];
      await write(...[...ids].reverse().map((id) => set(id, {})));
      expect(await find({})).toEqual(ids);
      expect(await find({ limit: 3 })).toEqual(['10', '2', 'B']);
      expect(await find({ startAfter: { id: 'a' } })).toEqual(['é', '\ufffd', '\u{1f600}']);
      expect(await find({ startAfter: { id: 'aa' }, limit: 1 })).toEqual(['é']);
    });

    test.each(['asc', 'desc'] as const)(
      'pages %s neither skip nor repeat where values are equal',
      async (direction) => {
        const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
        await write(...ids.map((id, i) => set(id, { x: i < 2 ? null : i < 6 ? 1 : 'text' })));
        const pages = await readPages({ ...query(), orderBy: { field: 'x', direction }, limit: 3 });
        expect(pages.map((page) => page.length)).toEqual([3, 3, 2]);
        expect(pages.flat()).toEqual(direction === 'asc' ? ids : ids.reverse());
      },
    );

    test('pages by server time neither skip nor repeat, the position being a Date', async () => {
      const created = [];
      for (let i = 0; i < 9; i += i % 3 === 0 ? 1 : 2) {
        // Single documents and pairs of one commit, which have the same time, in turn.
        const ids = i % 3 === 0 ? [`${i}`] : [`${i}`, `${i + 1}`];
        await write(...ids.map((id): Write => ({ op: 'create', path: at(id), data: { at: SERVER_TIME } })));
        created.push(...ids);
      }
      const pages = await readPages({ ...query(), orderBy: { field: 'at', direction: 'asc' }, limit: 2 });
      expect(pages.flat()).toEqual(created);
    });

    test.each(['asc', 'desc'] as const)(
      'orders %s by a second field where the first is equal, page by page',
      async (direction) => {
        for (const [id, x, y] of [
          ['a', 1, 2],
          ['b', 1, 1],
          ['c', 0, 9],
          ['d', 1, 2],
          ['e', 2, 0],
        ] as const) {
          await suite.store.commit([{ op: 'create', path: at(id), data: { x, y } }]);
        }
        await suite.store.commit([{ op: 'create', path: at('f'), data: { x: 1 } }]);
        const ordered = ['c', 'b', 'a', 'd', 'e'];
        const pages = await readPages({
          collection: suite.collection,
          orderBy: { field: 'x', thenBy: 'y', direction },
          limit: 2,
        });
        expect(pages.flat()).toEqual(direction === 'asc' ? ordered : ordered.reverse());
      },
    );

    test('conditions hold together, and a range with its order and cursor', async () => {
      const kinds = ['mail', 'task'];
      await write(...Array.from({ length: 12 }, (_, i) => set(`d${i + 10}`, { n: i, kind: kinds[i % 2] ?? '' })));
      const where: Query['where'] = [
        { field: 'kind', op: '==', value: 'task' },
        { field: 'n', op: '>', value: 1 },
        { field: 'n', op: '<', value: 10 },
      ];
      const orderBy = { field: 'n', direction: 'desc' } as const;
      expect(await find({ where, orderBy })).toEqual(['d19', 'd17', 'd15', 'd13']);
      expect(await find({ where, orderBy, startAfter: { value: 7, id: 'd17' }, limit: 1 })).toEqual(['d15']);
    });

    test('a dot in a condition leads into a map', async () => {
      await write(set('a', { lease: { until: 1 } }), set('b', { lease: { until: 2 } }), set('c', { lease: 2 }));
      expect(await find({ where: [{ field: 'lease.until', op: '==', value: 2 }] })).toEqual(['b']);
      expect(await find({ orderBy: { field: 'lease.until', direction: 'desc' } })).toEqual(['b', 'a']);
    });

    test('a collection below a document is a collection of its own', async () => {
      await write({ op: 'set', path: `${at('a')}/letters/one`, data: {} }, set('b', {}));
      expect(await find({ collection: `${at('a')}/letters` })).toEqual(['one']);
      expect(await find({})).toEqual(['b']);
    });

    test('an empty collection has no documents', async () => {
      expect(await find({})).toEqual([]);
    });

    const range = { field: 'x', op: '>', value: 1 } as const;
    test.each<[string, Partial<Query>]>([
      ['no limit', { limit: 0 }],
      ['a range without its order', { where: [range] }],
      ['a range with the order of another field', { where: [range], orderBy: { field: 'y', direction: 'asc' } }],
      ['a range of null', { where: [{ ...range, value: null }], ...byX }],
      ['null in a list of alternatives', { where: [{ field: 'x', op: 'in', value: [null, 1] }] }],
      ['no alternative', { where: [{ field: 'x', op: 'in', value: [] }] }],
      ['31 alternatives', { where: [{ field: 'x', op: 'in', value: Array.from({ length: 31 }, (_, i) => i) }] }],
      ['two array-contains', { where: [1, 2].map((value) => ({ field: 'x', op: 'array-contains', value })) }],
      ['a position without a value in an order', { ...byX, startAfter: { id: 'a' } }],
      ['a position without an id', { startAfter: { id: '' } }],
      ['the path of a document', { collection: 'collection/id' }],
    ])('%s is invalid', async (_what, partial) => {
      await expectKind('invalid', suite.store.query({ ...query(), ...partial }));
    });

    function query(): Query {
      return { collection: suite.collection, limit: 100 };
    }

    async function readPages(first: Query): Promise<string[][]> {
      const pages: string[][] = [];
      let startAfter: Query['startAfter'];
      do {
        const page = await suite.store.query({ ...first, ...(startAfter && { startAfter }) });
        pages.push(page.map(({ id }) => id));
        const last = page.length === first.limit ? page.at(-1) : undefined;
        const thenBy = first.orderBy?.thenBy;
        startAfter = last && {
          value: last.data[first.orderBy?.field ?? ''] ?? null,
          ...(thenBy !== undefined && { thenValue: last.data[thenBy] ?? null }),
          id: last.id,
        };
      } while (startAfter);
      return pages;
    }
  });
}
