import type { GmailMessage, MessagePart } from '../mailbox';
import { readAuthentication } from './authentication-results';
import { readAutomated } from './automated';
import { cleanLine, cleanText, clip } from './clean-text';
import type { Address, NormalizedMessage } from './event-schemas';
import { extractReply } from './extract-reply';
import { allValues, firstValue, readAddresses, readHeaders, readLine, readMessageIds } from './header-values';
import { joinHtml, joinText } from './join-segments';
import { readDate } from './read-date';
import { readParts } from './read-parts';

const maxIdChars = 256;
const maxSnippetChars = 1000;
const maxWarnings = 20;
const maxWarningChars = 200;
/** The year 10000, for which RFC 3339 has no digits. */
const firstUnwritableMs = 253_402_300_800_000;

/**
 * A Gmail message as an agent sees it: decoded, in plain fields, without characters that only machines see. Never throws,
 * whatever the message: what cannot be read is empty or null and named in `parseWarnings`. Bodies and lists have their full
 * length; `toMessageEvent` cuts them where an event would be too large.
 */
export function normalizeMessage(mailbox: string, message: GmailMessage): NormalizedMessage {
  const warnings = new Set<string>();
  const warn = (warning: string) => {
    if (warnings.size < maxWarnings) warnings.add(clip(cleanLine(warning), maxWarningChars));
  };
  /** A field that cannot be read is no reason to lose the others. */
  const attempt = <Value>(what: string, read: () => Value, otherwise: Value): Value => {
    try {
      return read();
    } catch {
      warn(`${what} cannot be read.`);
      return otherwise;
    }
  };

  const payload = attempt<MessagePart>('The message', () => message.payload ?? {}, {});
  const headers = attempt('The header', () => readHeaders(payload), []);
  const addressesOf = (name: string) =>
    attempt<Address[]>(name, () => allValues(headers, name).flatMap(readAddresses), []);
  const idsOf = (name: string) => attempt(name, () => allValues(headers, name).flatMap(readMessageIds), []);
  const property = (name: Exclude<keyof GmailMessage, 'payload' | 'labelIds'>) =>
    attempt(name, () => clip(cleanLine(String(message[name] ?? '')), maxSnippetChars), '');
  const parts = attempt('The body', () => readParts(payload, warn), { segments: [], attachments: [] });
  const text = attempt('The text', () => tidy(cleanText(joinText(parts.segments))), '');

  const fields: Omit<NormalizedMessage, 'parseWarnings'> = {
    mailbox,
    messageId: property('id'),
    threadId: property('threadId'),
    historyId: property('historyId'),
    rfc822MessageId: idsOf('message-id')[0] ?? null,
    inReplyTo: idsOf('in-reply-to')[0] ?? null,
    references: idsOf('references'),
    from: onlySender(addressesOf('from'), warn),
    to: addressesOf('to'),
    cc: addressesOf('cc'),
    replyTo: addressesOf('reply-to').filter(({ address }) => address !== ''),
    subject: attempt('subject', () => readLine(firstValue(headers, 'subject')), ''),
    date: attempt('date', () => presentDate(readDate(firstValue(headers, 'date')), warn), null),
    internalDate: toInstant(property('internalDate'), warn),
    labelIds: attempt('labelIds', () => message.labelIds.map((label) => clip(String(label), maxIdChars)), []),
    snippet: property('snippet').replace(/&(?:amp|lt|gt|quot|#39);/g, (escaped) => unescaped[escaped] ?? escaped),
    text,
    replyText: attempt('The reply', () => extractReply(text), text),
    html: attempt('The HTML', () => joinHtml(parts.segments), null),
    attachments: parts.attachments,
    authentication: attempt('authentication-results', () => readAuthentication(headers), noVerdicts),
    automated: attempt('automated', () => readAutomated(headers), notAutomated),
    trust: 'untrusted',
    truncated: false,
  };
  return { ...fields, parseWarnings: [...warnings] };
}

const noVerdicts = { spf: null, dkim: null, dmarc: null };
const notAutomated = { autoSubmitted: false, bulk: false, bounce: false };
const unescaped: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

type Warn = (warning: string) => void;

function onlySender(senders: readonly Address[], warn: Warn): Address | null {
  const [first = null, ...others] = senders;
  if (!first) warn('The message names no sender.');
  if (others.length > 0) warn(`The message names ${senders.length} senders; the first is given.`);
  return first;
}

function presentDate(date: string | null, warn: Warn): string | null {
  if (date === null) warn('The date is missing or cannot be read.');
  return date;
}

function toInstant(epochMs: string, warn: Warn): string {
  if (/^\d{1,15}$/.test(epochMs) && Number(epochMs) < firstUnwritableMs) return new Date(Number(epochMs)).toISOString();
  warn('internalDate cannot be read.');
  return new Date(0).toISOString();
}

/** Without white space that nobody sees: at line ends, around the text, and beyond one blank line. */
function tidy(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
