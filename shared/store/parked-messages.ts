import * as z from 'zod';
import type { DocumentSnapshot, DocumentStore, Write } from '../domain/ports';

/** A message that kept failing and was set aside so that its mailbox goes on. Visible in the status, replayable. */
export interface ParkedMessage {
  readonly mailbox: string;
  readonly messageId: string;
  readonly attempts: number;
  /** The last error's code. */
  readonly code: string;
  readonly parkedAtMs: number;
}

const parkedDocument = z.object({
  mailbox: z.string(),
  messageId: z.string(),
  attempts: z.number(),
  code: z.string(),
  parkedAtMs: z.number(),
});

export function park(message: ParkedMessage): Write {
  return { op: 'set', path: parkedPath(message.mailbox, message.messageId), data: { ...message } };
}

export function unpark(mailbox: string, messageId: string): Write {
  return { op: 'delete', path: parkedPath(mailbox, messageId) };
}

export async function listParked(store: DocumentStore, mailbox: string, limit: number): Promise<ParkedMessage[]> {
  const snapshots = await store.query({
    collection: 'parkedMessages',
    where: [{ field: 'mailbox', op: '==', value: mailbox }],
    limit,
  });
  return snapshots.map(parse);
}

function parkedPath(mailbox: string, messageId: string): string {
  return `parkedMessages/${encodeURIComponent(`${mailbox}:${messageId}`)}`;
}

function parse(snapshot: DocumentSnapshot): ParkedMessage {
  return parkedDocument.parse(snapshot.data);
}
