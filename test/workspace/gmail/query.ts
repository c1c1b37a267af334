import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { invalidArgument } from '../google-api-error';
import type { Mailbox, StoredMessage } from './mailbox';
import type { GmailMethod } from './method-units';
import { compileSearch } from './search';

export interface ListRequest {
  readonly q?: string | undefined;
  /** All of them must be on a message. */
  readonly labelIds?: readonly string[] | undefined;
  readonly maxResults?: number | undefined;
  readonly pageToken?: string | undefined;
  readonly includeSpamTrash?: boolean | undefined;
}

/** What the API's collections need of the model: charge a call and get the mailbox, and the page size now in force. */
export interface CallContext {
  call(email: string, method: GmailMethod): Mailbox;
  readonly settings: { readonly pageSizeLimit: number };
}

/** Indexed messages that match, newest first. */
export function* searchMailbox(
  mailbox: Mailbox,
  { q = '', labelIds = [], includeSpamTrash = false }: ListRequest,
): Generator<StoredMessage> {
  const search = compileSearch(q, (name) => mailbox.labels.idByName(name));
  const isHidden = (id: string) => id === 'SPAM' || id === 'TRASH';
  const seesSpamTrash = includeSpamTrash || search.seesSpamTrash || labelIds.some(isHidden);
  for (const message of mailbox.newestFirst()) {
    if (!seesSpamTrash && message.labelIds.some(isHidden)) continue;
    if (labelIds.every((id) => message.labelIds.includes(id)) && search.matches(message)) yield message;
  }
}

/**
 * One page of `newestFirst`, which is read no further than needed: the estimate of the result's size is what was seen.
 * The token names the last item shown, so that newer mail does not move the pages.
 */
export function pageOf(
  newestFirst: Iterable<StoredMessage>,
  { maxResults, pageToken }: ListRequest,
  pageSizeLimit: number,
): { items: StoredMessage[] } & Pick<gmail_v1.Schema$ListMessagesResponse, 'nextPageToken' | 'resultSizeEstimate'> {
  const size = Math.min(maxResults || 100, 500, pageSizeLimit);
  const isWanted = pageToken ? isBelow(pageToken) : () => true;
  const items: StoredMessage[] = [];
  let seen = 0;
  for (const message of newestFirst) {
    seen += 1;
    if (!isWanted(message)) continue;
    const last = items.at(-1);
    if (last && items.length === size) {
      return { items, nextPageToken: `${last.internalDateMs}-${last.id}`, resultSizeEstimate: seen };
    }
    items.push(message);
  }
  return { items, resultSizeEstimate: seen };
}

function isBelow(pageToken: string): (message: StoredMessage) => boolean {
  const [, dateMs, id] = /^(-?\d+)-([0-9a-f]{16})$/.exec(pageToken) ?? [];
  if (!dateMs || !id) throw invalidArgument('Invalid pageToken');
  const internalDateMs = Number(dateMs);
  return (message) =>
    message.internalDateMs < internalDateMs || (message.internalDateMs === internalDateMs && message.id < id);
}
