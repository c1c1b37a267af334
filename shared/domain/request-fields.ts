import * as z from 'zod';
import { parseInstant } from './instant';
import { isTimeZone } from './local-time';

/** Fields that requests of several functions share. */

export const address = z.email().toLowerCase();

/** RFC 3339 with an offset. */
export const instant = z
  .string()
  .refine(
    (text) => !Number.isNaN(parseInstant(text)),
    'must be an RFC 3339 instant with an offset, such as 2026-03-09T09:00:00Z',
  )
  .meta({ format: 'date-time' });

export const timeZone = z
  .string()
  .refine((name) => isTimeZone(name), 'must be an IANA time zone such as Europe/Berlin')
  .overwrite(withUsualCase);

/** The runtime takes names in any case; others who are shown them may not. */
function withUsualCase(name: string): string {
  if (!isTimeZone(name)) return name;
  const { timeZone: usual } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
  return usual.toLowerCase() === name.toLowerCase() ? usual : name;
}

/** Text without line breaks and other control characters. */
export const singleLine = z.string().regex(/^\P{Cc}*$/u, 'must not contain line breaks or other control characters');

const ruleMinutes = (max: number) =>
  z.int().min(0).max(max).optional().describe('Instead of what each host’s rules say.');

/** What a request may say instead of the hosts' rules. */
export const ruleOverrides = {
  bufferBeforeMinutes: ruleMinutes(1_440),
  bufferAfterMinutes: ruleMinutes(1_440),
  minimumNoticeMinutes: ruleMinutes(525_600),
};

export const hostList = z
  .array(address)
  .min(1)
  .max(50)
  .transform((addresses) => [...new Set(addresses)]);

export const hostMode = z
  .enum(['collective', 'roundRobin'])
  .default('collective')
  .describe('Free for all hosts at once, or for at least one.');
