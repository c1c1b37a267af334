import { DAY_MS } from './instant';
import { localDay, zoneOffsets } from './local-time';

/** A time that a meeting of ours, or the hold of one, takes of its host: the meeting itself, without buffers. */
export interface Booking {
  readonly meetingId: string;
  /** Half-open, epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface Reservation extends Booking {
  readonly hosts: readonly ReservedHost[];
}

export interface ReservedHost {
  /** Lower-case address. */
  readonly email: string;
  /** What must be free of other bookings around the meeting. */
  readonly bufferBeforeMs: number;
  readonly bufferAfterMs: number;
  /** At most so many meetings begin on one day of the zone. */
  readonly dailyLimit?: { readonly timeZone: string; readonly maxMeetingsPerDay: number } | undefined;
}

export interface BookingConflict extends Booking {
  readonly host: string;
  /** `dailyLimit`: this meeting is one of those that fill the day. */
  readonly reason: 'booked' | 'dailyLimit';
}

/** `taken`: somebody else has the time, or the day is full, and nothing was written. */
export type ReserveOutcome =
  | { readonly kind: 'reserved'; /** Of the writes that were given along. */ readonly updateTimes: readonly string[] }
  | { readonly kind: 'taken'; readonly conflicts: readonly BookingConflict[] };

export function overlaps({ startMs, endMs }: Booking, fromMs: number, toMs: number): boolean {
  return startMs < toMs && fromMs < endMs;
}

/**
 * Whether a host may begin one more meeting at an instant: fewer than `maxMeetingsPerDay` begin on that day of the host's
 * zone. `bookings` must hold all of the days that are asked about, which lie between `fromMs` and `toMs`.
 */
export function dailyLimit(
  { timeZone, maxMeetingsPerDay }: { readonly timeZone: string; readonly maxMeetingsPerDay: number | null },
  bookings: readonly Booking[],
  fromMs: number,
  toMs: number,
): (startMs: number) => boolean {
  if (maxMeetingsPerDay === null) return () => true;
  const offsets = zoneOffsets(timeZone, fromMs - 2 * DAY_MS, toMs + 2 * DAY_MS);
  const counts = new Map<number, number>();
  for (const { startMs } of bookings) {
    const day = localDay(offsets, startMs);
    counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  return (startMs) => (counts.get(localDay(offsets, startMs)) ?? 0) < maxMeetingsPerDay;
}

/** Whether two instants are on one day of the zone; they must not be more than a few days apart. */
export function isSameLocalDay(timeZone: string, oneMs: number, otherMs: number): boolean {
  const offsets = zoneOffsets(timeZone, Math.min(oneMs, otherMs), Math.max(oneMs, otherMs));
  return localDay(offsets, oneMs) === localDay(offsets, otherMs);
}
