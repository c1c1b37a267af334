import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { protobuf } from 'google-gax';
import { firestoreMethods } from './leaner-google';
import { reachableProtos } from './reachable-protos';

const string = { type: 'string', id: 1 };
const api = {
  nested: {
    library: {
      nested: {
        Library: {
          methods: {
            Read: { requestType: 'Shelf.Place', responseType: 'Book' },
            Burn: { requestType: 'Match', responseType: 'Book' },
          },
        },
        Shelf: {
          fields: { lamp: { type: 'Match', id: 1 } },
          nested: { Place: { fields: { row: string } }, Other: { fields: { row: string } } },
        },
        Book: {
          fields: { pages: { keyType: 'string', type: 'Page', id: 1 }, next: { type: 'Book', id: 2 } },
        },
        Page: { fields: { colour: { type: 'paint.Colour', id: 1 } } },
        Match: { fields: { colour: { type: 'paint.Colour', id: 1 } } },
      },
    },
    paint: { nested: { Colour: { values: { RED: 0 } }, Brush: { fields: { width: string } } } },
    unrelated: { nested: { Thing: { fields: { name: string } } } },
  },
};

test('what a method takes and answers stays, through nested types, maps, enums and other packages', () => {
  const root = protobuf.Root.fromJSON(reachableProtos(api, 'library.Library', ['Read']));
  const names: string[] = [];
  const list = ({ nestedArray }: protobuf.NamespaceBase): void => {
    for (const one of nestedArray) {
      names.push(one.fullName);
      if (one instanceof protobuf.Namespace) list(one);
    }
  };
  list(root);
  expect(names.sort()).toEqual([
    '.library',
    '.library.Book',
    '.library.Library',
    '.library.Match',
    '.library.Page',
    '.library.Shelf',
    '.library.Shelf.Place',
    '.paint',
    '.paint.Colour',
  ]);
  expect(Object.keys(root.lookupService('library.Library').methods)).toEqual(['Read']);
  expect(() => root.resolveAll()).not.toThrow();
});

test('a method that is not there is named', () => {
  expect(() => reachableProtos(api, 'library.Library', ['Read', 'Lend'])).toThrow('library.Library has no Lend.');
});

test('every method of Firestore that is called is among those whose messages are built in', async () => {
  const store = join(__dirname, '../shared/store');
  const files = (await readdir(store)).filter((file) => file.startsWith('firestore') && !file.includes('.test.'));
  const source = (await Promise.all(files.map((file) => readFile(join(store, file), 'utf8')))).join('\n');
  const called = [...source.matchAll(/\bclient\.(\w+)\(/g)].map(([, name = '']) => name);
  const own = ['initialize', 'close'];
  const names = [...new Set(called)].filter((name) => !own.includes(name));
  expect(names.map((name) => name.charAt(0).toUpperCase() + name.slice(1)).sort()).toEqual(
    [...firestoreMethods].sort(),
  );
});
