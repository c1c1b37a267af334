import * as z from 'zod';
import {
  isSameLocalDay,
  overlaps,
  type Booking,
  type BookingConflict,
  type Reservation,
  type ReservedHost,
  type ReserveOutcome,
} from '../domain/booking';
import { AttacheError, isAttacheError } from '../domain/errors';
import { DAY_MS } from '../domain/instant';
import type { Clock, DocumentSnapshot, DocumentStore, Random, Write } from '../domain/ports';

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
  /** Gives back exactly these times, as far as they are held, in one atomic commit together with `writes`: their update times. */
  release(
    hosts: readonly string[],
    bookings: readonly Booking[],
    writes?: readonly Write[],
  ): Promise<readonly string[]>;
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
   * when a day has changed meanwhile. `decide` returns undefined to leave everything as it is. Update times of `writes`.
   */
  async function changeDays(
    keys: readonly DayKey[],
    writes: readonly Write[],
    decide: (days: readonly Day[]) => readonly (readonly Booking[])[] | undefined,
  ): Promise<readonly string[]> {
    let failure: { readonly error: unknown; readonly seen: string } | undefined;
    for (let attempt = 1; attempt <= maxCollisions; attempt++) {
      const snapshots = await store.getAll(keys.map(dayPath));
      const seen = snapshots.map((snapshot) => snapshot?.updateTime).join();
      // Nobody has touched the days: what failed was one of the writes that came along.
      if (failure?.seen === seen) throw failure.error;
      const changed = decide(keys.map((key, i) => ({ ...key, bookings: readDay(snapshots[i]) })));
      if (!changed) return [];
      try {
        const days = keys.map((key, i) => dayWrite(key, changed[i] ?? [], snapshots[i]));
        return (await store.commit([...days, ...writes])).slice(days.length);
      } catch (error) {
        if (!isAttacheError(error, 'preconditionFailed', 'conflict')) throw error;
        failure = { error, seen };
        await clock.sleep(random.next() * Math.min(20 * attempt, 250));
      }
    }
    throw new AttacheError('unavailable', 'Others booked the same days at every try.', { code: 'contention' });
  }

  return {
    async reserve({ hosts, ...booking }, writes = [], { allowConflicts = false } = {}) {
      let conflicts: BookingConflict[] = [];
      const updateTimes = await changeDays(
        distinctDays(hosts.flatMap((host) => daysOf(host, booking))),
        writes,
        (days) => {
          conflicts = allowConflicts ? [] : hosts.flatMap((host) => conflictsOf(host, booking, days));
          if (conflicts.length > 0) return undefined;
          return days.map(({ day, bookings }) =>
            overlaps(booking, day * DAY_MS, (day + 1) * DAY_MS)
              ? [...bookings.filter((other) => !isSame(other, booking)), booking]
              : bookings,
          );
        },
      );
      return conflicts.length > 0
        ? { kind: 'taken', conflicts: distinct(conflicts) }
        : { kind: 'reserved', updateTimes };
    },

    release: (hosts, given, writes = []) => {
      const keys = given.flatMap(({ startMs, endMs }) => hosts.flatMap((host) => dayKeys(host, startMs, endMs)));
      return changeDays(distinctDays(keys), writes, (days) =>
        days.map(({ bookings }) => bookings.filter((other) => !given.some((booking) => isSame(other, booking)))),
      );
    },

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
const longestDayMs = 27 * 3_600_000;

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

function dayKeys(host: string, fromMs: number, toMs: number): DayKey[] {
  const keys: DayKey[] = [];
  for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day++) keys.push({ host, day });
  return keys;
}

/** With what a daily limit counts: a local day lies within a day and a few hours around each of its instants. */
function daysOf({ email, dailyLimit: limit, ...buffers }: ReservedHost, { startMs, endMs }: Booking): DayKey[] {
  const fromMs = Math.min(startMs - buffers.bufferBeforeMs, limit ? startMs - longestDayMs : Infinity);
  const toMs = Math.max(endMs + buffers.bufferAfterMs, limit ? startMs + longestDayMs : -Infinity);
  return dayKeys(email, fromMs, toMs);
}

function distinctDays(keys: readonly DayKey[]): DayKey[] {
  return [...new Map(keys.map((key) => [dayPath(key), key])).values()];
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

function conflictsOf(
  { email, bufferBeforeMs, bufferAfterMs, dailyLimit: limit }: ReservedHost,
  { meetingId, startMs, endMs }: Booking,
  days: readonly Day[],
): BookingConflict[] {
  const others = days.flatMap(({ host, bookings }) =>
    host === email ? bookings.filter((other) => other.meetingId !== meetingId) : [],
  );
  const taken = others.filter((other) => overlaps(other, startMs - bufferBeforeMs, endMs + bufferAfterMs));
  if (taken.length > 0 || !limit) return taken.map((other) => ({ host: email, reason: 'booked', ...other }));
  const sameDay = distinct(others).filter((other) => isSameLocalDay(limit.timeZone, other.startMs, startMs));
  return sameDay.length < limit.maxMeetingsPerDay
    ? []
    : sameDay.map((other) => ({ host: email, reason: 'dailyLimit', ...other }));
}

function isSame(a: Booking, b: Booking): boolean {
  return a.meetingId === b.meetingId && a.startMs === b.startMs && a.endMs === b.endMs;
}

/** A meeting over midnight stands in two days. */
function distinct<One extends Booking & { readonly host?: string }>(bookings: readonly One[]): One[] {
  const keyOf = ({ host = '', meetingId, startMs, endMs }: One) => [host, meetingId, startMs, endMs].join(' ');
  return [...new Map(bookings.map((booking) => [keyOf(booking), booking])).values()];
}
