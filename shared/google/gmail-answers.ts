import * as z from 'zod';
import { historyIdSchema } from '../domain/history-id';
import type { GmailMessage, HistoryPage, MessagePart } from '../domain/mailbox';

/**
 * What Gmail's answers must have to be used, and what is kept of them. Fields that are not listed are dropped; lists that
 * Gmail leaves out when they are empty are empty lists here, except where the port says otherwise.
 */

const id = z.string().min(1);
const pageToken = z.string().exactOptional();
const labelIds = z.array(z.string());

const historyMessage = z.object({ id, threadId: id.exactOptional(), labelIds: labelIds.exactOptional() });

export const profileAnswer = z.object({ emailAddress: z.string(), historyId: historyIdSchema });

export const historyAnswer: z.ZodType<HistoryPage> = z.object({
  history: z
    .array(
      z.object({
        id: historyIdSchema,
        messagesAdded: z.array(z.object({ message: historyMessage })).exactOptional(),
        labelsAdded: z.array(z.object({ message: historyMessage, labelIds: labelIds.default([]) })).exactOptional(),
      }),
    )
    .exactOptional(),
  nextPageToken: pageToken,
  historyId: historyIdSchema,
});

const partFields = z.object({
  partId: z.string().exactOptional(),
  mimeType: z.string().exactOptional(),
  filename: z.string().exactOptional(),
  headers: z.array(z.object({ name: z.string().default(''), value: z.string().default('') })).exactOptional(),
  body: z
    .object({
      data: z.string().exactOptional(),
      attachmentId: z.string().exactOptional(),
      size: z.number().exactOptional(),
    })
    .exactOptional(),
  parts: z.array(z.unknown()).exactOptional(),
});

/** Part by part: a sender may nest them deeper than a schema that contains itself can follow. */
const messagePart = z.unknown().transform((root, context): MessagePart => {
  const roots: MessagePart[] = [];
  const pending: { readonly raw: readonly unknown[]; readonly read: MessagePart[] }[] = [{ raw: [root], read: roots }];
  for (let siblings = pending.pop(); siblings; siblings = pending.pop()) {
    for (const raw of siblings.raw) {
      const part = partFields.safeParse(raw);
      if (!part.success) {
        context.addIssue({ code: 'custom', message: 'has a part that is none' });
        return z.NEVER;
      }
      const { parts, ...fields } = part.data;
      if (parts === undefined) {
        siblings.read.push(fields);
        continue;
      }
      const read: MessagePart[] = [];
      siblings.read.push({ ...fields, parts: read });
      pending.push({ raw: parts, read });
    }
  }
  return roots[0] ?? {};
});

export const messageAnswer: z.ZodType<GmailMessage> = z.object({
  id,
  threadId: id,
  labelIds: labelIds.default([]),
  snippet: z.string().exactOptional(),
  historyId: historyIdSchema,
  internalDate: z.string().regex(/^-?\d+$/),
  sizeEstimate: z.number().exactOptional(),
  payload: messagePart,
});

export const messageListAnswer = z.object({
  messages: z.array(z.object({ id, threadId: id })).default([]),
  nextPageToken: pageToken,
});

export const attachmentAnswer = z
  .object({ data: z.string().default(''), size: z.number() })
  .refine(({ data, size }) => size === 0 || data !== '');

export const watchAnswer = z
  .object({ historyId: historyIdSchema, expiration: z.string().regex(/^\d{1,15}$/) })
  .transform(({ historyId, expiration }) => ({ historyId, expirationMs: Number(expiration) }));

/**
 * The value of an answer's text. 64-bit numbers become strings first: Gmail sends them as strings, but nothing in its
 * format makes it. No text inside a string value can look like a key here, because its quotes are escaped.
 */
export function parseAnswer(text: string): unknown {
  return JSON.parse(text.replace(/("(?:historyId|id|internalDate|expiration)"\s*:\s*)(-?\d+)/g, '$1"$2"'));
}
