import * as z from 'zod';
import { overlaps, type Booking } from '../domain/booking';
import { AttacheError, isAttacheError } from '../domain/errors';
import { DAY_MS } from '../domain/instant';
import type { Clock, DocumentSnapshot, DocumentStore, Random, Write } from '../domain/ports';

export interface Reservation extends Booking {
  /** Lower-case addresses. */
  readonly hosts: readonly string[];
  /** What must be free of other bookings: the meeting with its buffers. */
  readonly occupiedStartMs: number;
  readonly occupiedEndMs: number;
}

export interface BookingConflict extends Booking {
  readonly host: string;
}

/** `taken`: somebody else has the time, and nothing was written. */
export type ReserveOutcome =
  { readonly kind: 'reserved' } | { readonly kind: 'taken'; readonly conflicts: readonly BookingConflict[] };

/**
 * Which times of a host are taken by the bundle's own meetings and holds: one small document per host and UTC day, whose
 * version is the lock. Whoever takes a time read every day that the meeting and its buffers touch, and writes only if none
 * of them has changed since, so that of two meetings that want the same instant one is always seen by the other.
 *
 * Errors of both writes: `unavailable` (code `contention` when others came first at every try; otherwise the outcome is
 * unknown, and the same call again is safe), and those of the writes that were given along.
 */
export interface BookingStore {
  /**
   * Takes the time of all hosts, or of none, in one atomic commit together with `writes`. What the same meeting holds
   * already does not stand in its way, and stays.
   */
  reserve(
    reservation: Reservation,
    writes?: readonly Write[],
    options?: { readonly allowConflicts?: boolean },
  ): Promise<ReserveOutcome>;
  /** Gives back exactly this time of this meeting, if it is held, in one atomic commit together with `writes`. */
  release(hosts: readonly string[], booking: Booking, writes?: readonly Write[]): Promise<void>;
  /** Bookings of a host that overlap `[fromMs, toMs)`, by their start. */
  readonly list: (host: string, fromMs: number, toMs: number) => Promise<Booking[]>;
}

export function createBookingStore(dependencies: {
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly random: Random;
}): BookingStore {
  const { store, clock, random } = dependencies;

  /**
   * Replaces the bookings of these days by what `decide` makes of them, all at once with `writes`; again from the start
   * when a day has changed meanwhile. `decide` returns undefined to leave everything as it is.
   */
  async function changeDays(
    keys: readonly DayKey[],
    writes: readonly Write[],
    decide: (days: readonly Day[]) => readonly (readonly Booking[])[] | undefined,
  ): Promise<void> {
    let failure: { readonly error: unknown; readonly seen: string } | undefined;
    for (let attempt = 1; attempt <= maxCollisions; attempt++) {
      const snapshots = await store.getAll(keys.map(dayPath));
      const seen = snapshots.map((snapshot) => snapshot?.updateTime).join();
      // Nobody has touched the days: what failed was one of the writes that came along.
      if (failure?.seen === seen) throw failure.error;
      const changed = decide(keys.map((key, i) => ({ ...key, bookings: readDay(snapshots[i]) })));
      if (!changed) return;
      try {
        await store.commit([...keys.map((key, i) => dayWrite(key, changed[i] ?? [], snapshots[i])), ...writes]);
        return;
      } catch (error) {
        if (!isAttacheError(error, 'preconditionFailed', 'conflict')) throw error;
        failure = { error, seen };
        await clock.sleep(random.next() * Math.min(20 * attempt, 250));
      }
    }
    throw new AttacheError('unavailable', 'Others booked the same days at every try.', { code: 'contention' });
  }

  return {
    async reserve(reservation, writes = [], { allowConflicts = false } = {}) {
      const { hosts, meetingId, startMs, endMs, occupiedStartMs, occupiedEndMs } = reservation;
      const booking = { meetingId, startMs, endMs };
      const fromMs = Math.min(occupiedStartMs, startMs);
      const toMs = Math.max(occupiedEndMs, endMs);
      let conflicts: BookingConflict[] = [];
      await changeDays(dayKeys(hosts, fromMs, toMs), writes, (days) => {
        conflicts = allowConflicts ? [] : days.flatMap((day) => conflictsOf(day, reservation));
        if (conflicts.length > 0) return undefined;
        return days.map(({ day, bookings }) =>
          overlaps(booking, day * DAY_MS, (day + 1) * DAY_MS)
            ? [...bookings.filter((other) => !isSame(other, booking)), booking]
            : bookings,
        );
      });
      return conflicts.length > 0 ? { kind: 'taken', conflicts: distinct(conflicts) } : { kind: 'reserved' };
    },

    release: (hosts, booking, writes = []) =>
      changeDays(dayKeys(hosts, booking.startMs, booking.endMs), writes, (days) =>
        days.map(({ bookings }) => bookings.filter((other) => !isSame(other, booking))),
      ),

    async list(host, fromMs, toMs) {
      const days = await store.query({
        collection: 'bookings',
        where: [
          { field: 'host', op: '==', value: host },
          { field: 'day', op: '>=', value: Math.floor(fromMs / DAY_MS) },
          { field: 'day', op: '<', value: Math.ceil(toMs / DAY_MS) },
        ],
        orderBy: { field: 'day', direction: 'asc' },
        limit: Math.ceil(toMs / DAY_MS) - Math.floor(fromMs / DAY_MS) + 1,
      });
      const bookings = days.flatMap(readDay).filter((booking) => overlaps(booking, fromMs, toMs));
      return distinct(bookings).sort((a, b) => a.startMs - b.startMs);
    },
  };
}

/** With random pauses between them, enough for a hundred that want one day at the same time. */
const maxCollisions = 50;
const retentionMs = 30 * DAY_MS;

interface DayKey {
  readonly host: string;
  /** Since 1970-01-01, UTC. */
  readonly day: number;
}

interface Day extends DayKey {
  readonly bookings: readonly Booking[];
}

const dayDocument = z.object({
  bookings: z.array(z.object({ meetingId: z.string(), startMs: z.number(), endMs: z.number() })),
});

function dayKeys(hosts: readonly string[], fromMs: number, toMs: number): DayKey[] {
  const keys: DayKey[] = [];
  for (const host of new Set(hosts)) {
    for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day++) keys.push({ host, day });
  }
  return keys;
}

function dayPath({ host, day }: DayKey): string {
  return `bookings/${encodeURIComponent(`${host}:${new Date(day * DAY_MS).toISOString().slice(0, 10)}`)}`;
}

function readDay(snapshot: DocumentSnapshot | undefined): Booking[] {
  return snapshot ? dayDocument.parse(snapshot.data).bookings : [];
}

/** Also a day without a change is written: its version is what says that nobody came in between. */
function dayWrite(key: DayKey, bookings: readonly Booking[], before: DocumentSnapshot | undefined): Write {
  const path = dayPath(key);
  const data = {
    ...key,
    bookings: bookings.map((booking) => ({ ...booking })),
    expireAt: new Date((key.day + 1) * DAY_MS + retentionMs),
  };
  return before
    ? { op: 'update', path, data, precondition: { updateTime: before.updateTime } }
    : { op: 'create', path, data };
}

function conflictsOf({ host, bookings }: Day, { meetingId, occupiedStartMs, occupiedEndMs }: Reservation) {
  return bookings
    .filter((other) => other.meetingId !== meetingId && overlaps(other, occupiedStartMs, occupiedEndMs))
    .map((other): BookingConflict => ({ host, ...other }));
}

function isSame(a: Booking, b: Booking): boolean {
  return a.meetingId === b.meetingId && a.startMs === b.startMs && a.endMs === b.endMs;
}

/** A meeting over midnight stands in two days. */
function distinct<One extends Booking & { readonly host?: string }>(bookings: readonly One[]): One[] {
  const keyOf = ({ host = '', meetingId, startMs, endMs }: One) => [host, meetingId, startMs, endMs].join(' ');
  return [...new Map(bookings.map((booking) => [keyOf(booking), booking])).values()];
}
