import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DocumentStore, Query } from '../../shared/domain/ports';
import { connectMeetings } from '../../shared/platform/connect-meetings';
import { createLogger } from '../../shared/runtime/logger';
import { createBookingStore } from '../../shared/store/booking-store';
import { createConnectionStore } from '../../shared/store/connection-store';
import { listEventsAfter, listFeed, listUnpublished } from '../../shared/store/event-store';
import { createIntegrationStore } from '../../shared/store/integration-store';
import { createMailboxStore } from '../../shared/store/mailbox-store';
import { listParked } from '../../shared/store/parked-messages';
import { createTaskStore } from '../../shared/store/task-store';
import { createZoomAccountStore } from '../../shared/store/zoom-account-store';
import { repository } from './terraform';

const clock = { now: () => 0, sleep: async () => undefined };
const random = { next: () => 0 };
const cipher = { seal: async () => '', open: async () => '' };
const due = { quietMs: 1, retryAfterMs: 1 };

const bus = { publish: async () => [] };
const outbox = { record: () => ({ op: 'delete', path: '' }) as const, publish: async () => undefined };
const logger = createLogger({ now: clock.now, write: () => undefined });

const connections = (store: DocumentStore) => createConnectionStore({ store, clock });
const mailboxes = (store: DocumentStore) => createMailboxStore({ store, clock, due });
const meetings = (store: DocumentStore) =>
  connectMeetings({ store, bus, clock, random, logger, eventsTopic: 'events' }).meetings;
const tasks = (store: DocumentStore) => createTaskStore({ store, clock, outbox });

/**
 * A call for every place in `shared/store` that asks for documents by their fields: by file, so that a place without a call
 * is noticed. A parameter that names a field takes each of its values.
 */
const calls: Readonly<Record<string, readonly ((store: DocumentStore) => Promise<unknown>)[]>> = {
  'booking-store.ts': [(store) => createBookingStore({ store, clock, random }).list('host', 0, 1)],
  'connection-store.ts': [
    (store) => connections(store).listOf({ owners: ['owner'] }, 1),
    (store) => connections(store).listOf({ domain: 'domain' }, 1),
    (store) => connections(store).listDue('renewAtMs', 0, 1),
    (store) => connections(store).listDue('pullAtMs', 0, 1),
    (store) => connections(store).listAll(1),
  ],
  'event-store.ts': [
    (store) => listEventsAfter(store, 'mailbox', 0, 1),
    (store) => listUnpublished(store, 0, 1),
    (store) => listFeed(store, { mailboxes: ['mailbox'], domains: ['domain'] }, null, 0, 1),
  ],
  'integration-store.ts': [(store) => createIntegrationStore({ store, cipher, clock }).listOf('owner', 1)],
  'mailbox-store.ts': [
    (store) => mailboxes(store).listDue('dueAtMs', 0, 1),
    (store) => mailboxes(store).listDue('watchRenewAtMs', 0, 1),
    (store) => mailboxes(store).listDomains(['domain'], 1),
  ],
  'meeting-store.ts': [
    (store) => meetings(store).listDue(0, 1),
    (store) => meetings(store).listOfHost('host', 0, 1, 1, undefined),
    (store) => meetings(store).listStarting(0, 1, 1),
  ],
  'parked-messages.ts': [(store) => listParked(store, 'mailbox', 1)],
  'task-store.ts': [
    (store) => tasks(store).findByEvents('connection', ['event']),
    (store) => tasks(store).listOf({ owners: ['owner'] }, 1),
    (store) => tasks(store).listOf({ domain: 'domain' }, 1),
    (store) => tasks(store).listConflicts({ owners: ['owner'] }, 1),
    (store) => tasks(store).listConflicts({ domain: 'domain' }, 1),
    (store) => tasks(store).listConnected('connection', 1),
    (store) => tasks(store).listDue(0, 1),
  ],
  'zoom-account-store.ts': [
    (store) => createZoomAccountStore({ store, clock }).isInUse('integration'),
    (store) => createZoomAccountStore({ store, clock }).listOf({ domain: 'd' }, 1),
    (store) => createZoomAccountStore({ store, clock }).listOf({ owners: ['o'] }, 1),
  ],
};

/** Hand on what others ask for. */
const adapters = ['firestore-transaction.ts', 'firestore.ts', 'memory.ts', 'record-store.ts'];

/** Every query of the code, as it arrives at the store. */
export async function queriesInCode(): Promise<Query[]> {
  const queries: Query[] = [];
  for (const call of Object.values(calls).flat()) await call(recording(queries));
  return queries;
}

/** Places in the code that query and that no call above reaches, each with what to do. */
export async function unknownPlaces(): Promise<string[]> {
  const sentences: string[] = [];
  for (const file of await sourceFiles()) {
    const name = file.replace('shared/store/', '');
    const pattern = name === file ? /\b(?:store|transaction|records)\.(?:query|list)\(/g : /\w\.(?:query|list)\(/g;
    const places = [...(await sourceOf(file)).matchAll(pattern)].length;
    if (places === 0 || adapters.includes(name)) continue;
    if (name === file) sentences.push(`${file} asks for documents itself: that belongs into shared/store.`);
    else if ((calls[name] ?? []).length < places)
      sentences.push(`${file} queries in ${places} places: call each in test/terraform/firestore-queries.ts.`);
  }
  return sentences;
}

/** The code that is deployed, as paths from the repository's root. */
export async function sourceFiles(): Promise<string[]> {
  const folders = await Promise.all(
    ['functions', 'shared'].map(async (folder) => {
      const names = await readdir(join(repository, folder), { recursive: true });
      return names.map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
    }),
  );
  return folders.flat().filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
}

export function sourceOf(file: string): Promise<string> {
  return readFile(join(repository, file), 'utf8');
}

export interface CompositeIndex {
  readonly collection: string;
  readonly fields: readonly {
    readonly field_path: string;
    readonly order: string | null;
    readonly array_config: string | null;
  }[];
}

/** The fields, as `collection.field`, of a query that single-field indexes serve; undefined where it needs a composite one. */
export function singleFieldsOf(query: Query): string[] | undefined {
  const { compared, ordered } = partsOf(query);
  const fields = [...compared, ...ordered].map(({ field }) => `${query.collection}.${field}`);
  return ordered.length === 0 || fields.length === 1 ? fields : undefined;
}

/** Compared fields come first, in any order, then those of the order. */
export function serves({ collection, fields }: CompositeIndex, query: Query): boolean {
  const { compared, ordered } = partsOf(query);
  const head = fields.slice(0, compared.length);
  const tail = fields.slice(compared.length);
  const order = query.orderBy?.direction === 'desc' ? 'DESCENDING' : 'ASCENDING';
  return (
    collection === query.collection &&
    tail.length === ordered.length &&
    compared.every(({ field, op }) =>
      head.some((one) => one.field_path === field && (one.array_config !== null) === (op === 'array-contains')),
    ) &&
    ordered.every(({ field }, position) => tail[position]?.field_path === field && tail[position].order === order)
  );
}

/** Fields that are compared with values, and those that are a range or an order. */
function partsOf({ where = [], orderBy }: Query) {
  const isRange = (op: string) => ['<', '<=', '>', '>='].includes(op);
  const ordered = orderBy
    ? [orderBy.field, ...(orderBy.thenBy === undefined ? [] : [orderBy.thenBy])]
    : [...new Set(where.filter(({ op }) => isRange(op)).map(({ field }) => field))];
  return {
    compared: where.filter(({ field, op }) => !isRange(op) && !ordered.includes(field)),
    ordered: ordered.map((field) => ({ field })),
  };
}

function recording(queries: Query[]): DocumentStore {
  const query = async (asked: Query) => {
    queries.push(asked);
    return [];
  };
  return {
    get: async () => undefined,
    getAll: async (paths) => paths.map(() => undefined),
    query,
    commit: async (writes) => writes.map(() => ''),
    runTransaction: (run) => run({ get: async () => undefined, query, write: () => undefined }),
  };
}
