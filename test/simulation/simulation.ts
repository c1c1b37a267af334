import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { historyIdSchema, compareHistoryIds } from '../../shared/domain/history-id';
import type { GmailMessage, HistoryPage, Mailbox } from '../../shared/domain/mailbox';
import { mailboxRecordSchema, type MailboxRecord } from '../../shared/domain/mailbox-record';
import type { BusMessage, DocumentStore, EventBus, Write } from '../../shared/domain/ports';
import { fromGoogleAnswer } from '../../shared/google/errors';
import { createMemoryStore } from '../../shared/store/memory';
import type { Logger } from '../../shared/runtime/logger';
import { GmailModel, type GmailSettings } from '../workspace/gmail/model';
import { GoogleApiError } from '../workspace/google-api-error';
import { PushSubscription, type Pushed } from './broker';
import type * as Subject from './subject';
import { World, seededRandom, type Adversary, type Instance } from './world';

export interface SimulationOptions {
  readonly adversary: Adversary;
  readonly traced?: boolean;
  readonly gmail?: Partial<GmailSettings>;
  readonly instanceCount?: number;
  readonly maxDeliveryAttempts?: number;
}

/** A message that must reach the agent, and the history id at which it became news. */
interface Expectation {
  readonly messageId: string;
  readonly mailbox: string;
  readonly historyId: string;
  readonly deliveredAtMs: number;
}

const topic = 'projects/p/topics/gmail-notifications';
const due = { quietMs: 1_800_000, retryAfterMs: 60_000 };

/**
 * The product's mail sync between a model of Gmail, a broker and a store, all in virtual time. Watches the invariants at
 * every write and acknowledgement; `violations` is what they found.
 */
export class Simulation {
  readonly world: World;
  readonly gmail: GmailModel;
  readonly violations: string[] = [];
  /** First publish of each event, in order, and how often each was published. */
  readonly published = new Map<string, { readonly key: string; readonly atMs: number; copies: number }>();
  /** By `messageKey`: Gmail's ids are unique within a mailbox only. */
  readonly expected = new Map<string, Expectation>();
  /** Messages that Gmail fails to return. */
  readonly unreadable = new Set<string>();
  private readonly store: DocumentStore;
  private readonly subscription: PushSubscription;
  private instances: Instance[] = [];
  private instanceCount = 0;

  constructor(
    private readonly subject: typeof Subject,
    private readonly options: SimulationOptions,
  ) {
    this.world = new World(options.adversary, options.traced ?? false);
    const { world } = this;
    this.store = createMemoryStore({ now: () => world.nowMs });
    this.subscription = new PushSubscription(
      world,
      () => this.living(),
      (instance, delivery) => this.push(instance, delivery),
      options.maxDeliveryAttempts ?? 100,
    );
    this.gmail = new GmailModel({
      now: () => world.nowMs,
      publish: ({ emailAddress, historyId }) => {
        // Numbers and strings in turn, as Gmail does.
        const id = Number(historyId) % 2 === 0 ? historyId : `"${historyId}"`;
        const data = `{"emailAddress":"${emailAddress}","historyId":${id}}`;
        this.subscription.publish({ data }, options.adversary.copies(world.nowMs));
      },
      ...options.gmail,
    });
  }

  // ── What happens to the mailboxes ────────────────────────────────────────────────────────────────────────────────

  /** A registered, watched mailbox. */
  async onboard(mailbox: string, change: Partial<MailboxRecord> = {}): Promise<void> {
    this.gmail.createUser(mailbox);
    const answer = this.gmail.watch(mailbox, { topicName: topic });
    const settings = { labelIds: ['INBOX'], labelFilterBehavior: 'include' as const };
    const record = this.subject.newMailboxRecord(mailbox, settings, this.world.nowMs);
    const watch = { historyId: answer.historyId ?? '', expirationMs: Number(answer.expiration) };
    const active = { ...record, ...this.subject.watched(record, watch, this.world.nowMs, 86_400_000) };
    await this.store.commit([
      {
        op: 'create',
        path: this.subject.mailboxPath(mailbox),
        data: {
          ...active,
          nextReconcileAtMs: this.world.nowMs + 6 * 3_600_000,
          dueAtMs: this.world.nowMs + due.quietMs,
          ...change,
        },
      },
    ]);
  }

  /** Mail that must arrive, unless its labels say otherwise. Returns its id. */
  deliver(mailbox: string, labelIds: readonly string[] = ['INBOX', 'UNREAD']): string {
    const message = this.gmail.deliver(mailbox, { payload: plainText, labelIds });
    if (labelIds.includes('INBOX') && !labelIds.includes('DRAFT')) this.expect(mailbox, message);
    return required(message.id);
  }

  relabel(mailbox: string, id: string, addLabelIds: string[], removeLabelIds: string[]): void {
    const labelIds = this.gmail.modifyLabels(mailbox, id, { addLabelIds, removeLabelIds }).labelIds ?? [];
    if (labelIds.includes('SPAM') || labelIds.includes('TRASH')) this.expected.delete(messageKey(mailbox, id));
    else if (addLabelIds.includes('INBOX')) this.expect(mailbox, this.gmail.getMessage(mailbox, id, 'minimal'));
  }

  remove(mailbox: string, id: string): void {
    this.gmail.deleteMessage(mailbox, id);
    this.expected.delete(messageKey(mailbox, id));
  }

  /** A message that Gmail lists and never returns: it must be set aside, and the mailbox go on. */
  deliverUnreadable(mailbox: string): void {
    this.unreadable.add(required(this.gmail.deliver(mailbox, { payload: plainText }).id));
  }

  private expect(mailbox: string, message: gmail_v1.Schema$Message): void {
    const messageId = required(message.id);
    const key = messageKey(mailbox, messageId);
    if (this.expected.has(key)) return;
    this.expected.set(key, {
      messageId,
      mailbox,
      historyId: required(message.historyId),
      deliveredAtMs: this.world.nowMs,
    });
  }

  /** The scheduler's call; like every other it may be killed or fail. */
  async sweep(): Promise<void> {
    const instance = this.pick();
    const { mailboxStore, bus, clock } = this.dependenciesOf(instance);
    void this.subject
      .sweepMailboxes({
        mailboxStore,
        bus,
        clock,
        notificationsTopic: 'gmail-notifications',
        deadlineMs: this.world.nowMs + 240_000,
      })
      .catch((error: unknown) => this.world.note(`sweep failed ${String(error)}`));
  }

  // ── The product, wired to this world ─────────────────────────────────────────────────────────────────────────────

  private async push(instance: Instance, delivery: Pushed): Promise<void> {
    const outcome = await this.subject.handleNotification(this.dependenciesOf(instance), delivery, silent);
    this.world.note(`${delivery.messageId} ${outcome.kind === 'done' ? outcome.result : outcome.skipReason}`);
    await this.checkAcknowledged(delivery);
  }

  private dependenciesOf(instance: Instance) {
    const clock = this.world.clockOf(instance);
    const store = this.storeOf(instance);
    return {
      store,
      mailboxStore: this.subject.createMailboxStore({ store, clock, due }),
      bus: this.busOf(instance),
      mailboxes: (emailAddress: string) => this.mailboxOf(instance, emailAddress),
      clock,
      random: seededRandom(7),
      settings: { ...this.subject.defaultSyncSettings, chunkSize: 3, fetchConcurrency: 2 },
    };
  }

  private storeOf(instance: Instance): DocumentStore {
    const { store, world } = this;
    return {
      get: (path) => world.io(instance, 'store.get', () => store.get(path)),
      getAll: (paths) => world.io(instance, 'store.getAll', () => store.getAll(paths)),
      query: (query) => world.io(instance, 'store.query', () => store.query(query)),
      commit: (writes) =>
        world.io(instance, 'store.commit', async () => {
          const before = await this.checkpointsBefore(writes);
          const versions = await store.commit(writes);
          await this.checkWritten(writes, before);
          return versions;
        }),
      runTransaction: (run) => world.io(instance, 'store.runTransaction', () => store.runTransaction(run)),
    };
  }

  private busOf(instance: Instance): EventBus {
    return {
      publish: (name, messages) =>
        this.world.io(instance, `bus.publish ${name}`, async () => {
          for (const message of messages) {
            if (name === 'agent-events') await this.receive(message);
            else this.subscription.publish(message);
          }
          return messages.map((_, index) => `p${index}`);
        }),
    };
  }

  private mailboxOf(instance: Instance, emailAddress: string): Mailbox {
    const { gmail, world } = this;
    const call = <T>(method: string, run: () => T): Promise<T> =>
      world.io(instance, `gmail.${method}`, () => {
        try {
          return run();
        } catch (error) {
          if (!(error instanceof GoogleApiError)) throw error;
          const { reason } = error;
          if (method === 'history.list' && error.code === 404)
            throw new this.subject.AttacheError('checkpointExpired', reason);
          throw fromGoogleAnswer({ status: error.code, data: error.toBody() }, method, world.nowMs);
        }
      });
    return {
      emailAddress,
      getProfile: () =>
        call('getProfile', () => {
          const profile = gmail.getProfile(emailAddress);
          return { emailAddress: required(profile.emailAddress), historyId: required(profile.historyId) };
        }),
      listHistory: (request) =>
        call('history.list', () =>
          toPage(gmail.listHistory(emailAddress, { ...request, historyTypes: ['messageAdded', 'labelAdded'] })),
        ),
      getMessage: (id) =>
        call('messages.get', () => {
          if (this.unreadable.has(id)) throw new GoogleApiError(500, 'backendError', 'Backend Error');
          return toMessage(gmail.getMessage(emailAddress, id, 'full'));
        }),
      listMessages: (request) =>
        call('messages.list', () => {
          const { messages = [], nextPageToken } = gmail.listMessages(emailAddress, request);
          return {
            messages: messages.map(({ id, threadId }) => ({ id: required(id), threadId: required(threadId) })),
            ...(nextPageToken != null && { nextPageToken }),
          };
        }),
      getAttachment: () => Promise.reject(new Error('not part of the simulation')),
      watch: () => Promise.reject(new Error('not part of the simulation')),
      stop: () => Promise.reject(new Error('not part of the simulation')),
    };
  }

  private living(): readonly Instance[] {
    const count = this.options.instanceCount ?? 1;
    this.instances = this.instances.filter(({ alive }) => alive);
    while (this.instances.length < count) this.instances.push(this.world.newInstance(`i${++this.instanceCount}`));
    return this.instances;
  }

  private pick(): Instance {
    const instances = this.living();
    return required(instances[this.options.adversary.chooseInstance(instances.length)]);
  }

  // ── Invariants ───────────────────────────────────────────────────────────────────────────────────────────────────

  private violate(what: string): void {
    this.world.note(`VIOLATION ${what}`);
    if (!this.violations.includes(what)) this.violations.push(what);
  }

  private async receive(message: BusMessage): Promise<void> {
    const event = JSON.parse(message.data) as { id: string; type: string; data: { messageId: string } };
    const key = messageKey(message.orderingKey ?? '', event.data.messageId);
    if (event.type !== 'message.received') return;
    if (!(await this.store.get(`events/${event.id}`))) this.violate('published without a record');
    const known = this.published.get(event.id);
    if (known) known.copies += 1;
    else this.published.set(event.id, { key, atMs: this.world.nowMs, copies: 1 });
  }

  private async checkpointsBefore(writes: readonly Write[]): Promise<Map<string, MailboxRecord>> {
    const records = new Map<string, MailboxRecord>();
    for (const { path } of writes) {
      const stored = path.startsWith('mailboxes/') ? await this.store.get(path) : undefined;
      if (stored) records.set(path, mailboxRecordSchema.parse(stored.data));
    }
    return records;
  }

  private async checkWritten(writes: readonly Write[], before: ReadonlyMap<string, MailboxRecord>): Promise<void> {
    for (const [path, old] of before) {
      const stored = await this.store.get(path);
      if (!stored) continue;
      const record = mailboxRecordSchema.parse(stored.data);
      if (
        old.checkpoint !== null &&
        (record.checkpoint === null || compareHistoryIds(record.checkpoint, old.checkpoint) < 0)
      ) {
        this.violate('checkpoint decreased');
      }
      if (record.publishedSequence > record.sequence) this.violate('published beyond what is on record');
      if (record.checkpoint === old.checkpoint) continue;
      const missing = await this.missing(record.emailAddress, record.checkpoint ?? '0');
      if (missing > 0) this.violate('checkpoint passed an undelivered message');
    }
    if (writes.some(({ op, path }) => op === 'delete' && path.startsWith('events/')))
      this.violate('event record deleted');
  }

  /** Expected messages up to a history id that have neither an event record nor been parked. */
  private async missing(mailbox: string, historyId: string): Promise<number> {
    const wanted = [...this.expected.values()].filter(
      (expectation) => expectation.mailbox === mailbox && compareHistoryIds(expectation.historyId, historyId) <= 0,
    );
    const paths = wanted.flatMap(({ messageId }) => [
      `events/${this.subject.messageEventId(mailbox, messageId)}`,
      `parkedMessages/${encodeURIComponent(`${mailbox}:${messageId}`)}`,
    ]);
    const found = await this.store.getAll(paths);
    return wanted.filter((_, index) => !found[2 * index] && !found[2 * index + 1]).length;
  }

  /** Nothing is acknowledged before its work is durable: done, or left to somebody who is still to be acknowledged. */
  private async checkAcknowledged(delivery: Pushed): Promise<void> {
    const notification = this.subject.decodeNotification(delivery.dataBase64);
    const stored = notification && (await this.store.get(this.subject.mailboxPath(notification.emailAddress)));
    if (!stored) return;
    const record = mailboxRecordSchema.parse(stored.data);
    if (record.lease?.deliveryId === delivery.messageId) this.violate('acknowledged while its own work was under way');
    const reads =
      record.handledHistoryId !== null && compareHistoryIds(notification.historyId, record.handledHistoryId) <= 0;
    const noted =
      record.notifiedHistoryId !== null && compareHistoryIds(notification.historyId, record.notifiedHistoryId) <= 0;
    const left = noted && record.dueAtMs !== null;
    if (!reads && !left && delivery.attributes['reason'] === undefined && record.status === 'active') {
      this.violate('acknowledged without a trace');
    }
  }

  /** What must be true when faults have stopped; `atRest` when nothing is under way any more. */
  async checkSettled({ atRest }: { readonly atRest: boolean }): Promise<void> {
    const byMessage = new Map<string, string[]>();
    for (const event of await this.events()) {
      const key = messageKey(event.mailbox, event.messageId);
      byMessage.set(key, [...(byMessage.get(key) ?? []), event.id]);
      if (!this.published.has(event.id)) this.violate('event on record was never published');
    }
    for (const ids of byMessage.values()) if (ids.length > 1) this.violate('message has two events');
    for (const key of this.expected.keys()) if (!byMessage.has(key)) this.violate('message lost');
    for (const record of await this.records()) {
      if (atRest && record.publishedSequence !== record.sequence) this.violate('mailbox left with unpublished events');
      if (atRest && record.lease !== null) this.violate('lease left behind');
      const sequences = (await this.events())
        .filter(({ mailbox }) => mailbox === record.emailAddress)
        .map(({ sequence }) => sequence);
      if (new Set(sequences).size !== sequences.length || Math.max(0, ...sequences) > record.sequence)
        this.violate('sequence is not exact');
    }
  }

  async events(): Promise<{ id: string; messageId: string; mailbox: string; sequence: number }[]> {
    const snapshots = await this.store.query({
      collection: 'events',
      where: [{ field: 'type', op: '==', value: 'message.received' }],
      limit: 1_000,
    });
    return snapshots.map(({ id, data }) => {
      const event = JSON.parse(String(data['json'])) as { data: { messageId: string } };
      return {
        id,
        messageId: event.data.messageId,
        mailbox: String(data['mailbox']),
        sequence: Number(data['sequence']),
      };
    });
  }

  async records(): Promise<MailboxRecord[]> {
    return (await this.store.query({ collection: 'mailboxes', limit: 100 })).map(({ data }) =>
      mailboxRecordSchema.parse(data),
    );
  }

  deadLetterCount(): number {
    return this.subscription.deadLetters.length;
  }
}

export function messageKey(mailbox: string, messageId: string): string {
  return `${mailbox}/${messageId}`;
}

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  child: () => silent,
};

const plainText: gmail_v1.Schema$MessagePart = {
  partId: '',
  mimeType: 'text/plain',
  headers: [
    { name: 'From', value: 'Ana <ana@example.org>' },
    { name: 'Subject', value: 'Hello' },
  ],
  body: { size: 5, data: 'aGVsbG8' },
};

function toPage(answer: gmail_v1.Schema$ListHistoryResponse): HistoryPage {
  return {
    ...(answer.history && {
      history: answer.history.map((record) => ({
        id: required(record.id),
        messagesAdded: (record.messagesAdded ?? []).map(({ message }) => ({ message: toRef(message) })),
        labelsAdded: (record.labelsAdded ?? []).map(({ message, labelIds }) => ({
          message: toRef(message),
          labelIds: labelIds ?? [],
        })),
      })),
    }),
    ...(answer.nextPageToken != null && { nextPageToken: answer.nextPageToken }),
    historyId: historyIdSchema.parse(answer.historyId),
  };
}

function toRef(message: gmail_v1.Schema$Message | undefined): { id: string; labelIds: string[] } {
  return { id: required(message?.id), labelIds: message?.labelIds ?? [] };
}

function toMessage(message: gmail_v1.Schema$Message): GmailMessage {
  return {
    id: required(message.id),
    threadId: required(message.threadId),
    labelIds: message.labelIds ?? [],
    snippet: message.snippet ?? '',
    historyId: required(message.historyId),
    internalDate: required(message.internalDate),
    payload: { mimeType: 'text/plain', headers: [], body: { size: 5, data: 'aGVsbG8' } },
  };
}

function required<T>(value: T | null | undefined): T {
  if (value == null) throw new Error('The model left out a field that Gmail always sends.');
  return value;
}
