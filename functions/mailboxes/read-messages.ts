import pMap from 'p-map';
import type * as z from 'zod';
import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import type { Mailbox } from '../../shared/domain/mailbox';
import type { NormalizedMessage } from '../../shared/domain/message/event-schemas';
import { normalizeMessage } from '../../shared/domain/message/normalize-message';
import type { messageQuery } from './schema';

/** A page of Gmail's own search, newest first, normalised like events and never cut. */
export async function searchMessages(
  mailbox: Mailbox,
  query: z.output<typeof messageQuery>,
): Promise<{ messages: NormalizedMessage[]; nextPageToken: string | null }> {
  const search = {
    ...searchTerms(query),
    ...(query.labelIds && { labelIds: query.labelIds }),
    ...(query.pageToken !== undefined && { pageToken: query.pageToken }),
  };
  const page = await mailbox.listMessages({ ...search, maxResults: query.pageSize }).catch((error: unknown) => {
    throw isAttacheError(error, 'invalid') ? refusedSearch(error, Object.keys(search)) : error;
  });
  const messages = await pMap(page.messages, ({ id }) => fetchUnlessDeleted(mailbox, id), { concurrency: 8 });
  return { messages: messages.filter((message) => message !== undefined), nextPageToken: page.nextPageToken ?? null };
}

export async function readMessage(mailbox: Mailbox, messageId: string): Promise<NormalizedMessage> {
  try {
    return normalizeMessage(mailbox.emailAddress, await mailbox.getMessage(messageId));
  } catch (error) {
    throw isAttacheError(error, 'notFound', 'invalid') ? unknownMessage(error) : error;
  }
}

export async function readAttachment(mailbox: Mailbox, messageId: string, attachmentId: string) {
  try {
    return { attachmentId, ...(await mailbox.getAttachment(messageId, attachmentId)) };
  } catch (error) {
    throw isAttacheError(error, 'notFound', 'invalid') ? unknownMessage(error) : error;
  }
}

async function fetchUnlessDeleted(mailbox: Mailbox, messageId: string): Promise<NormalizedMessage | undefined> {
  try {
    return normalizeMessage(mailbox.emailAddress, await mailbox.getMessage(messageId));
  } catch (error) {
    if (isAttacheError(error, 'notFound')) return undefined;
    throw error;
  }
}

function searchTerms({ q, after, before }: z.output<typeof messageQuery>): { q?: string } {
  const terms = [
    ...(q === undefined ? [] : [q]),
    ...(after === undefined ? [] : [`after:${epochSeconds(after)}`]),
    ...(before === undefined ? [] : [`before:${epochSeconds(before)}`]),
  ];
  return terms.length > 0 ? { q: terms.join(' ') } : {};
}

function epochSeconds(instant: string): number {
  return Math.floor(Date.parse(instant) / 1_000);
}

/** Gmail does not say which of its fields it means. */
function refusedSearch({ message, code }: AttacheError, fields: readonly string[]): AttacheError {
  return new AttacheError('invalid', message, {
    code,
    errors: fields.map((field) => ({ path: `query.${field}`, message: 'may be what Gmail refuses' })),
    fix: 'Take pageToken from the answer before, with the rest of the query as it was, and labelIds from a message.',
  });
}

function unknownMessage(cause: unknown): AttacheError {
  return new AttacheError('notFound', 'The mailbox has no such message or attachment.', {
    code: 'messageNotFound',
    fix: 'GET …/messages lists what is there; attachment ids change, so take them from a fresh answer.',
    cause,
  });
}
