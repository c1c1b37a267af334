import { isAttacheError, type ErrorKind } from '../../shared/domain/errors';
import type { DocumentSnapshot, DocumentStore, DocumentValue, Query, Write } from '../../shared/domain/ports';

export interface ClosableDocumentStore extends DocumentStore {
  close?(): Promise<void>;
}

export type Fields = Record<string, DocumentValue>;

/** The store under test and the running test's collection of it. */
export type StoreSuite = ReturnType<typeof storeSuite>;

/** One store serves the whole suite; each test has a collection of its own. */
export function storeSuite(makeStore: () => ClosableDocumentStore) {
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
  return {
    get store(): DocumentStore {
      return store;
    },
    get collection(): string {
      return collection;
    },
    at,
    write: (...writes: Write[]): Promise<string[]> => store.commit(writes),
    set: (id: string, data: Record<string, DocumentValue | undefined>): Write => ({ op: 'set', path: at(id), data }),
    read: async (id: string): Promise<DocumentSnapshot['data'] | undefined> => (await store.get(at(id)))?.data,
    find: async (query: Partial<Query>): Promise<string[]> =>
      (await store.query({ collection, limit: 100, ...query })).map(({ id }) => id),
  };
}

export const aDate: unknown = expect.any(Date);

export function setAt(path: string, data: Fields = {}): Write & { readonly op: 'set' } {
  return { op: 'set', path, data };
}

export async function expectKind(kind: ErrorKind, attempt: Promise<unknown>): Promise<void> {
  await expect(attempt).rejects.toMatchObject({ name: 'AttacheError', kind });
}

/** Repeats what contention has stopped, as every caller has to. */
export async function untilDone(operation: () => Promise<void>, ...retried: ErrorKind[]): Promise<void> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!isAttacheError(error, ...retried)) throw error;
    }
  }
}
