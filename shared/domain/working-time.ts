import type { FieldError } from './errors';
import { DAY_MS, parseDay } from './instant';
import { type Intervals, mergeIntervals } from './intervals';
import { isTimeZone, resolveLocal, zoneOffsets } from './local-time';

/** When a host can be booked, in local time of `timeZone`. A day without working hours is closed. */
export interface WorkingRules {
  readonly timeZone: string;
  /** `days`: 1 = Monday … 7 = Sunday. */
  readonly weekly: readonly (WorkingHours & { readonly days: readonly number[] })[];
  /** What holds instead of `weekly` on one `date` (`YYYY-MM-DD`); an empty list closes it. */
  readonly overrides: readonly { readonly date: string; readonly intervals: readonly WorkingHours[] }[];
}

/**
 * `HH:MM`, up to 24:00. An end that is not after the start is on the next day. Hours belong to the day they start on: an
 * override replaces those that start on its date, and leaves the end of the night shift from the day before.
 */
export interface WorkingHours {
  readonly start: string;
  readonly end: string;
}

/** Rules that have been checked and taken apart. */
export interface WorkingSchedule {
  readonly timeZone: string;
  /** Under 1 … 7. */
  readonly weekly: readonly (readonly Shift[])[];
  /** By days since 1970-01-01. */
  readonly overrides: ReadonlyMap<number, readonly Shift[]>;
}

/** Minutes after local midnight by the wall clock; the end is after the start, up to 48 hours. */
interface Shift {
  readonly start: number;
  readonly end: number;
}

export interface WorkingTime {
  readonly intervals: Intervals;
  /** The instant at which the first shift of each working day starts, ascending. */
  readonly dayStarts: readonly number[];
}

/**
 * The working time of all shifts that start on the local dates from `firstDay` to `lastDay` (days since 1970-01-01).
 * Shifts that overlap or touch are one interval.
 *
 * A date that the zone skipped (30 December 2011 in Samoa) has no shifts; a shift that the clocks jump over altogether
 * takes place after the jump if "compatible" leaves anything of it.
 */
export function workingTime(schedule: WorkingSchedule, firstDay: number, lastDay: number): WorkingTime {
  // Local days begin up to a day before or after the days of UTC, and their shifts end up to two days later.
  const offsets = zoneOffsets(schedule.timeZone, (firstDay - 1) * DAY_MS, (lastDay + 3) * DAY_MS);
  const starts: number[] = [];
  const ends: number[] = [];
  const dayStarts: number[] = [];
  let midnight = resolveLocal(offsets, firstDay * DAY_MS);
  for (let day = firstDay; day <= lastDay; day++) {
    const nextMidnight = resolveLocal(offsets, (day + 1) * DAY_MS);
    const shifts = schedule.overrides.get(day) ?? schedule.weekly[weekday(day)]!;
    let dayStart = Infinity;
    for (const shift of midnight < nextMidnight ? shifts : []) {
      const start = resolveLocal(offsets, day * DAY_MS + shift.start * 60_000);
      const end = resolveLocal(offsets, day * DAY_MS + shift.end * 60_000);
      if (start >= end) continue;
      starts.push(start);
      ends.push(end);
      dayStart = Math.min(dayStart, start);
    }
    if (dayStart < Infinity) dayStarts.push(dayStart);
    midnight = nextMidnight;
  }
  return { intervals: mergeIntervals(starts, ends), dayStarts };
}

/** Takes the rules apart. What is wrong with them goes to `errors`, and the schedule is then of no use. */
export function parseWorkingRules(rules: WorkingRules, path: string, errors: FieldError[]): WorkingSchedule {
  if (!isTimeZone(rules.timeZone)) {
    errors.push({ path: `${path}.timeZone`, message: 'must be an IANA time zone such as Europe/Berlin' });
  }
  const weekly: Shift[][] = Array.from({ length: 8 }, () => []);
  rules.weekly.forEach((hours, i) => {
    const shift = parseShift(hours, `${path}.weekly[${i}]`, errors);
    hours.days.forEach((day, j) => {
      if (Number.isInteger(day) && day >= 1 && day <= 7) weekly[day]!.push(shift);
      else errors.push({ path: `${path}.weekly[${i}].days[${j}]`, message: 'must be 1 (Monday) to 7 (Sunday)' });
    });
  });

  const overrides = new Map<number, readonly Shift[]>();
  rules.overrides.forEach(({ date, intervals }, i) => {
    const datePath = `${path}.overrides[${i}].date`;
    const day = date.length === 'YYYY-MM-DD'.length ? parseDay(date) : NaN;
    if (Number.isNaN(day)) errors.push({ path: datePath, message: 'must be a date as YYYY-MM-DD' });
    else if (overrides.has(day)) errors.push({ path: datePath, message: 'must not have a second override' });
    const shifts = intervals.map((hours, j) => parseShift(hours, `${path}.overrides[${i}].intervals[${j}]`, errors));
    overrides.set(day, shifts);
  });
  return { timeZone: rules.timeZone, weekly, overrides };
}

function parseShift(hours: WorkingHours, path: string, errors: FieldError[]): Shift {
  const start = parseMinutes(hours.start, `${path}.start`, errors);
  const end = parseMinutes(hours.end, `${path}.end`, errors);
  return { start, end: end <= start ? end + 24 * 60 : end };
}

function parseMinutes(time: string, path: string, errors: FieldError[]): number {
  const [, hours, minutes] = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/.exec(time) ?? [];
  if (time !== '24:00' && hours === undefined) {
    errors.push({ path, message: 'must be a time as HH:MM, from 00:00 to 24:00' });
  }
  return hours === undefined ? 24 * 60 : Number(hours) * 60 + Number(minutes);
}

function weekday(day: number): number {
  // 1970-01-01 was a Thursday; dates before it have negative days.
  return ((((day + 3) % 7) + 7) % 7) + 1;
}
