import { isAttacheError, type ErrorKind } from '../../shared/domain/errors';
import {
  SERVER_TIME,
  type DocumentSnapshot,
  type DocumentStore,
  type DocumentValue,
  type Query,
  type Write,
} from '../../shared/domain/ports';

export interface ClosableDocumentStore extends DocumentStore {
  close?(): Promise<void>;
}

/** What every DocumentStore does. One store serves the whole suite; each test has a collection of its own. */
export function describeDocumentStore(name: string, makeStore: () => ClosableDocumentStore): void {
  describe(`${name} as a DocumentStore`, () => {
    let store: ClosableDocumentStore;
    let collection: string;
    let tests = 0;

    beforeAll(() => {
      store = makeStore();
    });
    beforeEach(() => {
      collection = `collection${++tests}`;
    });
    afterAll(() => store.close?.());

    const at = (id: string): string => `${collection}/${id}`;
    const write = (...writes: Write[]): Promise<string[]> => store.commit(writes);
    const set = (id: string, data: Record<string, DocumentValue | undefined>): Write => ({
      op: 'set',
      path: at(id),
      data,
    });
    const read = async (id: string): Promise<DocumentSnapshot['data'] | undefined> => (await store.get(at(id)))?.data;
    const find = async (query: Partial<Query>): Promise<string[]> =>
      (await store.query({ collection, limit: 100, ...query })).map(({ id }) => id);

    describe('reading and writing', () => {
      test('a document that was never written is undefined', async () => {
        expect(await store.get(at('nobody'))).toBeUndefined();
      });

      test('a created document is read back with its path, id and data', async () => {
        const [updateTime] = await write({ op: 'create', path: at('ana'), data: { age: 41 } });
        expect(await store.get(at('ana'))).toEqual({ path: at('ana'), id: 'ana', data: { age: 41 }, updateTime });
      });

      test('many are read in the order asked for, the same one twice if need be', async () => {
        await write(set('a', { n: 1 }), set('b', { n: 2 }));
        const snapshots = await store.getAll([at('b'), at('missing'), at('a'), at('b')]);
        expect(snapshots.map((snapshot) => snapshot?.data)).toEqual([{ n: 2 }, undefined, { n: 1 }, { n: 2 }]);
        expect(await store.getAll([])).toEqual([]);
      });

      test('creating what exists is a conflict and changes nothing', async () => {
        await write({ op: 'create', path: at('a'), data: { n: 1 } });
        await expectKind('conflict', write({ op: 'create', path: at('a'), data: { n: 2 } }));
        expect(await read('a')).toEqual({ n: 1 });
      });

      test('set replaces the whole document', async () => {
        await write(set('a', { kept: true, n: 1 }));
        await write(set('a', { n: 2 }));
        expect(await read('a')).toEqual({ n: 2 });
      });

      test('update replaces the given top-level fields whole and leaves the rest', async () => {
        await write(set('a', { kept: 1, map: { x: 1, y: 2 }, gone: 'soon', same: 3 }));
        await write({ op: 'update', path: at('a'), data: { map: { z: 3 }, gone: null, same: undefined, added: [] } });
        expect(await read('a')).toEqual({ kept: 1, map: { z: 3 }, gone: null, same: 3, added: [] });
      });

      test('an update of nothing needs the document and changes nothing', async () => {
        await expectKind('notFound', write({ op: 'update', path: at('a'), data: {} }));
        await write(set('a', { n: 1 }));
        await write({ op: 'update', path: at('a'), data: { n: undefined } });
        expect(await read('a')).toEqual({ n: 1 });
      });

      test('updating what does not exist is notFound', async () => {
        await expectKind('notFound', write({ op: 'update', path: at('a'), data: { n: 1 } }));
        expect(await read('a')).toBeUndefined();
      });

      test('a deleted document is gone, and deleting it again is fine', async () => {
        await write(set('a', { n: 1 }));
        expect(await write({ op: 'delete', path: at('a') })).toEqual(['']);
        expect(await write({ op: 'delete', path: at('a') })).toEqual(['']);
        expect(await read('a')).toBeUndefined();
      });

      test('documents below a document live without it and are not deleted with it', async () => {
        await write(set('a', { n: 1 }), { op: 'set', path: `${at('a')}/letters/one`, data: { n: 2 } });
        await write({ op: 'delete', path: at('a') });
        expect((await store.get(`${at('a')}/letters/one`))?.data).toEqual({ n: 2 });
      });

      test('undefined fields are left out, at every depth', async () => {
        await write(set('a', { n: 1, none: undefined, map: { x: 1, none: undefined }, list: [{ none: undefined }] }));
        const data = await read('a');
        expect(Object.keys(data ?? {}).sort()).toEqual(['list', 'map', 'n']);
        expect(data).toStrictEqual({ n: 1, map: { x: 1 }, list: [{}] });
      });

      test('every kind of value comes back as it was', async () => {
        const values = {
          null: null,
          yes: true,
          no: false,
          numbers: [0, -0, 1.5, -7, 2 ** 53 - 1, 2 ** 60, 1e300, NaN, Infinity, -Infinity],
          text: ['', 'Grüße, 東京 \u{1f600}', '\u0000\n'],
          lists: [{ list: [1, [2].length, { deep: ['x'] }] }],
          empty: { list: [], map: {} },
          nested: { a: { b: { c: { d: [{ e: null }] } } } },
        };
        await write(set('a', values));
        expect(await read('a')).toEqual(values);
      });

      test('field names may hold anything, a dot does not make them nested', async () => {
        const data = { 'a.b': 1, 'c`d\\e': 2, 'ä ß': { 'x.y': 3 }, '0': 4 };
        await write(set('a', data));
        expect(await read('a')).toEqual(data);
        await write({ op: 'update', path: at('a'), data: { 'a.b': 10, 'c`d\\e': SERVER_TIME, '0': null } });
        expect(await read('a')).toEqual({ 'a.b': 10, 'c`d\\e': aDate, 'ä ß': { 'x.y': 3 }, '0': null });
      });

      test('dates come back to the millisecond', async () => {
        const dates = ['2026-11-22T06:18:15.579Z', '1969-12-31T23:59:59.999Z', '0001-01-01T00:00:00.001Z'];
        await write(set('a', { dates: dates.map((text) => new Date(text)) }));
        expect(await read('a')).toEqual({ dates: dates.map((text) => new Date(text)) });
      });

      test('what the caller does to its data after the write does not reach the document', async () => {
        const list = [1];
        const date = new Date(5);
        await write(set('a', { list, date }));
        list.push(2);
        date.setTime(6);
        expect(await read('a')).toEqual({ list: [1], date: new Date(5) });
      });

      test('the server time is one moment for all documents of a commit, and does not run backwards', async () => {
        await write(set('before', {}), { op: 'update', path: at('before'), data: { at: SERVER_TIME } });
        await write(
          { op: 'create', path: at('a'), data: { n: 1, at: SERVER_TIME, again: SERVER_TIME } },
          set('b', { n: 2 }),
          { op: 'update', path: at('b'), data: { at: SERVER_TIME } },
        );
        const [before, a, b] = await Promise.all([read('before'), read('a'), read('b')]);
        expect(a).toEqual({ n: 1, at: aDate, again: a?.['at'] });
        expect(b).toEqual({ n: 2, at: a?.['at'] });
        expect(Number(a?.['at'])).toBeGreaterThanOrEqual(Number(before?.['at']));
      });
    });

    describe('versions and preconditions', () => {
      test('a commit answers with the version that a read then shows', async () => {
        const versions = await write(set('a', { n: 1 }), set('b', { n: 2 }), { op: 'delete', path: at('c') });
        const snapshots = await store.getAll([at('a'), at('b')]);
        expect(versions).toEqual([...snapshots.map((snapshot) => snapshot?.updateTime), '']);
      });

      test('a change makes a new version, a write that changes nothing keeps the old one', async () => {
        const [first] = await write(set('a', { n: 1, map: { x: 1, y: 2 } }));
        const [second] = await write(set('a', { n: 2, map: { x: 1, y: 2 } }));
        const [third] = await write({ op: 'update', path: at('a'), data: { map: { y: 2, x: 1 } } });
        expect(second).not.toBe(first);
        expect(third).toBe(second);
      });

      test('a document that was deleted and made again has a new version', async () => {
        const [first] = await write(set('a', { n: 1 }));
        await write({ op: 'delete', path: at('a') });
        const [second] = await write(set('a', { n: 1 }));
        const [, third] = await write({ op: 'delete', path: at('a') }, set('a', { n: 1 }));
        expect(new Set([first, second, third]).size).toBe(3);
      });

      const conditional: [string, (path: string, precondition: { updateTime: string }) => Write][] = [
        ['set', (path, precondition) => ({ op: 'set', path, data: { n: 9 }, precondition })],
        ['update', (path, precondition) => ({ op: 'update', path, data: { n: 9 }, precondition })],
        ['delete', (path, precondition) => ({ op: 'delete', path, precondition })],
      ];

      test.each(conditional)('%s on the version it names succeeds', async (op, make) => {
        await write(set('a', { n: 1, m: 1 }));
        const [updateTime = ''] = await write(set('a', { n: 2, m: 2 }));
        await write(make(at('a'), { updateTime }));
        expect(await read('a')).toEqual({ set: { n: 9 }, update: { n: 9, m: 2 }, delete: undefined }[op]);
      });

      test.each(conditional)('%s on another version is preconditionFailed', async (_op, make) => {
        const [stale = ''] = await write(set('a', { n: 1 }));
        await write(set('a', { n: 2 }));
        await expectKind('preconditionFailed', write(make(at('a'), { updateTime: stale })));
        await expectKind('preconditionFailed', write(make(at('missing'), { updateTime: stale })));
        await expectKind('preconditionFailed', write(make(at('a'), { updateTime: 'no version' })));
        expect(await read('a')).toEqual({ n: 2 });
      });

      test('set and delete can demand that the document exists, or that it does not', async () => {
        await write(set('there', { n: 1 }));
        const [exists, missing] = [{ exists: true }, { exists: false }];
        const failing: Write[] = [
          { op: 'set', path: at('missing'), data: {}, precondition: exists },
          { op: 'set', path: at('there'), data: {}, precondition: missing },
          { op: 'delete', path: at('missing'), precondition: exists },
          { op: 'delete', path: at('there'), precondition: missing },
        ];
        for (const one of failing) await expectKind('preconditionFailed', write(one));
        await write(
          { op: 'set', path: at('there'), data: { n: 2 }, precondition: exists },
          { op: 'set', path: at('new'), data: { n: 3 }, precondition: missing },
          { op: 'delete', path: at('missing'), precondition: missing },
        );
        expect([await read('there'), await read('new')]).toEqual([{ n: 2 }, { n: 3 }]);
        await write({ op: 'delete', path: at('there'), precondition: exists });
        expect(await read('there')).toBeUndefined();
      });

      test('in one commit it is known which write failed: an existing create or an unmet precondition', async () => {
        await write(set('a', { n: 1 }));
        const create = (id: string): Write => ({ op: 'create', path: at(id), data: {} });
        const demand = (id: string): Write => ({ op: 'set', path: at(id), data: {}, precondition: { exists: false } });
        await expectKind('conflict', write(create('a'), demand('b')));
        await expectKind('preconditionFailed', write(create('b'), demand('a')));
      });
    });

    describe('commits', () => {
      test('all writes happen or none', async () => {
        const [stale = ''] = await write(set('a', { n: 1 }));
        await write(set('a', { n: 2 }));
        const others = [set('b', { n: 1 }), set('c', { n: 1 })];
        await expectKind('conflict', write(...others, { op: 'create', path: at('a'), data: {} }));
        await expectKind('notFound', write({ op: 'update', path: at('missing'), data: { n: 1 } }, ...others));
        await expectKind(
          'preconditionFailed',
          write(...others, { op: 'delete', path: at('a'), precondition: { updateTime: stale } }),
        );
        expect(await find({})).toEqual(['a']);
        expect(await read('a')).toEqual({ n: 2 });
      });

      test('nothing to write is nothing to answer', async () => {
        expect(await write()).toEqual([]);
      });

      test('one document may be written twice where the writes make sense after each other', async () => {
        await write(
          { op: 'create', path: at('a'), data: { n: 1 } },
          { op: 'update', path: at('a'), data: { m: 2 } },
          set('b', { n: 1 }),
          set('b', { n: 2 }),
          set('c', { n: 1 }),
          { op: 'delete', path: at('c') },
        );
        expect([await read('a'), await read('b'), await read('c')]).toEqual([{ n: 1, m: 2 }, { n: 2 }, undefined]);
        await write({ op: 'delete', path: at('a') }, { op: 'create', path: at('a'), data: { n: 3 } });
        expect(await read('a')).toEqual({ n: 3 });
      });

      test.each<[string, (path: string) => Write[]]>([
        ['created twice', (path) => ['create', 'create'].map(() => ({ op: 'create', path, data: {} }))],
        ['set and then created', (path) => [setAt(path), { op: 'create', path, data: {} }]],
        [
          'deleted and then updated',
          (path) => [
            { op: 'delete', path },
            { op: 'update', path, data: { n: 1 } },
          ],
        ],
      ])('one document cannot be %s', async (_what, make) => {
        await expectKind('invalid', write(...make(at('a'))));
      });

      test.each<[string, (collection: string) => Write]>([
        ['a document above 1 MiB', (c) => setAt(`${c}/a`, { text: 'é'.repeat(524_288) })],
        ['half a surrogate pair', (c) => setAt(`${c}/a`, { text: 'cut \ud83d' })],
        ['a list directly in a list', (c) => setAt(`${c}/a`, { list: [[1]] as readonly DocumentValue[] })],
        ['an invalid date', (c) => setAt(`${c}/a`, { date: new Date(NaN) })],
        ['a reserved field name', (c) => setAt(`${c}/a`, { __name__: 1 })],
        ['an empty field name', (c) => setAt(`${c}/a`, { '': 1 })],
        [
          '21 levels',
          (c) =>
            setAt(
              `${c}/a`,
              Array.from({ length: 21 }).reduce<Fields>((inner) => ({ inner }), {}),
            ),
        ],
        ['the path of a collection', (c) => setAt(c)],
        ['an empty id', (c) => setAt(`${c}/`)],
        ['an id of dots', (c) => setAt(`${c}/..`)],
        ['a reserved id', (c) => setAt(`${c}/__id__`)],
        ['an id above 1,500 bytes', (c) => setAt(`${c}/${'é'.repeat(751)}`)],
      ])('%s is invalid', async (_what, make) => {
        await expectKind('invalid', write(make(collection)));
      });

      test('a document of nearly 1 MiB is stored', async () => {
        const text = 'é'.repeat(524_000);
        await write(set('a', { text }));
        expect(await read('a')).toEqual({ text });
      });
    });

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
            await store.commit([{ op: 'create', path: at(id), data: { x, y } }]);
          }
          await store.commit([{ op: 'create', path: at('f'), data: { x: 1 } }]);
          const ordered = ['c', 'b', 'a', 'd', 'e'];
          const pages = await readPages({ collection, orderBy: { field: 'x', thenBy: 'y', direction }, limit: 2 });
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
        await expectKind('invalid', store.query({ ...query(), ...partial }));
      });

      function query(): Query {
        return { collection, limit: 100 };
      }

      async function readPages(first: Query): Promise<string[][]> {
        const pages: string[][] = [];
        let startAfter: Query['startAfter'];
        do {
          const page = await store.query({ ...first, ...(startAfter && { startAfter }) });
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

    describe('transactions', () => {
      test('what was read and what is written belong together, and the result comes back', async () => {
        await write(set('a', { n: 1 }), set('b', { n: 2 }));
        const sum = await store.runTransaction(async (transaction) => {
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
        await store.runTransaction(async (transaction) => transaction.write(set('a', { n: 1 })));
        expect(await read('a')).toEqual({ n: 1 });
      });

      test('reads without a write leave everything as it was', async () => {
        const [version] = await write(set('a', { n: 1 }));
        const found = await store.runTransaction((transaction) => transaction.query({ collection, limit: 5 }));
        expect(found).toEqual([{ path: at('a'), id: 'a', data: { n: 1 }, updateTime: version }]);
        expect((await store.get(at('a')))?.updateTime).toBe(version);
      });

      test('when the callback throws, its error comes through and nothing is written', async () => {
        const reason = new Error('changed my mind');
        const attempt = store.runTransaction(async (transaction) => {
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
          store.runTransaction(async (transaction) => {
            await transaction.get(at('a'));
            transaction.write(set('b', {}));
            transaction.write(failing);
          });
        await expectKind('conflict', run({ op: 'create', path: at('a'), data: {} }));
        await expectKind('notFound', run({ op: 'update', path: at('missing'), data: { n: 1 } }));
        await expectKind('preconditionFailed', run({ ...setAt(at('a')), precondition: { updateTime: 'other' } }));
        await expectKind('preconditionFailed', run({ ...setAt(at('a')), precondition: { exists: false } }));
        await expectKind('invalid', run(setAt(collection)));
        expect(await read('b')).toBeUndefined();
      });

      test('a read after a write is a bug', async () => {
        const attempt = store.runTransaction(async (transaction) => {
          transaction.write(set('a', {}));
          await transaction.get(at('a'));
        });
        await expectKind('bug', attempt);
      });

      test('twenty increments at once lose none', async () => {
        await write(set('counter', { n: 0 }));
        const increment = (): Promise<void> =>
          store.runTransaction(async (transaction) => {
            const counter = await transaction.get(at('counter'));
            transaction.write({ op: 'update', path: at('counter'), data: { n: Number(counter?.data['n']) + 1 } });
          });
        await Promise.all(Array.from({ length: 20 }, () => untilDone(increment, 'unavailable')));
        expect(await read('counter')).toEqual({ n: 20 });
      }, 300_000);

      test('twenty compare-and-sets at once lose none', async () => {
        await write(set('counter', { n: 0 }));
        const increment = async (): Promise<void> => {
          const counter = await store.get(at('counter'));
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
          store.runTransaction(async (transaction) => {
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
          store.runTransaction(async (transaction) => {
            const taken = await transaction.query({
              collection,
              where: [{ field: 'slot', op: '==', value: 9 }],
              limit: 1,
            });
            if (taken.length === 0) transaction.write({ op: 'create', path: at(id), data: { slot: 9 } });
          });
        await Promise.all(['a', 'b', 'c', 'd'].map((id) => untilDone(() => book(id), 'unavailable')));
        expect(await find({})).toHaveLength(1);
      }, 300_000);
    });
  });
}

type Fields = Record<string, DocumentValue>;

const aDate: unknown = expect.any(Date);

function setAt(path: string, data: Fields = {}): Write & { readonly op: 'set' } {
  return { op: 'set', path, data };
}

async function expectKind(kind: ErrorKind, attempt: Promise<unknown>): Promise<void> {
  await expect(attempt).rejects.toMatchObject({ name: 'AttacheError', kind });
}

/** Repeats what contention has stopped, as every caller has to. */
async function untilDone(operation: () => Promise<void>, ...retried: ErrorKind[]): Promise<void> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!isAttacheError(error, ...retried)) throw error;
    }
  }
}
