import { SERVER_TIME } from '../../shared/domain/ports';
import { aDate, expectKind, type StoreSuite } from './store-suite';

/** Single documents: what is read back of what was written. */
export function describeDocumentWrites(suite: StoreSuite): void {
  const { at, write, set, read } = suite;

  describe('reading and writing', () => {
    test('a document that was never written is undefined', async () => {
      expect(await suite.store.get(at('nobody'))).toBeUndefined();
    });

    test('a created document is read back with its path, id and data', async () => {
      const [updateTime] = await write({ op: 'create', path: at('ana'), data: { age: 41 } });
      expect(await suite.store.get(at('ana'))).toEqual({ path: at('ana'), id: 'ana', data: { age: 41 }, updateTime });
    });

    test('many are read in the order asked for, the same one twice if need be', async () => {
      await write(set('a', { n: 1 }), set('b', { n: 2 }));
      const snapshots = await suite.store.getAll([at('b'), at('missing'), at('a'), at('b')]);
      expect(snapshots.map((snapshot) => snapshot?.data)).toEqual([{ n: 2 }, undefined, { n: 1 }, { n: 2 }]);
      expect(await suite.store.getAll([])).toEqual([]);
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
      expect((await suite.store.get(`${at('a')}/letters/one`))?.data).toEqual({ n: 2 });
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
}
