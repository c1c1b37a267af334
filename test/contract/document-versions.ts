import type { DocumentValue, Write } from '../../shared/domain/ports';
import { expectKind, type Fields, setAt, type StoreSuite } from './store-suite';

/** Versions, preconditions, and commits of many writes. */
export function describeDocumentVersions(suite: StoreSuite): void {
  const { at, write, set, read, find } = suite;

  describe('versions and preconditions', () => {
    test('a commit answers with the version that a read then shows', async () => {
      const versions = await write(set('a', { n: 1 }), set('b', { n: 2 }), { op: 'delete', path: at('c') });
      const snapshots = await suite.store.getAll([at('a'), at('b')]);
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
      await expectKind('invalid', write(make(suite.collection)));
    });

    test('a document of nearly 1 MiB is stored', async () => {
      const text = 'é'.repeat(524_000);
      await write(set('a', { text }));
      expect(await read('a')).toEqual({ text });
    });
  });
}
