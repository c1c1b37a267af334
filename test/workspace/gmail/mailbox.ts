import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { notFound } from '../google-api-error';
import { History } from './history';
import type { HistoryType } from './history';
import { Labels } from './labels';
import { headerOf, snippetOf } from './message-text';
import { Watches } from './watches';
import type { Change } from './watches';

/** A message as it comes in, parsed. */
export interface MessageContent {
  readonly payload: gmail_v1.Schema$MessagePart;
  /** Bytes of the parts that carry an `attachmentId`, base64url, by that id. */
  readonly attachments?: ReadonlyMap<string, string> | undefined;
  /** The whole message, base64url. */
  readonly raw?: string | undefined;
}

export interface OutgoingMessage extends MessageContent {
  readonly threadId?: string | undefined;
}

export interface StoredMessage extends MessageContent {
  readonly id: string;
  readonly threadId: string;
  readonly internalDateMs: number;
  readonly addedId: bigint;
  labelIds: readonly string[];
  historyId: bigint;
  searchText?: string;
}

export type MessageFormat = 'full' | 'metadata' | 'minimal' | 'raw';

/**
 * State of one mailbox. Every change is written to the history and handed to `onChange` as one list an operation.
 * Message ids count from the same number in every mailbox, so that ids of two mailboxes collide: they are unique
 * within one only.
 */
export class Mailbox {
  readonly labels = new Labels();
  readonly watches = new Watches();
  readonly history: History;
  readonly messages = new Map<string, StoredMessage>();
  /** Message id by draft id. */
  readonly drafts = new Map<string, string>();
  /** Oldest first, by internal date and then id. */
  readonly #byDate: StoredMessage[] = [];
  readonly #threadByMessageId = new Map<string, string>();
  #added = 0;
  #draftCount = 0;

  constructor(
    readonly emailAddress: string,
    startHistoryId: bigint,
    private readonly time: () => { readonly nowMs: number; readonly lagMs: number },
    private readonly onChange: (mailbox: Mailbox, changes: readonly Change[]) => void,
  ) {
    this.history = new History(startHistoryId);
  }

  get(id: string): StoredMessage {
    const message = this.messages.get(id);
    if (!message) throw notFound();
    return message;
  }

  add(
    content: MessageContent,
    options: {
      readonly labelIds: readonly string[];
      readonly threadId?: string | undefined;
      readonly internalDateMs?: number | undefined;
    },
  ): StoredMessage {
    this.#added += 1;
    const id = `19${this.#added.toString(16).padStart(14, '0')}`;
    const messageId = headerOf(content.payload, 'Message-ID');
    const threadId = options.threadId ?? this.#threadOf(content.payload) ?? id;
    const addedId = this.#record('messageAdded', { id, threadId, labelIds: options.labelIds }, []);
    const message: StoredMessage = {
      payload: content.payload,
      attachments: content.attachments,
      raw: content.raw,
      id,
      threadId,
      labelIds: [...options.labelIds],
      internalDateMs: options.internalDateMs ?? this.time().nowMs,
      addedId,
      historyId: addedId,
    };
    this.messages.set(id, message);
    if (messageId) this.#threadByMessageId.set(messageId, threadId);
    this.#place(message);
    this.onChange(this, [{ labelIds: message.labelIds, changedLabelIds: [] }]);
    return message;
  }

  remove(ids: readonly string[]): void {
    const changes = ids.map((id) => {
      const message = this.get(id);
      this.messages.delete(id);
      this.#byDate.splice(this.#byDate.indexOf(message), 1);
      this.#record('messageDeleted', message, []);
      return { labelIds: message.labelIds, changedLabelIds: [] };
    });
    if (changes.length > 0) this.onChange(this, changes);
  }

  /** Additions and removals are two records. What changes nothing leaves no record and pushes nothing. */
  relabel(ids: readonly string[], addLabelIds: readonly string[], removeLabelIds: readonly string[]): void {
    this.labels.checkApplicable([...addLabelIds, ...removeLabelIds]);
    const changes: Change[] = [];
    for (const message of ids.map((id) => this.get(id))) {
      const removed = message.labelIds.filter((id) => removeLabelIds.includes(id));
      if (removed.length > 0) {
        message.labelIds = message.labelIds.filter((id) => !removeLabelIds.includes(id));
        message.historyId = this.#record('labelRemoved', message, removed);
      }
      const added = [...new Set(addLabelIds)].filter((id) => !message.labelIds.includes(id));
      if (added.length > 0) {
        message.labelIds = [...message.labelIds, ...added];
        message.historyId = this.#record('labelAdded', message, added);
      }
      if (added.length + removed.length > 0) {
        changes.push({ labelIds: message.labelIds, changedLabelIds: [...added, ...removed] });
      }
    }
    if (changes.length > 0) this.onChange(this, changes);
  }

  /** Makes a draft of a stored message and returns the draft's id. */
  addDraft(messageId: string): string {
    this.#draftCount += 1;
    const id = `r${this.#draftCount}`;
    this.drafts.set(id, messageId);
    return id;
  }

  /** Newest first, and only what is indexed by now. */
  *newestFirst(): Generator<StoredMessage> {
    const indexedId = this.history.indexedId(this.time().nowMs);
    for (let position = this.#byDate.length - 1; position >= 0; position -= 1) {
      const message = this.#byDate[position];
      if (message && message.addedId <= indexedId) yield message;
    }
  }

  /** Messages of a thread, oldest first. */
  thread(threadId: string): StoredMessage[] {
    const messages = this.#byDate.filter((message) => message.threadId === threadId);
    if (messages.length === 0) throw notFound();
    return messages;
  }

  #place(message: StoredMessage): void {
    let position = this.#byDate.length;
    while (position > 0 && isAfter(this.#byDate[position - 1], message)) position -= 1;
    if (position === this.#byDate.length) this.#byDate.push(message);
    else this.#byDate.splice(position, 0, message);
  }

  #threadOf(payload: gmail_v1.Schema$MessagePart): string | undefined {
    const references = `${headerOf(payload, 'References')} ${headerOf(payload, 'In-Reply-To')}`.match(/<[^<>]+>/g);
    for (const reference of references?.reverse() ?? []) {
      const threadId = this.#threadByMessageId.get(reference);
      if (threadId) return threadId;
    }
    return undefined;
  }

  #record(
    type: HistoryType,
    message: Pick<StoredMessage, 'id' | 'threadId' | 'labelIds'>,
    changedLabelIds: readonly string[],
  ): bigint {
    return this.history.append(type, message, changedLabelIds, this.time());
  }
}

export function viewMessage(
  message: StoredMessage,
  format: MessageFormat = 'full',
  metadataHeaders: readonly string[] = [],
): gmail_v1.Schema$Message {
  const { id, threadId, payload, raw } = message;
  const wanted = new Set(metadataHeaders.map((name) => name.toLowerCase()));
  return {
    id,
    threadId,
    labelIds: [...message.labelIds],
    snippet: snippetOf(payload),
    ...(format === 'full' && { payload }),
    ...(format === 'metadata' && {
      payload: {
        mimeType: payload.mimeType ?? 'text/plain',
        headers: (payload.headers ?? []).filter(
          ({ name }) => wanted.size === 0 || wanted.has(name?.toLowerCase() ?? ''),
        ),
      },
    }),
    ...(format === 'raw' && raw !== undefined && { raw }),
    sizeEstimate: raw === undefined ? sizeOf(payload) : Math.floor((raw.length * 3) / 4),
    historyId: message.historyId.toString(),
    internalDate: String(message.internalDateMs),
  };
}

/** What the API answers about a message it just wrote. */
export function viewMessageRef({ id, threadId, labelIds }: StoredMessage): gmail_v1.Schema$Message {
  return { id, threadId, labelIds: [...labelIds] };
}

function sizeOf(part: gmail_v1.Schema$MessagePart): number {
  const headers = (part.headers ?? []).reduce((sum, { name, value }) => sum + `${name}: ${value}\r\n`.length, 0);
  return (part.parts ?? []).reduce((sum, child) => sum + sizeOf(child), headers + (part.body?.size ?? 0));
}

function isAfter(a: StoredMessage | undefined, b: StoredMessage): boolean {
  return a !== undefined && (a.internalDateMs - b.internalDateMs || (a.id < b.id ? -1 : 1)) > 0;
}
