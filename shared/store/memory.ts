import { AttacheError } from '../domain/errors';
import {
  SERVER_TIME,
  type DocumentData,
  type DocumentSnapshot,
  type DocumentStore,
  type DocumentValue,
  type Query,
  type Transaction,
  type Write,
  type WriteData,
} from '../domain/ports';
import { checkDocumentPath, checkQuery, checkWrites } from './document-rules';
import { runQuery } from './memory-query';
import { sameValue } from './value-order';

/**
 * A DocumentStore in memory with Firestore's semantics, for the local stack and for simulation: deterministic (versions
 * come from a counter and `now`, epoch milliseconds), settling in microtasks only, and reads cost nothing, because stored
 * snapshots are never changed, only replaced.
 */
export function createMemoryStore({ now }: { readonly now: () => number }): DocumentStore {
  const collections = new Map<string, Map<string, DocumentSnapshot>>();
  let commits = 0;

  function read(path: string): DocumentSnapshot | undefined {
    const slash = path.lastIndexOf('/');
    const found = collections.get(path.slice(0, slash))?.get(path.slice(slash + 1));
    // What is stored was checked when it was written.
    if (!found) checkDocumentPath(path);
    return found;
  }

  function find(query: Query): DocumentSnapshot[] {
    checkQuery(query);
    return runQuery(collections.get(query.collection)?.values() ?? [], query);
  }

  function put(path: string, snapshot: DocumentSnapshot | undefined): void {
    const slash = path.lastIndexOf('/');
    const [collection, id] = [path.slice(0, slash), path.slice(slash + 1)];
    const documents = collections.get(collection) ?? new Map<string, DocumentSnapshot>();
    collections.set(collection, documents);
    if (snapshot) documents.set(id, snapshot);
    else documents.delete(id);
  }

  function apply(writes: readonly Write[]): string[] {
    checkWrites(writes);
    const time = new Date(now());
    const commit: Commit = { time, updateTime: `${time.getTime()}.${++commits}` };
    const staged = new Map<string, DocumentSnapshot | undefined>();
    for (const write of writes) {
      const stored = read(write.path);
      const current = staged.has(write.path) ? staged.get(write.path) : stored;
      checkPrecondition(write, stored, current);
      staged.set(write.path, written(write, current, commit));
    }
    for (const [path, snapshot] of staged) put(path, snapshot);
    return writes.map(({ path }) => staged.get(path)?.updateTime ?? '');
  }

  return {
    async get(path) {
      return read(path);
    },

    async getAll(paths) {
      return paths.map(read);
    },

    async query(query) {
      return find(query);
    },

    async commit(writes) {
      return apply(writes);
    },

    async runTransaction<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
      for (let attempt = 1; attempt <= maxAttempts; attempt++) {
        const writes: Write[] = [];
        const reads: (() => boolean)[] = [];
        const isSerializable = (): boolean => reads.every((stillHolds) => stillHolds());
        try {
          const result = await run({
            async get(path) {
              refuseAfterWrites(writes);
              const seen = read(path);
              reads.push(() => read(path) === seen);
              return seen;
            },
            async query(query) {
              refuseAfterWrites(writes);
              const seen = find(query);
              reads.push(() => sameDocuments(find(query), seen));
              return seen;
            },
            write(write) {
              writes.push(write);
            },
          });
          if (isSerializable()) {
            apply(writes);
            return result;
          }
        } catch (error) {
          // What failed on reads that no longer hold together may have failed because of that: it is no answer yet.
          if (isSerializable()) throw error;
        }
      }
      throw new AttacheError('unavailable', 'Others changed the documents at every try of the transaction.', {
        code: 'contention',
      });
    },
  };
}

const maxAttempts = 5;

interface Commit {
  readonly time: Date;
  readonly updateTime: string;
}

/** Versions are compared with what was stored before the commit, existence with what its earlier writes have left. */
function checkPrecondition(
  write: Write,
  stored: DocumentSnapshot | undefined,
  current: DocumentSnapshot | undefined,
): void {
  if (write.op === 'create') {
    if (current) throw new AttacheError('conflict', 'The document already exists.');
    return;
  }
  const expected = write.precondition;
  const isMet =
    expected === undefined ||
    ('exists' in expected ? expected.exists === (current !== undefined) : expected.updateTime === stored?.updateTime);
  if (!isMet) throw new AttacheError('preconditionFailed', 'The document is not in the state that was expected.');
  if (write.op === 'update' && !current) throw new AttacheError('notFound', 'There is no such document to update.');
}

function written(
  write: Write,
  current: DocumentSnapshot | undefined,
  { time, updateTime }: Commit,
): DocumentSnapshot | undefined {
  if (write.op === 'delete') return undefined;
  const fields = copyFields(write.data, time);
  const data = write.op === 'update' ? { ...current?.data, ...fields } : fields;
  // As in Firestore, a write that changes nothing leaves the version alone.
  if (current && sameValue(current.data, data)) return current;
  return { path: write.path, id: write.path.slice(write.path.lastIndexOf('/') + 1), data, updateTime };
}

function copyFields(data: WriteData, time: Date): DocumentData {
  const copy: Record<string, DocumentValue> = {};
  for (const name in data) {
    const value = data[name];
    if (value !== undefined) copy[name] = value === SERVER_TIME ? time : copyValue(value, time);
  }
  return copy;
}

function copyValue(value: DocumentValue, time: Date): DocumentValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return new Date(value);
  return isList(value) ? value.map((element) => copyValue(element, time)) : copyFields(value, time);
}

function isList(value: DocumentValue): value is readonly DocumentValue[] {
  return Array.isArray(value);
}

function refuseAfterWrites(writes: readonly Write[]): void {
  if (writes.length > 0) throw new AttacheError('bug', 'All reads of a transaction come before its first write.');
}

function sameDocuments(left: readonly DocumentSnapshot[], right: readonly DocumentSnapshot[]): boolean {
  return left.length === right.length && left.every((snapshot, i) => snapshot === right[i]);
}
