import { isAttacheError } from '../domain/errors';
import { DAY_MS } from '../domain/instant';
import { meetingSchema, type MeetingRecord, type StoredMeeting } from '../domain/meeting/meeting-record';
import type { MeetingStore, MeetingTransition } from '../domain/meeting/meeting-store';
import { toMeetingEvent, viewMeeting, type MeetingEventType } from '../domain/meeting/meeting-view';
import type { Clock, DocumentStore, Write } from '../domain/ports';
import type { BookingStore } from './booking-store';
import type { EventOutbox, OutgoingEvent } from './event-outbox';
import type { IdempotencyKeys } from './idempotency-keys';
import { createRecordStore, type RecordPage, type PagePosition } from './record-store';

export interface MeetingStoreDependencies {
  readonly store: DocumentStore;
  readonly bookings: BookingStore;
  readonly keys: IdempotencyKeys;
  readonly outbox: EventOutbox;
  readonly clock: Pick<Clock, 'now'>;
}

export interface StoredMeetings extends MeetingStore {
  /** Confirmed meetings of a host that begin in `[fromMs, toMs)`, by their start. */
  listOfHost(
    host: string,
    fromMs: number,
    toMs: number,
    limit: number,
    after: PagePosition | undefined,
  ): Promise<RecordPage<MeetingRecord>>;
  /** Confirmed meetings of anybody that begin in `[fromMs, toMs)`, by their start. */
  listStarting(fromMs: number, toMs: number, limit: number): Promise<MeetingRecord[]>;
}

const retentionMs = 90 * DAY_MS;

export function createMeetingStore(dependencies: MeetingStoreDependencies): StoredMeetings {
  const { store, bookings, keys, outbox, clock } = dependencies;
  const records = createRecordStore<MeetingRecord & { expireAt?: Date }>({
    store,
    collection: 'meetings',
    schema: meetingSchema,
    idOf: ({ id }) => id,
    complete: (record) => ({ ...record, expireAt: new Date(record.endMs + retentionMs) }),
  });

  function write(record: MeetingRecord, replaced: StoredMeeting | undefined): Write {
    const path = `meetings/${record.id}`;
    const data = { ...record, expireAt: new Date(record.endMs + retentionMs) };
    return replaced
      ? { op: 'set', path, data, precondition: { updateTime: replaced.updateTime } }
      : { op: 'create', path, data };
  }

  async function transition(stored: StoredMeeting, change: MeetingTransition): Promise<StoredMeeting> {
    const { patch, giveBack = [], event, answersKey } = change;
    const record = { ...stored.record, ...patch, updatedAtMs: clock.now() };
    const outgoing = event && toOutgoing(event, record);
    const writes = [
      write(record, stored),
      ...(outgoing ? [outbox.record(outgoing)] : []),
      ...(answersKey ? [keys.answer(record.keyId, JSON.stringify(viewMeeting(record)))] : []),
    ];
    try {
      const [updateTime = ''] =
        giveBack.length > 0 ? await bookings.release(record.hosts, giveBack, writes) : await store.commit(writes);
      if (outgoing) await outbox.publish(outgoing);
      return { record, updateTime };
    } catch (error) {
      // The key has expired: nobody will ask by it any more.
      if (answersKey && isAttacheError(error, 'notFound')) return transition(stored, { ...change, answersKey: false });
      throw error;
    }
  }

  return {
    load: (id) => records.load(id),
    loadAll: (ids) => records.loadAll(ids),
    transition,

    async hold(record, reservation, { replaced, allowConflicts }) {
      const writes = [write(record, replaced)];
      const outcome = await bookings.reserve(reservation, writes, { allowConflicts });
      if (outcome.kind === 'taken') return outcome;
      return { kind: 'held', stored: { record, updateTime: outcome.updateTimes[0] ?? '' } };
    },

    async take(reservation) {
      await bookings.reserve(reservation, [], { allowConflicts: true });
    },

    async postpone(stored, settleAtMs) {
      await records.replace(stored, { patch: { settleAtMs } });
    },

    async discard({ record, updateTime }) {
      const { id: meetingId, startMs, endMs, keyId, hosts } = record;
      await bookings.release(
        hosts,
        [{ meetingId, startMs, endMs }],
        [{ op: 'delete', path: `meetings/${meetingId}`, precondition: { updateTime } }, keys.forget(keyId)],
      );
    },

    publishRecorded: () => outbox.publishDue(200),

    async listDue(nowMs, limit) {
      const { records: due } = await records.list({
        where: [{ field: 'settleAtMs', op: '<=', value: nowMs }],
        orderBy: { field: 'settleAtMs', direction: 'asc' },
        limit,
      });
      const stored = await records.loadAll(due.map(({ id }) => id));
      return stored.filter((one) => one !== undefined).filter(({ record }) => (record.settleAtMs ?? Infinity) <= nowMs);
    },

    listOfHost: (host, fromMs, toMs, limit, after) =>
      records.list({
        where: [
          { field: 'hosts', op: 'array-contains', value: host },
          { field: 'status', op: '==', value: 'confirmed' },
          ...starting(fromMs, toMs),
        ],
        orderBy: { field: 'startMs', direction: 'asc' },
        limit,
        ...(after && { startAfter: after }),
      }),

    async listStarting(fromMs, toMs, limit) {
      const { records: found } = await records.list({
        where: [{ field: 'status', op: '==', value: 'confirmed' }, ...starting(fromMs, toMs)],
        orderBy: { field: 'startMs', direction: 'asc' },
        limit,
      });
      return found;
    },
  };
}

function starting(fromMs: number, toMs: number) {
  return [
    { field: 'startMs', op: '>=', value: fromMs },
    { field: 'startMs', op: '<', value: toMs },
  ] as const;
}

function toOutgoing(type: MeetingEventType, record: MeetingRecord): OutgoingEvent {
  const event = toMeetingEvent(type, record);
  return { id: event.id, type, mailbox: record.host, json: JSON.stringify(event) };
}
