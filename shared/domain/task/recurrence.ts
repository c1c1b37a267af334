import * as z from 'zod';
import { DAY_MS, parseDay, parseInstant } from '../instant';
import { localDay, resolveLocal, zoneOffsets } from '../local-time';

const FREQUENCIES = ['daily', 'weekly', 'monthly', 'yearly'] as const;
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;

export const date = z
  .string()
  .refine((text) => text.length === 10 && !Number.isNaN(parseDay(text)), 'expected a date such as 2026-03-09');

const simpleRecurrence = z
  .strictObject({
    type: z.enum(FREQUENCIES),
    interval: z.int().min(1).max(99).default(1),
    weekdays: z.array(z.enum(WEEKDAYS)).min(1).max(7).exactOptional().describe('Of `weekly` only.'),
    endDate: date.exactOptional().describe('The last day, in the task’s time zone.'),
    count: z.int().min(1).max(999).exactOptional(),
  })
  .refine(({ endDate, count }) => endDate === undefined || count === undefined, {
    path: ['count'],
    message: 'goes without endDate',
  })
  .refine(({ type, weekdays }) => type === 'weekly' || weekdays === undefined, {
    path: ['weekdays'],
    message: 'goes with type weekly only',
  });

const ruleLine = z
  .string()
  .max(2_000)
  .regex(/^(RRULE|EXRULE|EXDATE|RDATE)[;:]/, 'expected a line such as RRULE:FREQ=DAILY');

/** How a task repeats. `custom` is what a calendar has and the other fields cannot say; it is kept as it is, whatever it is. */
export const recurrence = z.discriminatedUnion('type', [
  simpleRecurrence,
  z.strictObject({ type: z.literal('custom'), rules: z.array(z.string()) }),
]);

/** What a request may ask for. */
export const recurrenceRequest = z.discriminatedUnion('type', [
  simpleRecurrence,
  z.strictObject({ type: z.literal('custom'), rules: z.array(ruleLine).min(1).max(50) }),
]);

export type Recurrence = z.output<typeof recurrence>;

export interface RecurrenceContext {
  readonly allDay: boolean;
  readonly timeZone: string;
}

/** Lines of RFC 5545, as Google takes them; none for what does not repeat. */
export function toRules(rule: Recurrence | null, { allDay, timeZone }: RecurrenceContext): string[] {
  if (rule === null) return [];
  if (rule.type === 'custom') return [...rule.rules];
  const { type, interval, weekdays, endDate, count } = rule;
  const parts = [`FREQ=${type.toUpperCase()}`];
  if (interval > 1) parts.push(`INTERVAL=${interval}`);
  if (weekdays) parts.push(`BYDAY=${WEEKDAYS.filter((day) => weekdays.includes(day)).join(',')}`);
  if (count !== undefined) parts.push(`COUNT=${count}`);
  // A timed series has to name the instant, in UTC, that its last day ends at.
  if (endDate !== undefined)
    parts.push(`UNTIL=${allDay ? compact(endDate) : compact(lastSecondOf(endDate, timeZone))}`);
  return [`RRULE:${parts.join(';')}`];
}

export function fromRules(lines: readonly string[], { timeZone }: RecurrenceContext): Recurrence | null {
  if (lines.length === 0) return null;
  const custom: Recurrence = { type: 'custom', rules: [...lines] };
  const [line = '', ...more] = lines;
  if (more.length > 0 || !line.startsWith('RRULE:')) return custom;
  const parts = new Map(
    line
      .slice('RRULE:'.length)
      .split(';')
      .map((part) => part.split(/=(.*)/s) as [string, string]),
  );
  const { FREQ, INTERVAL, BYDAY, COUNT, UNTIL, WKST, ...others } = Object.fromEntries(parts);
  // The first day of the week matters only where weeks are left out.
  if (Object.keys(others).length > 0 || (WKST !== undefined && WKST !== 'MO' && INTERVAL !== undefined)) return custom;
  const parsed = simpleRecurrence.safeParse({
    type: FREQ?.toLowerCase(),
    ...(INTERVAL !== undefined && { interval: Number(INTERVAL) }),
    ...(BYDAY !== undefined && { weekdays: BYDAY.split(',') }),
    ...(COUNT !== undefined && { count: Number(COUNT) }),
    ...(UNTIL !== undefined && { endDate: lastDayOf(UNTIL, timeZone) }),
  });
  return parsed.success ? parsed.data : custom;
}

/** Equal for rules that only differ in the order of their parts and in what goes without saying. */
export function rulesKey(lines: readonly string[]): string {
  return lines
    .map((line) => {
      const [name = '', value = ''] = line.split(/:(.*)/s);
      if (name !== 'RRULE') return line;
      return value
        .split(';')
        .filter((part) => part !== 'INTERVAL=1' && part !== 'WKST=MO')
        .sort()
        .join(';');
    })
    .sort()
    .join('\n');
}

function lastSecondOf(day: string, timeZone: string): string {
  const endMs = (parseDay(day) + 1) * DAY_MS;
  const instant = resolveLocal(zoneOffsets(timeZone, endMs - DAY_MS, endMs + DAY_MS), endMs) - 1_000;
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/** The local date of `20260309T225959Z`; a bare date is that date. Undefined for anything else. */
function lastDayOf(until: string, timeZone: string): string | undefined {
  const [, day, time] = /^(\d{8})(?:T(\d{6})Z)?$/.exec(until) ?? [];
  if (day === undefined) return undefined;
  const text = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  if (time === undefined) return text;
  const instant = parseInstant(`${text}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`);
  if (Number.isNaN(instant)) return undefined;
  return dateOf(localDay(zoneOffsets(timeZone, instant, instant), instant));
}

/** `YYYY-MM-DD` of a count of days since 1970-01-01. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function compact(text: string): string {
  return text.replace(/[-:]/g, '');
}
