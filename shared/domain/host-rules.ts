import * as z from 'zod';
import type { FieldError } from './errors';
import { parseWorkingRules, type WorkingHours } from './working-time';

const hours = {
  start: z.string().describe('`HH:MM` by the wall clock.'),
  end: z.string().describe('`HH:MM`, up to 24:00; not after the start, it is on the next day.'),
};

const bufferMinutes = z.int().min(0).max(1_440).default(0);

export const weeklyHours = z.array(
  z.strictObject({ days: z.array(z.int()).min(1).max(7).describe('1 = Monday … 7 = Sunday.'), ...hours }),
);

/** When a host can be booked, and by how much. Stored as it is. */
export const hostRules = z
  .strictObject({
    timeZone: z.string().describe('IANA time zone, such as Europe/Berlin.'),
    weekly: weeklyHours.max(100),
    overrides: z
      .array(
        z.strictObject({
          date: z.string().describe('`YYYY-MM-DD`.'),
          intervals: z.array(z.strictObject(hours)).max(50).describe('None closes the day.'),
        }),
      )
      .max(1_000)
      .default([]),
    bufferBeforeMinutes: bufferMinutes.describe('What must be free before a meeting.'),
    bufferAfterMinutes: bufferMinutes.describe('What must be free after a meeting.'),
    minimumNoticeMinutes: z.int().min(0).max(525_600).default(0),
    maxMeetingsPerDay: z.int().min(1).max(1_000).nullable().default(null).describe('That begin on one local day.'),
    calendarIds: z
      .array(z.string().min(1).max(255))
      .min(1)
      .max(50)
      .default(['primary'])
      .describe('Calendars that count as busy.'),
  })
  .superRefine((rules, context) => {
    const errors: FieldError[] = [];
    parseWorkingRules(rules, '', errors);
    for (const { path, message } of errors) context.addIssue({ code: 'custom', path: stepsOf(path), message });
  });

export type HostRules = z.output<typeof hostRules>;

/** What holds for a host without rules of its own: `weekly` in the zone of its calendar. */
export function defaultRules(timeZone: string, weekly: readonly (WorkingHours & { days: number[] })[]): HostRules {
  return hostRules.parse({ timeZone, weekly: weekly.map((one) => ({ ...one })) });
}

/** `.weekly[0].start` as zod writes it. */
function stepsOf(path: string): (string | number)[] {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
