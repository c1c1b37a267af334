import * as z from 'zod';
import { hostRules } from '../../shared/domain/host-rules';
import { parseInstant } from '../../shared/domain/instant';
import { address, hostList, hostMode, instant, ruleOverrides, timeZone } from '../../shared/domain/request-fields';

/** The API's shapes. Times are RFC 3339. */

const distinct = (addresses: string[]) => [...new Set(addresses)];

export const emailParam = z.object({ email: address.describe('The host’s primary address.') });

export const hostRulesView = z
  .object({
    email: z.string(),
    isDefault: z.boolean().describe('Whether the host has no rules of its own, so that the configured default holds.'),
    rules: hostRules,
  })
  .meta({ id: 'HostRules' });

const maxWindowMs = 366 * 86_400_000;
const maxGridPoints = 1_000_000;

export const slotQuery = z
  .strictObject({
    hosts: hostList,
    mode: hostMode,
    timeMin: instant,
    timeMax: instant.describe('At most 366 days after `timeMin`.'),
    timeZone: timeZone.optional().describe('Of `localStart`; the first host’s where it is left out.'),
    durationMinutes: z.int().min(1).max(1_440),
    slotIntervalMinutes: z
      .int()
      .min(1)
      .max(1_440)
      .optional()
      .describe('From one start to the next; the duration by default.'),
    ...ruleOverrides,
    attendees: z
      .array(address)
      .max(50)
      .default([])
      .transform(distinct)
      .describe('Colleagues whose calendars must be free during the meeting too; without buffers and working hours.'),
    excludeMeetingId: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('A meeting that is to move: its own time counts as free.'),
    maxSlots: z.int().min(1).max(10_000).default(1_000),
  })
  .superRefine((query, context) => {
    const windowMs = parseInstant(query.timeMax) - parseInstant(query.timeMin);
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (windowMs <= 0) refuse('timeMax', 'must be after timeMin');
    if (windowMs > maxWindowMs) refuse('timeMax', 'must be at most 366 days after timeMin');
    const intervalMs = (query.slotIntervalMinutes ?? query.durationMinutes) * 60_000;
    if ((windowMs / intervalMs) * query.hosts.length > maxGridPoints) {
      refuse('slotIntervalMinutes', 'is too small for so long a window and so many hosts');
    }
  });

export const slotAnswer = z.object({
  timeZone: z.string().nullable(),
  asOf: z.string().describe('Google’s busy times may be 5 seconds older.'),
  slots: z.array(
    z.object({
      start: z.string(),
      end: z.string(),
      hosts: z.array(z.string()).describe('`collective`: all. `roundRobin`: those who can, the least booked first.'),
      localStart: z.string().describe('With offset and zone, such as `2026-03-09T09:00:00-04:00[America/New_York]`.'),
    }),
  ),
  warnings: z.array(
    z.object({
      code: z.enum(['defaultRules', 'calendarUnreadable', 'moreSlots']),
      email: z.string().optional().describe('Whom it is about.'),
      message: z.string(),
    }),
  ),
});
