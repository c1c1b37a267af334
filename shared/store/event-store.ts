import * as z from 'zod';
import { SERVER_TIME, type DocumentSnapshot, type DocumentStore, type Write } from '../domain/ports';

/** One event an agent receives, as it is kept: immutable, numbered per mailbox, in the feed for 30 days. */
export interface EventRecord {
  /** The CloudEvent's id, derived from mailbox and message, so that a second create is impossible. */
  readonly id: string;
  readonly mailbox: string;
  readonly type: string;
  /** Counts from 1 within the mailbox, without gaps; 0: an event that is not of the mailbox’s mail, and in the feed over all only. */
  readonly sequence: number;
  /** The CloudEvent as JSON, exactly as it goes out. */
  readonly json: string;
}

export interface RecordedEvent extends EventRecord {
  /** The server's time of the commit, epoch milliseconds. */
  readonly recordedAtMs: number;
}

/** A place in the feed over many mailboxes. */
export interface FeedPosition {
  readonly recordedAtMs: number;
  readonly sequence: number;
  readonly id: string;
}

const retentionMs = 30 * 86_400_000;
const largestInClause = 30;

const eventDocument = z.object({
  mailbox: z.string(),
  type: z.string(),
  sequence: z.number(),
  recordedAt: z.date(),
  json: z.string(),
});

/**
 * Fails the whole commit with `conflict` when the event is on record already. `publishDueAtMs`: after that a sweep publishes
 * it, unless it was marked as published before.
 */
export function createEvent(event: EventRecord, nowMs: number, publishDueAtMs?: number): Write {
  return {
    op: 'create',
    path: eventPath(event.id),
    data: {
      mailbox: event.mailbox,
      domain: event.mailbox.slice(event.mailbox.lastIndexOf('@') + 1),
      type: event.type,
      sequence: event.sequence,
      recordedAt: SERVER_TIME,
      expireAt: new Date(nowMs + retentionMs),
      json: event.json,
      publishDueAtMs,
    },
  };
}

/** Events that nobody has published in time, the oldest first. */
export async function listUnpublished(store: DocumentStore, nowMs: number, limit: number): Promise<EventRecord[]> {
  const snapshots = await store.query({
    collection: 'events',
    where: [{ field: 'publishDueAtMs', op: '<=', value: nowMs }],
    orderBy: { field: 'publishDueAtMs', direction: 'asc' },
    limit,
  });
  return snapshots.map(parse);
}

export function markPublished(id: string): Write {
  return { op: 'update', path: eventPath(id), data: { publishDueAtMs: null } };
}

/** Which of these events are on record. */
export async function findRecorded(store: DocumentStore, ids: readonly string[]): Promise<Set<string>> {
  const recorded = new Set<string>();
  for (let start = 0; start < ids.length; start += 300) {
    for (const snapshot of await store.getAll(ids.slice(start, start + 300).map(eventPath))) {
      if (snapshot) recorded.add(snapshot.id);
    }
  }
  return recorded;
}

/** One mailbox's events after a sequence number, in order. Exact: no gaps, nothing arrives late below a number read. */
export async function listEventsAfter(
  store: DocumentStore,
  mailbox: string,
  sequence: number,
  limit: number,
): Promise<RecordedEvent[]> {
  const snapshots = await store.query({
    collection: 'events',
    where: [
      { field: 'mailbox', op: '==', value: mailbox },
      { field: 'sequence', op: '>', value: sequence },
    ],
    orderBy: { field: 'sequence', direction: 'asc' },
    limit,
  });
  return snapshots.map(parse);
}

/**
 * Events of the given mailboxes and of all mailboxes of the given domains, in the order of their commits, from `after`
 * (exclusive; null for the beginning) up to `untilMs` (inclusive): the caller holds back the last seconds, in which a commit
 * may still be in flight.
 */
export async function listFeed(
  store: DocumentStore,
  scope: { readonly mailboxes: readonly string[]; readonly domains: readonly string[] },
  after: FeedPosition | null,
  untilMs: number,
  limit: number,
): Promise<RecordedEvent[]> {
  const list = (field: 'mailbox' | 'domain', values: readonly string[]) =>
    store.query({
      collection: 'events',
      where: [
        { field, op: 'in', value: [...values] },
        { field: 'recordedAt', op: '<=', value: new Date(untilMs) },
      ],
      // Events of one commit share its time; within a mailbox they keep their order.
      orderBy: { field: 'recordedAt', thenBy: 'sequence', direction: 'asc' },
      ...(after && {
        startAfter: { value: new Date(after.recordedAtMs), thenValue: after.sequence, id: after.id },
      }),
      limit,
    });
  const pages = await Promise.all([
    ...inChunks(scope.mailboxes).map((values) => list('mailbox', values)),
    ...inChunks(scope.domains).map((values) => list('domain', values)),
  ]);
  const events = new Map(pages.flat().map((snapshot) => [snapshot.id, parse(snapshot)]));
  return [...events.values()].sort(byPosition).slice(0, limit);
}

function byPosition(a: RecordedEvent, b: RecordedEvent): number {
  return a.recordedAtMs - b.recordedAtMs || a.sequence - b.sequence || (a.id < b.id ? -1 : 1);
}

function inChunks(values: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let start = 0; start < values.length; start += largestInClause)
    chunks.push(values.slice(start, start + largestInClause));
  return chunks;
}

function eventPath(id: string): string {
  return `events/${id}`;
}

function parse(snapshot: DocumentSnapshot): RecordedEvent {
  const { recordedAt, ...event } = eventDocument.parse(snapshot.data);
  return { id: snapshot.id, ...event, recordedAtMs: recordedAt.getTime() };
}
