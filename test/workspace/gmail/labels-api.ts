import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import type { LabelRequest } from './labels';
import type { StoredMessage } from './mailbox';
import type { CallContext } from './query';

/** `users.labels` of the API. */
export class LabelsApi {
  constructor(private readonly context: CallContext) {}

  list(email: string): gmail_v1.Schema$ListLabelsResponse {
    return { labels: this.context.call(email, 'gmail.users.labels.list').labels.list() };
  }

  get(email: string, id: string): gmail_v1.Schema$Label {
    const mailbox = this.context.call(email, 'gmail.users.labels.get');
    const label = mailbox.labels.get(id);
    const messages = [...mailbox.messages.values()].filter((message) => message.labelIds.includes(id));
    const unread = messages.filter((message) => message.labelIds.includes('UNREAD'));
    return {
      ...label,
      messagesTotal: messages.length,
      messagesUnread: unread.length,
      threadsTotal: countThreads(messages),
      threadsUnread: countThreads(unread),
    };
  }

  create(email: string, request: LabelRequest): gmail_v1.Schema$Label {
    return this.context.call(email, 'gmail.users.labels.create').labels.create(request);
  }

  update(email: string, id: string, request: LabelRequest): gmail_v1.Schema$Label {
    return this.context.call(email, 'gmail.users.labels.update').labels.update(id, request);
  }

  patch(email: string, id: string, request: LabelRequest): gmail_v1.Schema$Label {
    return this.context.call(email, 'gmail.users.labels.patch').labels.update(id, request);
  }

  /** The label comes off its messages too. */
  delete(email: string, id: string): void {
    const mailbox = this.context.call(email, 'gmail.users.labels.delete');
    mailbox.relabel([...mailbox.messages.keys()], [], [id]);
    mailbox.labels.delete(id);
  }
}

function countThreads(messages: readonly StoredMessage[]): number {
  return new Set(messages.map((message) => message.threadId)).size;
}
