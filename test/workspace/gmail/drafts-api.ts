import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { viewMessage, viewMessageRef } from './mailbox';
import type { Mailbox, MessageContent, MessageFormat, OutgoingMessage, StoredMessage } from './mailbox';
import { pageOf, searchMailbox } from './query';
import type { CallContext, ListRequest } from './query';

/** `users.drafts` of the API. A draft keeps its id for life; its message is replaced by every update. */
export class DraftsApi {
  constructor(
    private readonly context: CallContext,
    private readonly sendFrom: (sender: Mailbox, message: OutgoingMessage) => gmail_v1.Schema$Message,
  ) {}

  create(email: string, { threadId, ...content }: OutgoingMessage): gmail_v1.Schema$Draft {
    const mailbox = this.context.call(email, 'gmail.users.drafts.create');
    const message = mailbox.add(content, { labelIds: ['DRAFT'], threadId });
    return { id: mailbox.addDraft(message.id), message: viewMessageRef(message) };
  }

  get(email: string, id: string, format?: MessageFormat): gmail_v1.Schema$Draft {
    const mailbox = this.context.call(email, 'gmail.users.drafts.get');
    return { id, message: viewMessage(draftOf(mailbox, id), format) };
  }

  list(email: string, request: ListRequest = {}): gmail_v1.Schema$ListDraftsResponse {
    const mailbox = this.context.call(email, 'gmail.users.drafts.list');
    const draftIds = new Map([...mailbox.drafts].map(([id, messageId]) => [messageId, id]));
    const messages = [...searchMailbox(mailbox, request)].filter(({ id }) => draftIds.has(id));
    const { items, ...rest } = pageOf(messages, request, this.context.settings.pageSizeLimit);
    const drafts = items.map(({ id, threadId }) => ({ id: draftIds.get(id) ?? '', message: { id, threadId } }));
    return { ...(drafts.length > 0 && { drafts }), ...rest };
  }

  update(email: string, id: string, content: MessageContent): gmail_v1.Schema$Draft {
    const mailbox = this.context.call(email, 'gmail.users.drafts.update');
    const { id: oldId, threadId } = draftOf(mailbox, id);
    const message = mailbox.add(content, { labelIds: ['DRAFT'], threadId });
    mailbox.drafts.set(id, message.id);
    mailbox.remove([oldId]);
    return { id, message: viewMessageRef(message) };
  }

  delete(email: string, id: string): void {
    takeDraft(this.context.call(email, 'gmail.users.drafts.delete'), id);
  }

  send(email: string, id: string): gmail_v1.Schema$Message {
    const mailbox = this.context.call(email, 'gmail.users.drafts.send');
    const { threadId, payload, raw, attachments } = takeDraft(mailbox, id);
    return this.sendFrom(mailbox, { payload, raw, attachments, threadId });
  }
}

function draftOf(mailbox: Mailbox, id: string): StoredMessage {
  return mailbox.get(mailbox.drafts.get(id) ?? '');
}

function takeDraft(mailbox: Mailbox, id: string): StoredMessage {
  const message = draftOf(mailbox, id);
  mailbox.drafts.delete(id);
  mailbox.remove([message.id]);
  return message;
}
