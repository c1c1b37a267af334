import { createHash } from 'node:crypto';
import type { GmailMessage } from '../mailbox';
import type { GapRecovered, MessageEvent, NeedsAuth } from './event-schemas';
import { limitMessage } from './limit-message';
import { normalizeMessage } from './normalize-message';

/** A serialised event stays below this many bytes of UTF-8. */
export const maxEventBytes = 256 * 1024;

/** A CloudEvents 1.0 event in the structured JSON form. */
export interface CloudEvent<Type extends string, Data> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: Type;
  /** RFC 3339. */
  readonly time: string;
  readonly subject?: string;
  readonly datacontenttype: 'application/json';
  readonly data: Data;
}

/** A message as the event that agents receive, below 256 KB of JSON. Never throws. */
export function toMessageEvent(mailbox: string, message: GmailMessage): MessageEvent {
  const data = normalizeMessage(mailbox, message);
  const event = {
    ...toEvent('message.received', mailbox, { key: data.messageId, time: data.internalDate }, data),
    subject: `messages/${data.messageId}`,
  };
  const envelopeBytes = jsonBytes({ ...event, data: null });
  return { ...event, data: limitMessage(data, maxEventBytes - 1 - envelopeBytes) };
}

/** `since` and `time` are RFC 3339. */
export function toGapRecoveredEvent(
  mailbox: string,
  { time, ...gap }: Omit<GapRecovered, 'mailbox'> & { readonly time: string },
): CloudEvent<'mailbox.gapRecovered', GapRecovered> {
  return toEvent('mailbox.gapRecovered', mailbox, { key: `${gap.since}\n${gap.historyId}`, time }, { mailbox, ...gap });
}

/** `sequence` tells one refusal from the next of the same mailbox. */
export function toNeedsAuthEvent(
  mailbox: string,
  { time, sequence, ...refusal }: Omit<NeedsAuth, 'mailbox'> & { readonly time: string; readonly sequence: number },
): CloudEvent<'mailbox.needsAuth', NeedsAuth> {
  return toEvent('mailbox.needsAuth', mailbox, { key: String(sequence), time }, { mailbox, ...refusal });
}

/** `key` tells the event from all others of its type and mailbox, and is the same when the event is made again. */
export function toEvent<Type extends string, Data>(
  type: Type,
  mailbox: string,
  { key, time }: { readonly key: string; readonly time: string },
  data: Data,
): CloudEvent<Type, Data> {
  return {
    specversion: '1.0',
    id: eventId(type, mailbox, key),
    source: `//gmail.googleapis.com/users/${encodeURIComponent(Buffer.from(mailbox).toString())}`,
    type,
    time,
    datacontenttype: 'application/json',
    data,
  };
}

/** The id of a message's event: the same for ever, without an address in it, fit to name a document. */
export function messageEventId(mailbox: string, messageId: string): string {
  return eventId('message.received', mailbox, messageId);
}

function eventId(type: string, mailbox: string, key: string): string {
  const digest = createHash('sha256').update(`${mailbox.toLowerCase()}\n${type}\n${key}`).digest('hex');
  return `evt_${digest.slice(0, 32)}`;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
