/**
 * Gmail as the product sees it: one user's mailbox behind a port. Field names and shapes are Gmail's own.
 * `shared/google/gmail.ts` is the adapter; `test/simulation` puts a model with Google's rules in its place.
 */

/** An unsigned 64-bit number, always a decimal string; compare with `compareHistoryIds`. */
export type HistoryId = string;

export interface HistoryRecord {
  readonly id: HistoryId;
  readonly messagesAdded?: readonly { readonly message: HistoryMessage }[];
  readonly labelsAdded?: readonly { readonly message: HistoryMessage; readonly labelIds: readonly string[] }[];
}

export interface HistoryMessage {
  readonly id: string;
  readonly threadId?: string;
  readonly labelIds?: readonly string[];
}

export interface HistoryPage {
  /** Absent on some pages that carry only a token. */
  readonly history?: readonly HistoryRecord[];
  readonly nextPageToken?: string;
  /** The mailbox's current history id. */
  readonly historyId: HistoryId;
}

/** One node of a message's MIME tree, as `messages.get` with `format=full` returns it. */
export interface MessagePart {
  readonly partId?: string;
  readonly mimeType?: string;
  readonly filename?: string;
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly body?: {
    /** base64url of the part after transfer decoding; absent where `attachmentId` is given. */
    readonly data?: string;
    readonly attachmentId?: string;
    /** Bytes. */
    readonly size?: number;
  };
  readonly parts?: readonly MessagePart[];
}

export interface GmailMessage {
  readonly id: string;
  readonly threadId: string;
  readonly labelIds: readonly string[];
  readonly snippet?: string;
  readonly historyId: HistoryId;
  /** Epoch milliseconds, as a decimal string. */
  readonly internalDate: string;
  readonly sizeEstimate?: number;
  readonly payload: MessagePart;
}

export type LabelFilterBehavior = 'include' | 'exclude';

/**
 * Errors of every call: AttacheError `unauthorized` (401, invalid_grant, …), `forbidden` (403 that waiting does not
 * mend), `rateLimited` (with `retryAfterMs` where Google named a time), `unavailable` (5xx, network, timeout),
 * `notFound`, `invalid`; of `listHistory` also `checkpointExpired`.
 */
export interface Mailbox {
  readonly emailAddress: string;
  getProfile(): Promise<{ readonly emailAddress: string; readonly historyId: HistoryId }>;
  /** `historyTypes` messageAdded and labelAdded, 500 a page. */
  listHistory(request: { readonly startHistoryId: HistoryId; readonly pageToken?: string }): Promise<HistoryPage>;
  getMessage(id: string): Promise<GmailMessage>;
  /** Newest first. `labelIds` must all be present on a message. `q` is Gmail's search syntax. */
  listMessages(request: {
    readonly q?: string;
    readonly labelIds?: readonly string[];
    readonly pageToken?: string;
    readonly maxResults?: number;
    readonly includeSpamTrash?: boolean;
  }): Promise<{
    readonly messages: readonly { readonly id: string; readonly threadId: string }[];
    readonly nextPageToken?: string;
  }>;
  /** The attachment's bytes, base64url. */
  getAttachment(messageId: string, attachmentId: string): Promise<{ readonly data: string; readonly size: number }>;
  watch(request: {
    readonly topicName: string;
    readonly labelIds: readonly string[];
    readonly labelFilterBehavior: LabelFilterBehavior;
  }): Promise<{ readonly historyId: HistoryId; /** Epoch milliseconds. */ readonly expirationMs: number }>;
  stop(): Promise<void>;
}

export type Mailboxes = (emailAddress: string) => Mailbox;
