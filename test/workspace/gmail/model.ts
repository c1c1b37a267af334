import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { GoogleApiError, invalidArgument, notFound } from '../google-api-error';
import { Quota } from '../quota';
import type { QuotaSettings } from '../quota';
import type { HistoryRequest } from './history';
import { DraftsApi } from './drafts-api';
import { LabelsApi } from './labels-api';
import { Mailbox, viewMessage, viewMessageRef } from './mailbox';
import type { MessageContent, MessageFormat, OutgoingMessage } from './mailbox';
import { addressesOf } from './message-text';
import { gmailMethodUnits } from './method-units';
import type { GmailMethod } from './method-units';
import { pageOf, searchMailbox } from './query';
import type { CallContext, ListRequest } from './query';
import { ThreadsApi } from './threads-api';
import { toWatchResponse } from './watches';
import type { Change, WatchRequest } from './watches';

export interface Notification {
  readonly topicName: string;
  readonly emailAddress: string;
  readonly historyId: string;
}

/** Google's rules, changeable at any time. */
export interface GmailSettings extends QuotaSettings {
  historyRetentionMs: number;
  /** How long a change is missing from history, lists and the profile while its push is already out. */
  indexingLagMs: number;
  /** Upper bound of every page, whatever `maxResults` says. */
  pageSizeLimit: number;
  /** Puts a page that has a token and no `history` before each page of records. */
  emptyHistoryPages: boolean;
  minPushIntervalMs: number;
}

export interface GmailModelOptions extends Partial<GmailSettings> {
  /** Epoch milliseconds, never going back. */
  readonly now: () => number;
  readonly publish: (notification: Notification) => void;
  /** History id of a new mailbox, unsigned 64-bit; may lie beyond 2^53. */
  readonly startHistoryId?: bigint;
}

export interface DeliverRequest extends MessageContent {
  /** Default INBOX and UNREAD. */
  readonly labelIds?: readonly string[] | undefined;
  /** Default: the thread of the newest message that it refers to, else a new one. */
  readonly threadId?: string | undefined;
  readonly internalDateMs?: number | undefined;
}

/**
 * Gmail, all mailboxes, in memory: synchronous, deterministic, without I/O, timers, clock or randomness of its own.
 * The first group of methods is the world outside (free of quota), the second is the API (charged, per user and
 * project). Errors are `GoogleApiError`. Returned objects share their `payload` with the model: do not change them.
 */
export class GmailModel {
  readonly settings: GmailSettings;
  /** Calls and units by method. */
  readonly quota: Quota;
  readonly pushes = { sent: 0, dropped: 0 };
  readonly threads: ThreadsApi;
  readonly labels: LabelsApi;
  readonly drafts: DraftsApi;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #options: GmailModelOptions;

  constructor(options: GmailModelOptions) {
    this.#options = options;
    this.settings = {
      historyRetentionMs: options.historyRetentionMs ?? 7 * 24 * 3_600_000,
      indexingLagMs: options.indexingLagMs ?? 0,
      pageSizeLimit: options.pageSizeLimit ?? 500,
      emptyHistoryPages: options.emptyHistoryPages ?? false,
      minPushIntervalMs: options.minPushIntervalMs ?? 1_000,
      unitsPerMinutePerUser: options.unitsPerMinutePerUser ?? 6_000,
      unitsPerMinutePerProject: options.unitsPerMinutePerProject ?? 1_200_000,
      throttleStatus: options.throttleStatus ?? 429,
    };
    this.quota = new Quota(this.settings, options.now);
    const context: CallContext = { settings: this.settings, call: (email, method) => this.#call(email, method) };
    this.threads = new ThreadsApi(context);
    this.labels = new LabelsApi(context);
    this.drafts = new DraftsApi(context, (sender, message) => this.#send(sender, message));
  }

  // ── The world: what people, other mail servers and time do to a mailbox ─────────────────────────────────────────

  createUser(email: string): void {
    const address = email.toLowerCase();
    if (this.#mailboxes.has(address)) throw new GoogleApiError(409, 'duplicate', `${address} exists.`);
    // Close below a power of ten, so that ids compared as text go wrong at once.
    const startHistoryId = this.#options.startHistoryId ?? 9_999_950n;
    const mailbox = new Mailbox(
      address,
      startHistoryId,
      () => ({ nowMs: this.#options.now(), lagMs: this.settings.indexingLagMs }),
      (changed, changes) => this.#push(changed, changes),
    );
    this.#mailboxes.set(address, mailbox);
  }

  hasUser(email: string): boolean {
    return this.#mailboxes.has(email.toLowerCase());
  }

  /** Adds a message as SMTP would. */
  deliver(email: string, request: DeliverRequest): gmail_v1.Schema$Message {
    const { labelIds = ['INBOX', 'UNREAD'], threadId, internalDateMs, ...content } = request;
    return viewMessage(this.#mailbox(email).add(content, { labelIds, threadId, internalDateMs }));
  }

  modifyLabels(email: string, id: string, request: gmail_v1.Schema$ModifyMessageRequest): gmail_v1.Schema$Message {
    const mailbox = this.#mailbox(email);
    mailbox.relabel([id], request.addLabelIds ?? [], request.removeLabelIds ?? []);
    return viewMessageRef(mailbox.get(id));
  }

  trash(email: string, id: string): gmail_v1.Schema$Message {
    return this.modifyLabels(email, id, { addLabelIds: ['TRASH'], removeLabelIds: ['INBOX'] });
  }

  /** Out of the trash; like Gmail, not back into the inbox. */
  untrash(email: string, id: string): gmail_v1.Schema$Message {
    return this.modifyLabels(email, id, { removeLabelIds: ['TRASH'] });
  }

  deleteMessage(email: string, id: string): void {
    this.#mailbox(email).remove([id]);
  }

  /** Everything indexed up to now is forgotten: an older `startHistoryId` answers 404. */
  expireHistory(email: string): void {
    this.#mailbox(email).history.forget(Infinity, this.#options.now());
  }

  /** Gmail ends the watch by itself. */
  endWatch(email: string, client = 'default'): void {
    this.#mailbox(email).watches.stop(client);
  }

  // ── The API ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Counts and charges a call. Methods below do it themselves; callers that offer a method above as API call it first. */
  charge(email: string, method: GmailMethod): void {
    this.quota.charge(method, email.toLowerCase(), gmailMethodUnits[method]);
  }

  getProfile(email: string): gmail_v1.Schema$Profile {
    const mailbox = this.#call(email, 'gmail.users.getProfile');
    const messages = [...mailbox.newestFirst()];
    return {
      emailAddress: mailbox.emailAddress,
      messagesTotal: messages.length,
      threadsTotal: new Set(messages.map((message) => message.threadId)).size,
      historyId: mailbox.history.indexedId(this.#options.now()).toString(),
    };
  }

  listHistory(email: string, request: HistoryRequest): gmail_v1.Schema$ListHistoryResponse {
    const { history } = this.#call(email, 'gmail.users.history.list');
    const nowMs = this.#options.now();
    history.forget(nowMs - this.settings.historyRetentionMs, nowMs);
    const { pageSizeLimit, emptyHistoryPages: emptyPages } = this.settings;
    return history.list(request, { nowMs, pageSizeLimit, emptyPages });
  }

  watch(email: string, request: WatchRequest, client = 'default'): gmail_v1.Schema$WatchResponse {
    const { watches, history, emailAddress } = this.#call(email, 'gmail.users.watch');
    const { expirationMs } = watches.start(client, request, this.#options.now());
    this.#publish(request.topicName, emailAddress, history.lastId);
    return toWatchResponse(history.lastId, expirationMs);
  }

  stop(email: string, client = 'default'): void {
    this.#call(email, 'gmail.users.stop');
    this.endWatch(email, client);
  }

  getMessage(
    email: string,
    id: string,
    format?: MessageFormat,
    metadataHeaders?: readonly string[],
  ): gmail_v1.Schema$Message {
    return viewMessage(this.#call(email, 'gmail.users.messages.get').get(id), format, metadataHeaders);
  }

  listMessages(email: string, request: ListRequest = {}): gmail_v1.Schema$ListMessagesResponse {
    const mailbox = this.#call(email, 'gmail.users.messages.list');
    const { items, ...rest } = pageOf(searchMailbox(mailbox, request), request, this.settings.pageSizeLimit);
    return { ...(items.length > 0 && { messages: items.map(({ id, threadId }) => ({ id, threadId })) }), ...rest };
  }

  getAttachment(email: string, messageId: string, attachmentId: string): gmail_v1.Schema$MessagePartBody {
    const message = this.#call(email, 'gmail.users.messages.attachments.get').get(messageId);
    const data = message.attachments?.get(attachmentId);
    if (data === undefined) throw notFound();
    return { attachmentId, data, size: Buffer.byteLength(data, 'base64url') };
  }

  /** `messages.insert` and `messages.import`: puts a message into the mailbox without sending anything. */
  insertMessage(email: string, method: 'insert' | 'import', request: DeliverRequest): gmail_v1.Schema$Message {
    const mailbox = this.#call(email, `gmail.users.messages.${method}`);
    const { labelIds = [], threadId, internalDateMs, ...content } = request;
    mailbox.labels.checkApplicable(labelIds.filter((id) => id !== 'SENT'));
    return viewMessageRef(mailbox.add(content, { labelIds, threadId, internalDateMs }));
  }

  /** Stores the message as sent and delivers it to the recipients that have a mailbox here. */
  send(email: string, request: OutgoingMessage): gmail_v1.Schema$Message {
    return this.#send(this.#call(email, 'gmail.users.messages.send'), request);
  }

  /** Ids that do not exist are passed over, as by Gmail. */
  batchModify(email: string, { ids, addLabelIds, removeLabelIds }: gmail_v1.Schema$BatchModifyMessagesRequest): void {
    const mailbox = this.#call(email, 'gmail.users.messages.batchModify');
    mailbox.relabel(existing(mailbox, ids), addLabelIds ?? [], removeLabelIds ?? []);
  }

  batchDelete(email: string, { ids }: gmail_v1.Schema$BatchDeleteMessagesRequest): void {
    const mailbox = this.#call(email, 'gmail.users.messages.batchDelete');
    mailbox.remove(existing(mailbox, ids));
  }

  // ── Behind it ───────────────────────────────────────────────────────────────────────────────────────────────────

  #call(email: string, method: GmailMethod): Mailbox {
    this.charge(email, method);
    return this.#mailbox(email);
  }

  #mailbox(email: string): Mailbox {
    const mailbox = this.#mailboxes.get(email.toLowerCase());
    if (!mailbox) throw new GoogleApiError(400, 'failedPrecondition', 'Mail service not enabled');
    return mailbox;
  }

  #send(sender: Mailbox, { threadId, ...content }: OutgoingMessage): gmail_v1.Schema$Message {
    const recipients = addressesOf(content.payload, 'To', 'Cc', 'Bcc');
    if (recipients.length === 0) throw invalidArgument('Recipient address required');
    const toSelf = recipients.includes(sender.emailAddress);
    const sent = sender.add(content, { labelIds: toSelf ? ['SENT', 'INBOX', 'UNREAD'] : ['SENT'], threadId });
    for (const recipient of recipients) {
      if (recipient === sender.emailAddress) continue;
      this.#mailboxes.get(recipient)?.add(withoutBcc(content), { labelIds: ['INBOX', 'UNREAD'] });
    }
    return viewMessageRef(sent);
  }

  #push(mailbox: Mailbox, changes: readonly Change[]): void {
    const nowMs = this.#options.now();
    const { topics, dropped } = mailbox.watches.route(changes, nowMs, this.settings.minPushIntervalMs);
    this.pushes.dropped += dropped;
    for (const topicName of topics) this.#publish(topicName, mailbox.emailAddress, mailbox.history.lastId);
  }

  #publish(topicName: string, emailAddress: string, historyId: bigint): void {
    this.pushes.sent += 1;
    this.#options.publish({ topicName, emailAddress, historyId: historyId.toString() });
  }
}

function existing(mailbox: Mailbox, ids: readonly string[] | null | undefined): string[] {
  return (ids ?? []).filter((id) => mailbox.messages.has(id));
}

function withoutBcc(content: MessageContent): MessageContent {
  const headers = (content.payload.headers ?? []).filter(({ name }) => name?.toLowerCase() !== 'bcc');
  return { ...content, payload: { ...content.payload, headers } };
}
