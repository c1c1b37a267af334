import type * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import type { DocumentData, DocumentSnapshot, DocumentStore, Query, Write } from '../domain/ports';

export interface Stored<Record> {
  readonly record: Record;
  /** The version that a compare-and-set names. */
  readonly updateTime: string;
}

/** What one compare-and-set changes, and what is written with it or not at all. */
export interface RecordChange<Record> {
  readonly patch: Partial<Record>;
  readonly writes?: readonly Write[];
}

/** Where a page ended. */
export type PagePosition = NonNullable<Query['startAfter']>;

export interface RecordPage<Record> {
  readonly records: Record[];
  readonly stored: Stored<Record>[];
  /** Undefined after the last page. */
  readonly next: PagePosition | undefined;
}

/** Records of one collection, each in one document whose version is its lock. */
export interface RecordStore<Record> {
  load(id: string): Promise<Stored<Record> | undefined>;
  /** In the order of `ids`. */
  loadAll(ids: readonly string[]): Promise<(Stored<Record> | undefined)[]>;
  /** Errors: `conflict` when it exists, or of one of the writes. */
  create(record: Record, writes?: readonly Write[]): Promise<Stored<Record>>;
  /** One compare-and-set on the version given. Errors: `preconditionFailed`, and `conflict` of one of the writes. */
  replace(stored: Stored<Record>, change: RecordChange<Record>): Promise<Stored<Record>>;
  /**
   * Reads, decides and writes until nobody came in between. `decide` returns undefined to leave the record alone.
   * Resolves with the record as it now is; undefined when there is none.
   */
  change(id: string, decide: (record: Record) => RecordChange<Record> | undefined): Promise<Stored<Record> | undefined>;
  /** Only the version given. Errors: `preconditionFailed`. */
  remove(stored: Stored<Record>, writes?: readonly Write[]): Promise<void>;
  list(query: Omit<Query, 'collection'>): Promise<RecordPage<Record>>;
}

export interface RecordStoreOptions<Record> {
  readonly store: DocumentStore;
  readonly collection: string;
  readonly schema: z.ZodType<Record>;
  readonly idOf: (record: Record) => string;
  /** What follows from the rest of the record and is kept with it, to be found by. */
  readonly complete: (record: Record) => Record;
}

export function createRecordStore<Record extends DocumentData>(
  options: RecordStoreOptions<Record>,
): RecordStore<Record> {
  const { store, collection, schema, idOf, complete } = options;
  const pathOf = (id: string) => `${collection}/${encodeURIComponent(id)}`;
  const read = ({ data, updateTime }: DocumentSnapshot): Stored<Record> => ({ record: schema.parse(data), updateTime });

  async function load(id: string): Promise<Stored<Record> | undefined> {
    const snapshot = await store.get(pathOf(id));
    return snapshot && read(snapshot);
  }

  async function replace(
    { record, updateTime }: Stored<Record>,
    { patch, writes = [] }: RecordChange<Record>,
  ): Promise<Stored<Record>> {
    const data = complete({ ...record, ...patch });
    const [newUpdateTime = ''] = await store.commit([
      { op: 'set', path: pathOf(idOf(record)), data, precondition: { updateTime } },
      ...writes,
    ]);
    return { record: data, updateTime: newUpdateTime };
  }

  return {
    load,
    replace,

    async loadAll(ids) {
      const found: (Stored<Record> | undefined)[] = [];
      for (let start = 0; start < ids.length; start += 300) {
        const snapshots = await store.getAll(ids.slice(start, start + 300).map(pathOf));
        found.push(...snapshots.map((snapshot) => snapshot && read(snapshot)));
      }
      return found;
    },

    async create(record, writes = []) {
      const data = complete(record);
      const [updateTime = ''] = await store.commit([{ op: 'create', path: pathOf(idOf(record)), data }, ...writes]);
      return { record: data, updateTime };
    },

    async change(id, decide) {
      for (let attempt = 1; attempt <= maxCollisions; attempt++) {
        const stored = await load(id);
        const change = stored && decide(stored.record);
        if (!stored || !change) return stored;
        try {
          return await replace(stored, change);
        } catch (error) {
          if (!isAttacheError(error, 'preconditionFailed')) throw error;
        }
      }
      throw new AttacheError('unavailable', 'The record was changed by others at every try.', { code: 'contention' });
    },

    async remove({ record, updateTime }, writes = []) {
      await store.commit([{ op: 'delete', path: pathOf(idOf(record)), precondition: { updateTime } }, ...writes]);
    },

    async list(query) {
      const snapshots = await store.query({ collection, ...query });
      const stored = snapshots.map(read);
      const records = stored.map(({ record }) => record);
      const last = snapshots.at(-1);
      return {
        records,
        stored,
        next: last && snapshots.length === query.limit ? positionOf(last, query.orderBy) : undefined,
      };
    },
  };
}

const maxCollisions = 10;

function positionOf({ data, id }: DocumentSnapshot, orderBy: Query['orderBy']): PagePosition {
  if (!orderBy) return { id };
  const { field, thenBy } = orderBy;
  return { value: data[field] ?? null, ...(thenBy !== undefined && { thenValue: data[thenBy] ?? null }), id };
}
