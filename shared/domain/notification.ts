import * as z from 'zod';
import { historyIdSchema, type HistoryId } from './history-id';

export interface MailboxNotification {
  /** Lower case. */
  readonly emailAddress: string;
  readonly historyId: HistoryId;
}

const notificationSchema = z.object({
  // Longer ones name no mailbox, nor could they name a document.
  emailAddress: z.email().max(320).toLowerCase(),
  historyId: z
    .union([z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).transform(String), z.string()])
    .pipe(historyIdSchema),
});

/**
 * Decodes the data of a Gmail push: base64url (standard base64 and missing padding are accepted too) of
 * `{"emailAddress": "...", "historyId": ...}`, where the id is a JSON number or a string. Returns undefined for anything
 * else: such a message will not get better by being delivered again.
 */
export function decodeNotification(dataBase64: string): MailboxNotification | undefined {
  if (!/^[\w+/-]*={0,2}$/.test(dataBase64.trim())) return undefined;
  const json = Buffer.from(dataBase64, 'base64').toString('utf8');
  try {
    return notificationSchema.parse(JSON.parse(quoteHistoryId(json)));
  } catch {
    return undefined;
  }
}

/** The payload of a notification that the bundle itself sends (sweep, continuation, "sync now"). */
export function encodeNotification({ emailAddress, historyId }: MailboxNotification): string {
  return JSON.stringify({ emailAddress, historyId });
}

/** Turns a bare number into a string before it is parsed: `JSON.parse` would round ids above 2^53. */
function quoteHistoryId(json: string): string {
  return json.replace(/("historyId"\s*:\s*)(\d+)(?=\s*[,}])/g, '$1"$2"');
}
