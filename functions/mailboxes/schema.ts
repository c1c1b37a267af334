import * as z from 'zod';
import { meetingEvents } from '../../shared/domain/meeting/meeting-view';
import {
  connectionNeedsAuthEvent,
  gapRecoveredEvent,
  messageEvent,
  needsAuthEvent,
  normalizedMessage,
} from '../../shared/domain/message/event-schemas';
import { taskEvents } from '../../shared/domain/task/view-task';

/** The API's shapes: requests, answers and events. Times are RFC 3339 in UTC. */

const instant = z.iso.datetime({ offset: true });
const emailAddress = z.email().max(320).toLowerCase();
const pageToken = z.string().min(1).max(2_000).optional();

export const emailParam = z.object({
  email: emailAddress.describe('The mailbox’s primary address.'),
});

export const registration = z.strictObject({
  labelIds: z
    .array(z.string().min(1).max(255))
    .max(50)
    .default(['INBOX'])
    .describe('Gmail label ids; none watches all mail but spam and trash.'),
  labelFilterBehavior: z
    .enum(['include', 'exclude'])
    .default('include')
    .describe('Whether only, or all but, these labels are watched.'),
  backfillSince: instant.optional().describe('Also deliver mail that arrived since then, before the registration.'),
});

export const mailbox = z
  .object({
    email: z.string(),
    status: z.enum(['onboarding', 'active', 'paused', 'needsAuth']),
    statusReason: z.string().nullable().describe('Code of the error behind `needsAuth`.'),
    labelIds: z.array(z.string()),
    labelFilterBehavior: z.enum(['include', 'exclude']),
    registeredAt: instant,
    checkpoint: z.string().nullable().describe('Gmail history id up to which every message is settled.'),
    behind: z.boolean().describe('Whether a push announced history that has not been read yet.'),
    notifiedHistoryId: z.string().nullable(),
    lastNotificationAt: instant.nullable(),
    lastSyncedAt: instant.nullable(),
    lastReconciledUntil: instant,
    deferredUntil: instant.nullable().describe('Google asked for quiet until then.'),
    recovery: z
      .object({ kind: z.enum(['gap', 'reconcile', 'backfill', 'replay']), since: instant, found: z.number() })
      .nullable()
      .describe('Reading outside the history that is under way.'),
    watch: z.object({
      expiration: instant.nullable(),
      error: z.string().nullable().describe('Code of the last renewal’s error.'),
    }),
    sequence: z.number().describe('Number of the newest event.'),
    unpublishedEvents: z.number(),
    counters: z.object({
      delivered: z.number(),
      skipped: z.number(),
      parked: z.number().describe('Messages that are set aside now.'),
      gapRecovered: z.number(),
      reconciled: z.number().describe('Messages that only reconciling found; expected to stay 0.'),
    }),
    logId: z.string().describe('Stands for the address in log lines.'),
  })
  .meta({ id: 'Mailbox' });

export const parkedMessage = z
  .object({
    messageId: z.string(),
    attempts: z.number(),
    code: z.string().describe('Of the last error.'),
    parkedAt: instant,
  })
  .meta({ id: 'ParkedMessage' });

export const mailboxDetails = z
  .object({ ...mailbox.shape, parkedMessages: z.array(parkedMessage) })
  .meta({ id: 'MailboxDetails' });

export const pageQuery = {
  pageSize: z.coerce.number().int().min(1).max(500).default(100),
  pageToken: pageToken.describe('`nextPageToken` of the page before.'),
};

export const mailboxList = z.object({ mailboxes: z.array(mailbox), nextPageToken: z.string().nullable() });

export const message = normalizedMessage.meta({ id: 'Message' });
export const messageList = z.object({ messages: z.array(message), nextPageToken: z.string().nullable() });

export const messageQuery = z.object({
  q: z.string().max(2_000).optional().describe('Gmail search syntax.'),
  labelIds: z
    .array(z.string())
    .max(50)
    .optional()
    .describe('Only messages with all of these labels; repeat the parameter.'),
  after: instant.optional(),
  before: instant.optional(),
  pageSize: z.coerce.number().int().min(1).max(50).default(10),
  pageToken,
});

export const attachmentContent = z.object({
  attachmentId: z.string(),
  size: z.number().describe('Bytes.'),
  data: z.string().describe('base64url.'),
});

export const agentEvent = z
  .union([messageEvent, gapRecoveredEvent, needsAuthEvent, connectionNeedsAuthEvent, ...meetingEvents, ...taskEvents])
  .meta({ id: 'Event' });

export const eventTypes = z.enum(agentEvent.options.map(({ shape }) => shape.type.value));

export const feedQuery = z.object({
  cursor: z
    .string()
    .max(500)
    .optional()
    .describe('`nextCursor` of the answer before; without it, the oldest kept event comes first.'),
  types: z.array(eventTypes).optional().describe('Only these; repeat the parameter.'),
  mailbox: emailAddress.optional(),
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
  waitSeconds: z.coerce
    .number()
    .int()
    .min(0)
    .max(30)
    .default(0)
    .describe('How long to wait for an event when there is none.'),
});

export const feed = z.object({
  events: z.array(agentEvent),
  nextCursor: z.string().nullable().describe('Where to go on; stays valid while events are kept (30 days).'),
});

export const mailboxFeedQuery = z.object({
  after: z.coerce.number().int().min(0).default(0).describe('Sequence number of the last event read.'),
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
});

export const mailboxFeed = z.object({
  events: z.array(z.object({ sequence: z.number(), recordedAt: instant, event: agentEvent })),
  nextAfter: z.number().describe('The `after` of the next request.'),
});

export const status = z.object({
  mailboxes: z.record(z.string(), z.number()).describe('How many, by status.'),
  attention: z
    .array(
      z.object({
        email: z.string(),
        problem: z.enum(['needsAuth', 'behind', 'deferred', 'watchFailing', 'unpublished', 'parked', 'onboarding']),
        detail: z.string(),
      }),
    )
    .describe('At most 200.'),
  truncated: z.boolean().describe('Whether there are more mailboxes than were looked at (1,000).'),
});

export const whoami = z.object({
  caller: z.string(),
  mailboxes: z.array(z.string()),
  domains: z.array(z.string()),
  capabilities: z.array(z.string()),
});
