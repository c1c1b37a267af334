import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { DateTime, IANAZone } from 'luxon';
import { invalid, required, timeRangeEmpty } from './errors';

type EventDateTime = calendar_v3.Schema$EventDateTime;

/** Half-open, epoch milliseconds. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Start and end as they are kept: whole seconds in UTC with their zone, or dates. A time without offset is local in its
 * zone; a zone that is left out is the calendar's. Throws Google's 400s.
 */
export function normalizeTimes(event: calendar_v3.Schema$Event, calendarZone: string): Required<Times> {
  const needsZone = (event.recurrence ?? []).length > 0;
  const start = normalizeTime('start', event.start ?? {}, calendarZone, needsZone);
  const end = normalizeTime('end', event.end ?? {}, calendarZone, needsZone);
  if (Boolean(start.date) !== Boolean(end.date)) {
    throw invalid('Start and end times must either both be date or both be dateTime.');
  }
  const { startMs, endMs } = rangeOf({ start, end }, 'UTC');
  if (endMs <= startMs) throw timeRangeEmpty();
  return { start, end };
}

/** All-day events last from midnight to midnight in the calendar's zone. */
export function rangeOf({ start, end }: Times, calendarZone: string): TimeRange {
  return { startMs: toMs(start ?? {}, calendarZone), endMs: toMs(end ?? {}, calendarZone) };
}

export function toMs({ date, dateTime }: EventDateTime, calendarZone: string): number {
  return dateTime ? Date.parse(dateTime) : localToMs(Date.parse(`${date ?? ''}T00:00:00Z`), calendarZone);
}

/** A kept time as an answer shows it, in the zone that the reader asked for. */
export function viewTime(time: EventDateTime, zone: string): EventDateTime {
  return time.dateTime ? { ...time, dateTime: formatMs(Date.parse(time.dateTime), zone) } : time;
}

/** RFC 3339 in whole seconds, with the zone's offset, or `Z`. */
export function formatMs(ms: number, zone = 'UTC'): string {
  const time = DateTime.fromMillis(Math.floor(ms / 1_000) * 1_000, { zone });
  return time.toISO({ suppressMilliseconds: true }) ?? '';
}

/** A parameter that must be RFC 3339 with an offset. */
export function parseInstant(text: string, name: string): number {
  const ms = withOffset.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw invalid(`Invalid value for ${name}: RFC 3339 with an offset is expected, not "${text}".`);
  return Math.floor(ms / 1_000) * 1_000;
}

export function checkZone(zone: string): string {
  if (!isZone(zone)) throw invalid(`Invalid time zone: ${zone}`);
  return zone;
}

/** A wall clock, read as if it were UTC: of two instants the earlier, and a time in a gap moves ahead by the gap. */
export function localToMs(wallMs: number, zone: string): number {
  const local = DateTime.fromMillis(wallMs, { zone: 'UTC' }).setZone(zone, { keepLocalTime: true });
  return (local.getPossibleOffsets()[0] ?? local).toMillis();
}

export function msToLocal(ms: number, zone: string): number {
  return ms + DateTime.fromMillis(ms, { zone }).offset * 60_000;
}

/** Known to be zones: asking the runtime takes longer than all else that is done with an event. */
const knownZones = new Set(['UTC']);

function isZone(zone: string): boolean {
  if (knownZones.has(zone)) return true;
  if (!IANAZone.isValidZone(zone)) return false;
  knownZones.add(zone);
  return true;
}

type Times = Pick<calendar_v3.Schema$Event, 'start' | 'end'>;

const withOffset = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
const withoutOffset = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/;

function normalizeTime(
  name: 'start' | 'end',
  { date, dateTime, timeZone }: EventDateTime,
  calendarZone: string,
  needsZone: boolean,
): EventDateTime {
  if (!date && !dateTime) throw required(`Missing ${name} time.`);
  if (date && dateTime) throw invalid(`Invalid ${name} time.`);
  if (timeZone && !isZone(timeZone)) throw invalid(`Invalid time zone definition for ${name} time.`);
  if (!dateTime) {
    if (!/^\d{4}-\d\d-\d\d$/.test(date ?? '') || !isOnCalendar(date ?? '')) throw invalid(`Invalid ${name} time.`);
    return { date: date ?? '' };
  }
  if (!isOnCalendar(dateTime)) throw invalid(`Invalid ${name} time.`);
  if (!timeZone && (needsZone || withoutOffset.test(dateTime))) {
    throw required(`Missing time zone definition for ${name} time.`);
  }
  const zone = timeZone ?? calendarZone;
  if (withOffset.test(dateTime)) return { dateTime: formatMs(Date.parse(dateTime)), timeZone: zone };
  if (!withoutOffset.test(dateTime)) throw invalid(`Invalid ${name} time.`);
  return { dateTime: formatMs(localToMs(Date.parse(`${dateTime}Z`), zone)), timeZone: zone };
}

/** Date.parse takes 30 February for 2 March. */
function isOnCalendar(text: string): boolean {
  return DateTime.fromISO(text, { zone: 'UTC' }).isValid;
}
