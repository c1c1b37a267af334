import * as z from 'zod';
import { httpUrl } from '../runtime/config';

/** Keys of the functions that keep tasks. */
export const taskSettings = z.object({
  MANAGED_BY: z.string().default('Attaché').describe('Name in the closing line of events that are made for tasks'),
});

/** Keys of the function that writes tasks' events. */
export const taskEvents = z.object({
  DEPLOYMENT: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and "-"')
    .default('attache')
    .describe('Names this installation in the events that it makes: of two in one domain, each another'),
  EVENT_SIGNING_KEY: z
    .string()
    .min(32, 'expected at least 32 characters')
    .describe('Secret that signs the mark on our events; whoever has it can make an event look like ours'),
  CALENDAR_WEBHOOK_URL: httpUrl().describe('Public HTTPS address of calendar-webhook, where Google announces changes'),
});
