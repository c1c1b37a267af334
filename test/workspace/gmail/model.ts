import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { GoogleApiError, invalidArgument, notFound } from '../google-api-error';
import { Quota } from '../quota';
import type { QuotaSettings } from '../quota';
import type { HistoryRequest } from './history';
import type { LabelRequest } from './labels';
import { Mailbox, viewMessage } from './mailbox';
import type { MessageContent, MessageFormat, StoredMessage } from './mailbox';
import { addressesOf } from './message-text';
import { gmailMethodUnits } from './method-units';
import type { GmailMethod } from './method-units';
import { compileSearch } from './search';
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

export interface ListRequest {
  readonly q?: string | undefined;
  readonly labelIds?: readonly string[] | undefined;
  readonly maxResults?: number | undefined;
  readonly pageToken?: string | undefined;
  readonly includeSpamTrash?: boolean | undefined;
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
    this.#relabel(email, [id], request.addLabelIds ?? [], request.removeLabelIds ?? []);
    return viewMessage(this.#mailbox(email).get(id), 'minimal');
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
    this.#call(email, 'gmail.users.stop').watches.stop(client);
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
    const { items, ...rest } = this.#page(request, this.#search(mailbox, request));
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
    this.#call(email, `gmail.users.messages.${method}`);
    const { labelIds = [] } = request;
    this.#mailbox(email).labels.checkApplicable(labelIds.filter((id) => id !== 'SENT'));
    return viewMessageRef(this.#stored(email, this.deliver(email, { ...request, labelIds })));
  }

  /** Stores the message as sent and delivers it to the recipients that have a mailbox here. */
  send(email: string, request: MessageContent & { readonly threadId?: string | undefined }): gmail_v1.Schema$Message {
    this.charge(email, 'gmail.users.messages.send');
    return this.#send(email, request);
  }

  batchModify(email: string, { ids, addLabelIds, removeLabelIds }: gmail_v1.Schema$BatchModifyMessagesRequest): void {
    this.charge(email, 'gmail.users.messages.batchModify');
    this.#relabel(email, this.#existing(email, ids), addLabelIds ?? [], removeLabelIds ?? []);
  }

  batchDelete(email: string, { ids }: gmail_v1.Schema$BatchDeleteMessagesRequest): void {
    this.#call(email, 'gmail.users.messages.batchDelete').remove(this.#existing(email, ids));
  }

  listThreads(email: string, request: ListRequest = {}): gmail_v1.Schema$ListThreadsResponse {
    const mailbox = this.#call(email, 'gmail.users.threads.list');
    const newest = new Map<string, StoredMessage>();
    for (const message of this.#search(mailbox, request)) {
      if (!newest.has(message.threadId)) newest.set(message.threadId, message);
    }
    const { items, ...rest } = this.#page(request, newest.values());
    const threads = items.map(({ threadId }) => viewThread(mailbox, threadId));
    return { ...(threads.length > 0 && { threads }), ...rest };
  }

  getThread(
    email: string,
    id: string,
    format?: MessageFormat,
    metadataHeaders?: readonly string[],
  ): gmail_v1.Schema$Thread {
    const mailbox = this.#call(email, 'gmail.users.threads.get');
    const messages = mailbox.thread(id).map((message) => viewMessage(message, format, metadataHeaders));
    return { ...viewThread(mailbox, id), messages };
  }

  modifyThread(
    email: string,
    id: string,
    request: gmail_v1.Schema$ModifyThreadRequest,
    method: 'modify' | 'trash' | 'untrash' = 'modify',
  ): gmail_v1.Schema$Thread {
    const mailbox = this.#call(email, `gmail.users.threads.${method}`);
    const ids = mailbox.thread(id).map((message) => message.id);
    this.#relabel(email, ids, request.addLabelIds ?? [], request.removeLabelIds ?? []);
    const messages = mailbox.thread(id).map((message) => viewMessageRef(message));
    return { ...viewThread(mailbox, id), messages };
  }

  deleteThread(email: string, id: string): void {
    const mailbox = this.#call(email, 'gmail.users.threads.delete');
    mailbox.remove(mailbox.thread(id).map((message) => message.id));
  }

  listLabels(email: string): gmail_v1.Schema$ListLabelsResponse {
    return { labels: this.#call(email, 'gmail.users.labels.list').labels.list() };
  }

  getLabel(email: string, id: string): gmail_v1.Schema$Label {
    const mailbox = this.#call(email, 'gmail.users.labels.get');
    const label = mailbox.labels.get(id);
    const messages = [...mailbox.messages.values()].filter((message) => message.labelIds.includes(id));
    const unread = messages.filter((message) => message.labelIds.includes('UNREAD'));
    const threads = (list: StoredMessage[]) => new Set(list.map((message) => message.threadId)).size;
    return {
      ...label,
      messagesTotal: messages.length,
      messagesUnread: unread.length,
      threadsTotal: threads(messages),
      threadsUnread: threads(unread),
    };
  }

  createLabel(email: string, request: LabelRequest): gmail_v1.Schema$Label {
    return this.#call(email, 'gmail.users.labels.create').labels.create(request);
  }

  updateLabel(
    email: string,
    id: string,
    request: LabelRequest,
    method: 'update' | 'patch' = 'update',
  ): gmail_v1.Schema$Label {
    return this.#call(email, `gmail.users.labels.${method}`).labels.update(id, request);
  }

  deleteLabel(email: string, id: string): void {
    const mailbox = this.#call(email, 'gmail.users.labels.delete');
    mailbox.labels.delete(id);
    mailbox.relabel([...mailbox.messages.keys()], [], [id]);
  }

  createDraft(email: string, request: DeliverRequest): gmail_v1.Schema$Draft {
    const mailbox = this.#call(email, 'gmail.users.drafts.create');
    const { threadId, ...content } = request;
    const message = mailbox.add(content, { labelIds: ['DRAFT'], threadId });
    const id = mailbox.nextDraftId();
    mailbox.drafts.set(id, message.id);
    return { id, message: viewMessageRef(message) };
  }

  getDraft(email: string, id: string, format?: MessageFormat): gmail_v1.Schema$Draft {
    const mailbox = this.#call(email, 'gmail.users.drafts.get');
    return { id, message: viewMessage(draftOf(mailbox, id), format) };
  }

  listDrafts(email: string, request: ListRequest = {}): gmail_v1.Schema$ListDraftsResponse {
    const mailbox = this.#call(email, 'gmail.users.drafts.list');
    const draftIds = new Map([...mailbox.drafts].map(([id, messageId]) => [messageId, id]));
    const drafts = this.#search(mailbox, { ...request, labelIds: ['DRAFT'] }).filter(({ id }) => draftIds.has(id));
    const { items, ...rest } = this.#page(request, drafts);
    const views = items.map(({ id, threadId }) => ({ id: draftIds.get(id) ?? '', message: { id, threadId } }));
    return { ...(views.length > 0 && { drafts: views }), ...rest };
  }

  /** The draft keeps its id; its message is replaced by a new one. */
  updateDraft(email: string, id: string, content: MessageContent): gmail_v1.Schema$Draft {
    const mailbox = this.#call(email, 'gmail.users.drafts.update');
    const { id: oldId, threadId } = draftOf(mailbox, id);
    const message = mailbox.add(content, { labelIds: ['DRAFT'], threadId });
    mailbox.remove([oldId]);
    mailbox.drafts.set(id, message.id);
    return { id, message: viewMessageRef(message) };
  }

  deleteDraft(email: string, id: string): void {
    const mailbox = this.#call(email, 'gmail.users.drafts.delete');
    mailbox.remove([draftOf(mailbox, id).id]);
    mailbox.drafts.delete(id);
  }

  sendDraft(email: string, id: string): gmail_v1.Schema$Message {
    const mailbox = this.#call(email, 'gmail.users.drafts.send');
    const { id: messageId, threadId, payload, raw, attachments } = draftOf(mailbox, id);
    mailbox.remove([messageId]);
    mailbox.drafts.delete(id);
    return this.#send(email, { payload, raw, attachments, threadId });
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

  #stored(email: string, { id }: gmail_v1.Schema$Message): StoredMessage {
    return this.#mailbox(email).get(id ?? '');
  }

  #existing(email: string, ids: string[] | null | undefined): string[] {
    return (ids ?? []).filter((id) => this.#mailbox(email).messages.has(id));
  }

  #relabel(email: string, ids: readonly string[], add: readonly string[], remove: readonly string[]): void {
    const mailbox = this.#mailbox(email);
    mailbox.labels.checkApplicable([...add, ...remove]);
    mailbox.relabel(ids, add, remove);
  }

  #send(email: string, request: MessageContent & { readonly threadId?: string | undefined }): gmail_v1.Schema$Message {
    const recipients = addressesOf(request.payload, 'To', 'Cc', 'Bcc');
    if (recipients.length === 0) throw invalidArgument('Recipient address required');
    const { threadId, ...content } = request;
    const sender = this.#mailbox(email);
    const toSelf = recipients.includes(sender.emailAddress);
    const sent = sender.add(content, { labelIds: toSelf ? ['SENT', 'INBOX', 'UNREAD'] : ['SENT'], threadId });
    for (const recipient of recipients) {
      if (recipient === sender.emailAddress) continue;
      this.#mailboxes.get(recipient)?.add(withoutBcc(content), { labelIds: ['INBOX', 'UNREAD'] });
    }
    return viewMessageRef(sent);
  }

  #search(mailbox: Mailbox, { q = '', labelIds = [], includeSpamTrash = false }: ListRequest): StoredMessage[] {
    const search = compileSearch(q, (name) => mailbox.labels.idByName(name));
    const seesSpamTrash =
      includeSpamTrash || search.seesSpamTrash || labelIds.includes('SPAM') || labelIds.includes('TRASH');
    const found: StoredMessage[] = [];
    for (const message of mailbox.newestFirst()) {
      if (!seesSpamTrash && (message.labelIds.includes('SPAM') || message.labelIds.includes('TRASH'))) continue;
      if (labelIds.every((id) => message.labelIds.includes(id)) && search.matches(message)) found.push(message);
    }
    return found;
  }

  /** The token names the last item shown, so that newer mail does not move the pages. */
  #page({ maxResults, pageToken }: ListRequest, newestFirst: Iterable<StoredMessage>) {
    const size = Math.min(maxResults || 100, 500, this.settings.pageSizeLimit);
    const all = [...newestFirst];
    const rest = pageToken ? all.filter(isBelow(pageToken)) : all;
    const items = rest.slice(0, size);
    const last = items.at(-1);
    return {
      items,
      ...(rest.length > size && last && { nextPageToken: `${last.internalDateMs}-${last.id}` }),
      resultSizeEstimate: all.length,
    };
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

function viewMessageRef({ id, threadId, labelIds }: StoredMessage): gmail_v1.Schema$Message {
  return { id, threadId, labelIds: [...labelIds] };
}

function viewThread(mailbox: Mailbox, id: string): gmail_v1.Schema$Thread {
  const messages = mailbox.thread(id);
  const historyId = messages.reduce((max, message) => (message.historyId > max ? message.historyId : max), 0n);
  const newest = messages.at(-1);
  return { id, snippet: newest ? (viewMessage(newest, 'minimal').snippet ?? '') : '', historyId: historyId.toString() };
}

function draftOf(mailbox: Mailbox, id: string): StoredMessage {
  return mailbox.get(mailbox.drafts.get(id) ?? '');
}

function withoutBcc(content: MessageContent): MessageContent {
  const headers = (content.payload.headers ?? []).filter(({ name }) => name?.toLowerCase() !== 'bcc');
  return { ...content, payload: { ...content.payload, headers } };
}

function isBelow(pageToken: string): (message: StoredMessage) => boolean {
  const [, dateMs, id] = /^(-?\d+)-([0-9a-f]{16})$/.exec(pageToken) ?? [];
  if (!dateMs || !id) throw invalidArgument('Invalid pageToken');
  const internalDateMs = Number(dateMs);
  return (message) =>
    message.internalDateMs < internalDateMs || (message.internalDateMs === internalDateMs && message.id < id);
}
