import type { EventTime } from '../calendar';
import { DAY_MS, parseDay, parseInstant } from '../instant';
import { localDay, resolveLocal, zoneOffsets } from '../local-time';
import { dateOf } from './recurrence';

/** When something happens, as an event has it: two dates, the end exclusive, or two instants with their zone. */
export interface When {
  readonly start: EventTime;
  readonly end: EventTime;
}

/** When something is due, as a task has it. Dates are `YYYY-MM-DD`, instants are RFC 3339 in UTC. */
export interface Due {
  readonly due: string | null;
  /** Null: the one day, or one hour. Of a date exclusive. */
  readonly end: string | null;
  /** Null: the zone of the user's calendar. */
  readonly timeZone: string | null;
  readonly reminderAt: string | null;
}

const HOUR_MS = 3_600_000;
/** Google takes no reminder earlier than four weeks before. */
const maxReminderMinutes = 40_320;

export function toWhen({ due, end, timeZone }: Due, zone: string, nowMs: number): When {
  if (due === null) return allDay(todayIn(timeZone ?? zone, nowMs), null);
  if (isDate(due)) return allDay(due, end);
  const dueMs = parseInstant(due);
  const time = (ms: number): EventTime => ({ dateTime: new Date(ms).toISOString(), timeZone: timeZone ?? zone });
  return { start: time(dueMs), end: time(end === null ? dueMs + HOUR_MS : parseInstant(end)) };
}

/** What a task says after its event was moved. What the task left open stays open where it can; a reminder moves along. */
export function fromWhen(when: When, before: Due, beforeWhen: When, zone: string): Due {
  const { start, end } = when;
  const { reminderAt } = before;
  const beforeZone = before.timeZone ?? zone;
  const moved = startMs(when, beforeZone) - startMs(beforeWhen, beforeZone);
  const rest = {
    timeZone: start.timeZone === undefined || start.timeZone === beforeZone ? before.timeZone : start.timeZone,
    reminderAt: reminderAt === null ? null : new Date(parseInstant(reminderAt) + moved).toISOString(),
  };
  if (start.date !== undefined) {
    const isOneDay = end.date === undefined || end.date === nextDay(start.date);
    return { due: start.date, end: isOneDay && before.end === null ? null : (end.date ?? null), ...rest };
  }
  const [fromMs, toMs] = [instantMs(start), instantMs(end)];
  const isOneHour = toMs === fromMs + HOUR_MS && before.end === null;
  return { due: new Date(fromMs).toISOString(), end: isOneHour ? null : new Date(toMs).toISOString(), ...rest };
}

/** Equal for the same time. The zone counts only for what repeats: it says when the clocks change. */
export function whenKey({ start, end }: When, repeats: boolean): string {
  if (start.date !== undefined) return `${start.date}/${end.date}`;
  return `${instantMs(start)}/${instantMs(end)}${repeats ? `/${start.timeZone}` : ''}`;
}

/** Minutes before the start, as Google wants them. */
export function reminderMinutes(reminderAt: string, when: When, zone: string): number {
  const minutes = Math.round((startMs(when, zone) - parseInstant(reminderAt)) / 60_000);
  return Math.min(Math.max(minutes, 0), maxReminderMinutes);
}

export function isDate(text: string): boolean {
  return text.length === 10;
}

export function isAllDay({ start }: When): boolean {
  return start.date !== undefined;
}

/** Local midnight for a whole day. */
function startMs({ start }: When, zone: string): number {
  if (start.date === undefined) return instantMs(start);
  const localMs = parseDay(start.date) * DAY_MS;
  return resolveLocal(zoneOffsets(zone, localMs - DAY_MS, localMs + DAY_MS), localMs);
}

function instantMs({ dateTime = '' }: EventTime): number {
  return parseInstant(dateTime);
}

function allDay(date: string, end: string | null): When {
  return { start: { date }, end: { date: end !== null && end > date ? end : nextDay(date) } };
}

function nextDay(date: string): string {
  return dateOf(parseDay(date) + 1);
}

function todayIn(zone: string, nowMs: number): string {
  return dateOf(localDay(zoneOffsets(zone, nowMs, nowMs), nowMs));
}
