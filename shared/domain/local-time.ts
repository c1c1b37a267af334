import { DateTime, IANAZone } from 'luxon';
import { DAY_MS } from './instant';

/**
 * A zone's offset from UTC over a range of time: from `since[i]` (epoch milliseconds; the first is -Infinity) until
 * `since[i + 1]` local time is `offsetMs[i]` ahead of UTC.
 */
export interface ZoneOffsets {
  readonly since: readonly number[];
  readonly offsetMs: readonly number[];
}

/** Whether the runtime knows the zone; it also does by older names, and in any case. */
export function isTimeZone(timeZone: string): boolean {
  if (!knownZones.has(timeZone) && IANAZone.isValidZone(timeZone)) knownZones.add(timeZone);
  return knownZones.has(timeZone);
}

/** A zone as Google names it, which may be a name of its own, such as `GMT-06:00`; undefined for one that nobody knows. */
export function readZone(name: string): string | undefined {
  if (isTimeZone(name)) return name;
  const [, sign, hours] = /^(?:GMT|UTC)([+-])0?(\d{1,2}):?00$/.exec(name) ?? [];
  // In these names the sign is the other way round.
  const fixed = `Etc/GMT${sign === '-' ? '+' : '-'}${hours}`;
  return hours !== undefined && isTimeZone(fixed) ? fixed : undefined;
}

/**
 * The offsets that hold between the instants `from` and `to`, and some before and after. `timeZone` must be one the
 * runtime knows; what it says about it never changes, so the last answer is kept per zone.
 */
export function zoneOffsets(timeZone: string, from: number, to: number): ZoneOffsets {
  const last = lastOffsets.get(timeZone);
  if (last !== undefined && last.from <= from && to <= last.to) return last.offsets;
  const range = { from: Math.floor(from / RANGE_MS) * RANGE_MS, to: Math.ceil(to / RANGE_MS) * RANGE_MS };
  // Without offsets the search for changes would not end.
  if (!isTimeZone(timeZone)) throw new RangeError(`There is no time zone ${timeZone}.`);
  const offsets = lookUpOffsets(IANAZone.create(timeZone), range.from, range.to);
  lastOffsets.set(timeZone, { ...range, offsets });
  return offsets;
}

/**
 * The instant of a local time (its wall clock read as if it were UTC, in milliseconds) the way Temporal's "compatible"
 * resolves it: of two the earlier; one that the clocks jump over moves forward by the jump. luxon promises neither.
 */
export function resolveLocal({ since, offsetMs }: ZoneOffsets, localMs: number): number {
  let period = 0;
  // The first period whose wall clock ends after the time has either shown it, or began beyond it.
  while (period + 1 < since.length && localMs >= since[period + 1]! + offsetMs[period]!) period++;
  const skipped = localMs - offsetMs[period]! < since[period]!;
  return localMs - offsetMs[skipped ? period - 1 : period]!;
}

/** Every instant at which the wall clock shows `localMs` (read as if it were UTC): none in a gap, two in an overlap. */
export function instantsOf({ since, offsetMs }: ZoneOffsets, localMs: number): number[] {
  return offsetMs
    .map((offset) => localMs - offset)
    .filter((instant, period) => instant >= since[period]! && instant < (since[period + 1] ?? Infinity));
}

/** With offset and zone, such as `2026-03-09T09:00:00-04:00[America/New_York]`. */
export function formatLocal(instantMs: number, timeZone: string): string {
  const local = DateTime.fromMillis(instantMs).setZone(timeZone);
  return local.toISO({ suppressMilliseconds: true, extendedZone: true }) ?? new Date(instantMs).toISOString();
}

/** Days since 1970-01-01 of the local date at an instant. */
export function localDay({ since, offsetMs }: ZoneOffsets, instant: number): number {
  let period = since.length - 1;
  while (instant < since[period]!) period--;
  return Math.floor((instant + offsetMs[period]!) / DAY_MS);
}

/** Checking a zone's name, and asking for an offset, both cost more than anything that is then done with them. */
const knownZones = new Set<string>();
const lastOffsets = new Map<string, { readonly from: number; readonly to: number; readonly offsets: ZoneOffsets }>();
const RANGE_MS = 360 * DAY_MS;
const STRIDE_MS = 6 * DAY_MS;

/**
 * Asks once in six days, and around a change as often as it takes to find its second. Two changes within six days that
 * cancel each other out would be missed; the nearest since 1970 are an hour less than seven days apart (Recife, 2000).
 */
function lookUpOffsets(zone: IANAZone, from: number, to: number): ZoneOffsets {
  const offsetAt = (instant: number): number => Math.round(zone.offset(instant) * 60_000);
  const since = [-Infinity];
  const offsetMs = [offsetAt(from)];
  const search = (low: number, offsetAtLow: number, high: number, offsetAtHigh: number): void => {
    if (offsetAtLow === offsetAtHigh) return;
    if (high - low === 1000) {
      since.push(high);
      offsetMs.push(offsetAtHigh);
      return;
    }
    const middle = low + Math.floor((high - low) / 2000) * 1000;
    const offsetAtMiddle = offsetAt(middle);
    search(low, offsetAtLow, middle, offsetAtMiddle);
    search(middle, offsetAtMiddle, high, offsetAtHigh);
  };
  for (let low = from; low < to; low += STRIDE_MS) {
    search(low, offsetMs.at(-1)!, low + STRIDE_MS, offsetAt(low + STRIDE_MS));
  }
  return { since, offsetMs };
}
