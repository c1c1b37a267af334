import * as z from 'zod';
import { positiveInteger } from '../runtime/config';

/** Keys of the functions that keep mailboxes. */
export const mailSettings = z.object({
  GMAIL_NOTIFICATIONS_TOPIC: z
    .string()
    .default('gmail-notifications')
    .describe('Topic that Gmail publishes to, and that carries the bundle’s own wake-ups'),
  AGENT_EVENTS_TOPIC: z.string().default('agent-events').describe('Topic that agents’ events go to'),
  QUIET_MINUTES: positiveInteger()
    .default(30)
    .describe('A mailbox from which nothing was heard for so long is read without a push'),
  RECONCILE_HOURS: positiveInteger().default(6).describe('How often each mailbox is compared with its event records'),
  WATCH_RENEW_HOURS: positiveInteger()
    .default(22)
    .describe('Age at which a Gmail watch is renewed; Gmail ends it after seven days'),
});

export const quotaSettings = z.object({
  GMAIL_UNITS_PER_MINUTE_PER_MAILBOX: positiveInteger()
    .default(6_000)
    .describe('Gmail quota units that one mailbox may use in a minute'),
  GMAIL_UNITS_PER_MINUTE_PER_PROJECT: positiveInteger()
    .default(1_200_000)
    .describe('Gmail quota units of the whole project in a minute'),
  MAX_INSTANCES: positiveInteger()
    .default(100)
    .describe('Most instances of this function; each keeps to its share of the project’s units'),
});
