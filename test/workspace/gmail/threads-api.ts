import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { viewMessage, viewMessageRef } from './mailbox';
import type { Mailbox, MessageFormat, StoredMessage } from './mailbox';
import { snippetOf } from './message-text';
import { pageOf, searchMailbox } from './query';
import type { CallContext, ListRequest } from './query';

/** `users.threads` of the API. */
export class ThreadsApi {
  constructor(private readonly context: CallContext) {}

  /** The threads that a matching message is in, by their newest match. */
  list(email: string, request: ListRequest = {}): gmail_v1.Schema$ListThreadsResponse {
    const mailbox = this.context.call(email, 'gmail.users.threads.list');
    const matches = oncePerThread(searchMailbox(mailbox, request));
    const { items, ...rest } = pageOf(matches, request, this.context.settings.pageSizeLimit);
    const threads = items.map(({ threadId }) => viewThread(mailbox, threadId));
    return { ...(threads.length > 0 && { threads }), ...rest };
  }

  get(email: string, id: string, format?: MessageFormat, metadataHeaders?: readonly string[]): gmail_v1.Schema$Thread {
    const mailbox = this.context.call(email, 'gmail.users.threads.get');
    const messages = mailbox.thread(id).map((message) => viewMessage(message, format, metadataHeaders));
    return { ...viewThread(mailbox, id), messages };
  }

  modify(email: string, id: string, request: gmail_v1.Schema$ModifyThreadRequest): gmail_v1.Schema$Thread {
    return this.#relabel(email, id, 'modify', request.addLabelIds ?? [], request.removeLabelIds ?? []);
  }

  trash(email: string, id: string): gmail_v1.Schema$Thread {
    return this.#relabel(email, id, 'trash', ['TRASH'], ['INBOX']);
  }

  untrash(email: string, id: string): gmail_v1.Schema$Thread {
    return this.#relabel(email, id, 'untrash', [], ['TRASH']);
  }

  delete(email: string, id: string): void {
    const mailbox = this.context.call(email, 'gmail.users.threads.delete');
    mailbox.remove(mailbox.thread(id).map((message) => message.id));
  }

  #relabel(email: string, id: string, method: 'modify' | 'trash' | 'untrash', add: string[], remove: string[]) {
    const mailbox = this.context.call(email, `gmail.users.threads.${method}`);
    const ids = mailbox.thread(id).map((message) => message.id);
    mailbox.relabel(ids, add, remove);
    return { ...viewThread(mailbox, id), messages: mailbox.thread(id).map(viewMessageRef) };
  }
}

function* oncePerThread(messages: Iterable<StoredMessage>): Generator<StoredMessage> {
  const seen = new Set<string>();
  for (const message of messages) {
    if (!seen.has(message.threadId)) yield message;
    seen.add(message.threadId);
  }
}

function viewThread(mailbox: Mailbox, id: string): gmail_v1.Schema$Thread {
  const messages = mailbox.thread(id);
  const historyId = messages.reduce((max, message) => (message.historyId > max ? message.historyId : max), 0n);
  const newest = messages.at(-1);
  return { id, snippet: newest ? snippetOf(newest.payload) : '', historyId: historyId.toString() };
}
