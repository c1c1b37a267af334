import { gmailMessage, multipart, part } from '../shared/domain/message/gmail-message.fixture';
import type { GmailMessage, HistoryPage, Mailbox } from '../shared/domain/mailbox';
import { newMailboxRecord, watched, type MailboxRecord } from '../shared/domain/mailbox-record';
import { pushEnvelope } from './first-works';

/**
 * As little of Gmail as a notification needs, at no cost worth mentioning: every arrival is one new message, and all
 * messages look alike. The rules of the real thing are in `test/workspace`; here only the callers are measured.
 */
export class CannedGmail {
  readonly #arrivals = new Map<string, number>();

  /** New messages; returns the history id that Gmail would push. */
  arrive(emailAddress: string, count = 1): string {
    const arrivals = (this.#arrivals.get(emailAddress) ?? 0) + count;
    this.#arrivals.set(emailAddress, arrivals);
    return historyId(arrivals);
  }

  historySince(emailAddress: string, startHistoryId: string): HistoryPage {
    const arrivals = this.#arrivals.get(emailAddress) ?? 0;
    const history = [];
    for (let arrival = arrivalOf(startHistoryId) + 1; arrival <= arrivals; arrival++) {
      const message = { id: messageId(arrival), threadId: messageId(arrival), labelIds: ['INBOX'] };
      history.push({ id: historyId(arrival), messagesAdded: [{ message }] });
    }
    return { history, historyId: historyId(arrivals) };
  }

  message(id: string): GmailMessage {
    return gmailMessage(payload, { id, threadId: id, internalDate: String(Date.now()) });
  }

  /** The part of the port that a pass over new mail uses. */
  mailbox(emailAddress: string): Mailbox {
    const unused = async (): Promise<never> => {
      throw new Error('Nothing but new mail is measured here.');
    };
    return {
      emailAddress,
      listHistory: async ({ startHistoryId }) => this.historySince(emailAddress, startHistoryId),
      getMessage: async (id) => this.message(id),
      getProfile: unused,
      listMessages: unused,
      getAttachment: unused,
      watch: unused,
      stop: unused,
    };
  }
}

/** A mailbox that is registered, watched, and not to be reconciled while it is measured. */
export function settledMailbox(emailAddress: string, checkpoint = historyId(0)): MailboxRecord {
  const nowMs = Date.now();
  const dayMs = 86_400_000;
  const record = newMailboxRecord(emailAddress, { labelIds: ['INBOX'], labelFilterBehavior: 'include' }, nowMs);
  const watch = watched(record, { historyId: checkpoint, expirationMs: nowMs + 7 * dayMs }, nowMs, dayMs);
  return { ...record, ...watch, nextReconcileAtMs: nowMs + dayMs };
}

/** What Pub/Sub POSTs for one of Gmail's notifications. */
export function pushBody(emailAddress: string, newHistoryId: string, id: string): string {
  return pushEnvelope(JSON.stringify({ emailAddress, historyId: newHistoryId }), id);
}

const historyId = (arrival: number): string => String(5_000_000 + 10 * arrival);
const arrivalOf = (id: string): number => (Number(id) - 5_000_000) / 10;
const messageId = (arrival: number): string => arrival.toString(16).padStart(16, '0');

/** About 8 kB, as people write: text and HTML, with a quoted answer. */
const paragraph = 'Thank you for the numbers; the second sheet is what I was looking for. Shall we talk on Friday? ';
const text = `${paragraph.repeat(15)}\n\nOn Wed, 4 Mar 2026, Ada Ferrer <ada@example.com> wrote:\n> ${paragraph.repeat(10)}\n`;
const html = `<div><p>${paragraph.repeat(15)}</p><blockquote class="gmail_quote">${paragraph.repeat(10)}</blockquote></div>`;
const payload = multipart(
  'multipart/alternative',
  [
    part({ 'Content-Type': 'text/plain; charset=UTF-8' }, text),
    part({ 'Content-Type': 'text/html; charset=UTF-8' }, html),
  ],
  {
    From: 'Grace Okafor <grace@example.org>',
    To: 'Ada Ferrer <ada@example.com>',
    Subject: 'Re: Quarterly numbers',
    Date: 'Wed, 4 Mar 2026 17:02:11 +0000',
    'Message-ID': '<reply-2@mail.example.org>',
    'In-Reply-To': '<numbers-1@example.com>',
    'Authentication-Results': 'mx.google.com; dkim=pass header.i=@example.org; spf=pass; dmarc=pass',
  },
);
