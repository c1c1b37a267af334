import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import type { WatchSettings } from '../../shared/domain/mailbox-record';
import type { DocumentStore, EventBus } from '../../shared/domain/ports';
import type { Logger } from '../../shared/runtime/logger';
import { createMemoryStore } from '../../shared/store/memory';
import { GmailModel, type GmailModelOptions } from '../workspace/gmail/model';
import type { GoogleApiError } from '../workspace/google-api-error';
import { PushSubscription, type Pushed } from './broker';
import { gmailPort, messageKey, required, type GmailTrouble } from './gmail-port';
import { Invariants } from './invariants';
import type * as Subject from './subject';
import { World, seededRandom, type Adversary, type Instance } from './world';

export interface SimulationOptions {
  readonly adversary: Adversary;
  readonly traced?: boolean;
  readonly gmail?: Partial<Omit<GmailModelOptions, 'now' | 'publish'>>;
  /** How many calls at their slowest an invocation has time for. */
  readonly budgetCalls?: number;
  readonly instanceCount?: number;
  /** Pushes that fail so often are given up. */
  readonly maxDeliveryAttempts?: number;
}

/** A running process with the product in it, as its functions are wired. */
type Process = ReturnType<Simulation['start']>;

const inbox: WatchSettings = { labelIds: ['INBOX'], labelFilterBehavior: 'include' };
const topicName = 'projects/p/topics/gmail-notifications';
const notificationsTopic = 'gmail-notifications';
const due = { quietMs: 1_800_000, retryAfterMs: 60_000 };
const dayMs = 86_400_000;

/** The product's mail sync between a model of Gmail, a broker and a store, all in virtual time. */
export class Simulation {
  readonly world: World;
  readonly gmail: GmailModel;
  readonly invariants: Invariants;
  readonly subscription: PushSubscription;
  /** Work that was acknowledged, by design, with nobody but the sweep to finish it. */
  leftToSweep = 0;
  private readonly store: DocumentStore;
  private readonly trouble: GmailTrouble = { unreadable: new Map(), refusals: new Map() };
  private readonly watches = new Map<string, WatchSettings>();
  private readonly accountable = new Set<string>();
  private processes: Process[] = [];

  constructor(
    private readonly subject: typeof Subject,
    private readonly options: SimulationOptions,
  ) {
    const { adversary, traced = false, gmail, maxDeliveryAttempts = 100 } = options;
    const world = (this.world = new World(adversary, traced));
    this.store = createMemoryStore({ now: () => world.nowMs });
    this.invariants = new Invariants(world, this.store);
    this.subscription = new PushSubscription(
      world,
      () => this.choose().instance,
      (instance, delivery) => this.push(instance, delivery),
      maxDeliveryAttempts,
    );
    this.gmail = new GmailModel({
      now: () => world.nowMs,
      publish: ({ emailAddress, historyId }) => this.notify(emailAddress, historyId),
      ...gmail,
    });
  }

  // ── What happens to the mailboxes ────────────────────────────────────────────────────────────────────────────────

  after(delayMs: number, act: () => void): void {
    this.world.after(delayMs, act);
  }

  /** A registered, watched mailbox, without the way there. */
  async onboard(mailbox: string, watch = inbox): Promise<void> {
    this.gmail.createUser(mailbox);
    const { nowMs } = this.world;
    const { historyId, expiration } = this.gmail.watch(mailbox, { topicName, ...watch });
    const record = this.subject.newMailboxRecord(mailbox, watch, nowMs);
    const answer = { historyId: required(historyId), expirationMs: Number(expiration) };
    const active = { ...record, ...this.subject.watched(record, answer, nowMs, dayMs) };
    const data = { ...active, nextReconcileAtMs: nowMs + dayMs / 4, dueAtMs: nowMs + due.quietMs };
    await this.store.commit([{ op: 'create', path: this.subject.mailboxPath(mailbox), data }]);
    this.watches.set(mailbox, watch);
    this.accountable.add(mailbox);
  }

  /** Mail as it comes in. Returns its id. */
  deliver(mailbox: string, labelIds: readonly string[] = ['INBOX', 'UNREAD']): string {
    const message = this.gmail.deliver(mailbox, { payload: plainText, labelIds });
    this.judge(mailbox, message, labelIds);
    return required(message.id);
  }

  relabel(mailbox: string, id: string, addLabelIds: string[], removeLabelIds: string[]): void {
    this.gmail.modifyLabels(mailbox, id, { addLabelIds, removeLabelIds });
    this.judge(mailbox, this.gmail.getMessage(mailbox, id, 'minimal'), addLabelIds);
  }

  /** The user deletes a message for good. */
  erase(mailbox: string, id: string): void {
    this.gmail.deleteMessage(mailbox, id);
    this.invariants.allow(mailbox, id);
  }

  /** From now on Gmail fails so many times to return the message. While that is always, nobody can expect it. */
  makeUnreadable(mailbox: string, id: string, failures = Infinity): void {
    this.trouble.unreadable.set(messageKey(mailbox, id), failures);
    if (failures === Infinity) this.invariants.allow(mailbox, id);
  }

  makeReadable(mailbox: string, id: string): void {
    this.trouble.unreadable.delete(messageKey(mailbox, id));
    this.invariants.expect(mailbox, id, required(this.gmail.getMessage(mailbox, id, 'minimal').historyId));
  }

  /** Gmail answers every call about the mailbox with this error; undefined: no more. */
  refuse(mailbox: string, error: GoogleApiError | undefined): void {
    if (error) this.trouble.refusals.set(mailbox, error);
    else this.trouble.refusals.delete(mailbox);
  }

  /** Whatever arrives on the topic. */
  notify(emailAddress: string, historyId: string): void {
    // Numbers and strings in turn, as Gmail does.
    const id = /[02468]$/.test(historyId) ? historyId : `"${historyId}"`;
    const data = `{"emailAddress":"${emailAddress}","historyId":${id}}`;
    this.subscription.publish({ data }, this.world.adversary.copies(this.world.nowMs));
  }

  /** Whether a message is news, by its labels and those that were just `added`: the test's own word on it. */
  private judge(mailbox: string, message: gmail_v1.Schema$Message, added: readonly string[]): void {
    const watch = this.watches.get(mailbox) ?? inbox;
    const id = required(message.id);
    const labels = message.labelIds ?? [];
    const includes = watch.labelFilterBehavior === 'include';
    const isListed = (label: string) => watch.labelIds.includes(label);
    if (labels.some((label) => (label === 'SPAM' || label === 'TRASH') && !(includes && isListed(label)))) {
      if (this.invariants.isKnown(mailbox, id)) this.invariants.allow(mailbox, id);
      return;
    }
    if (labels.includes('DRAFT') || (labels.includes('SENT') && !labels.includes('INBOX'))) return;
    const enters = includes ? added.some(isListed) : added.includes('INBOX') && !labels.some(isListed);
    if (!enters) return;
    if (this.accountable.has(mailbox)) this.invariants.expect(mailbox, id, required(message.historyId));
    else this.invariants.allow(mailbox, id);
  }

  // ── What clients and the scheduler ask for ───────────────────────────────────────────────────────────────────────

  /** Registers the mailbox, over and over until that is answered; from then on all its mail must arrive. */
  register(
    mailbox: string,
    { backfillSinceMs, ...watch }: Partial<WatchSettings> & { backfillSinceMs?: number } = {},
    then?: () => void,
  ): void {
    if (!this.gmail.hasUser(mailbox)) this.gmail.createUser(mailbox);
    const settings = { ...inbox, ...watch };
    this.watches.set(mailbox, settings);
    this.request(
      ({ registration }) => this.subject.registerMailbox(registration, mailbox, { ...settings, backfillSinceMs }),
      () => {
        this.accountable.add(mailbox);
        then?.();
      },
    );
  }

  /** Everything that lies in the mailbox must arrive. */
  expectAll(mailbox: string): void {
    for (const { id } of this.gmail.listMessages(mailbox).messages ?? [])
      this.judge(mailbox, this.gmail.getMessage(mailbox, required(id), 'minimal'), ['INBOX']);
  }

  pause(mailbox: string, then?: () => void): void {
    this.request(({ registration }) => this.subject.pauseMailbox(registration, mailbox), then);
  }

  resume(mailbox: string): void {
    this.request(({ registration }) => this.subject.resumeMailbox(registration, mailbox));
  }

  replayParked(mailbox: string): void {
    this.request(({ registration }) => this.subject.replayParked(registration, mailbox));
  }

  remove(mailbox: string, then?: () => void): void {
    this.accountable.delete(mailbox);
    this.invariants.excuseAll(mailbox);
    this.request(({ registration }) => this.subject.removeMailbox(registration, mailbox), then);
  }

  sweep(): void {
    const { sync } = this.choose();
    const settled = this.subject.sweepMailboxes({
      ...sync,
      notificationsTopic,
      deadlineMs: sync.clock.now() + 240_000,
    });
    settled.catch((error: unknown) => this.world.note('sweep failed', String(error)));
  }

  renewWatches(): void {
    const { registration, sync } = this.choose();
    const settled = this.subject.renewWatches(
      { ...registration, renewAfterMs: dayMs, deadlineMs: sync.clock.now() + 240_000 },
      silent,
    );
    settled.catch((error: unknown) => this.world.note('renewal failed', String(error)));
  }

  /** A client calls again when its call failed or was cut off, until it has an answer. */
  private request(run: (process: Process) => Promise<unknown>, then?: () => void, attempt = 1): void {
    let settled = false;
    const again = (why: string) => {
      if (settled) return;
      settled = true;
      this.world.note('request', why);
      if (attempt < 100) this.world.after(10_000, () => this.request(run, then, attempt + 1));
    };
    const process = this.choose();
    process.instance.onKill.push(() => again('lost'));
    run(process).then(
      () => {
        if (settled) return;
        settled = true;
        this.world.note('request answered');
        then?.();
      },
      (error: unknown) => again(String(error)),
    );
  }

  // ── The product, wired to this world ─────────────────────────────────────────────────────────────────────────────

  private async push(instance: Instance, delivery: Pushed): Promise<void> {
    const process = required(this.processes.find((one) => one.instance === instance));
    const outcome = await this.subject.handleNotification(process.sync, delivery, silent);
    const result = outcome.kind === 'done' ? outcome.result : outcome.skipReason;
    this.world.note(delivery.messageId, result);
    if (result === 'deferred' || result === 'onboarding') this.leftToSweep += 1;
    const notification = this.subject.decodeNotification(delivery.dataBase64);
    const isAnswerable = delivery.attributes['reason'] === undefined && !needsNoTrace.has(result);
    if (!notification || !isAnswerable) return;
    const path = this.subject.mailboxPath(notification.emailAddress);
    await this.invariants.acknowledged(path, notification.historyId, delivery.messageId);
  }

  private choose(): Process {
    const count = this.options.instanceCount ?? 1;
    this.processes = this.processes.filter(({ instance }) => instance.alive);
    while (this.processes.length < count) this.processes.push(this.start());
    return required(this.processes[this.world.adversary.chooseInstance(count)]);
  }

  private start() {
    const { budgetCalls } = this.options;
    const instance = this.world.newInstance();
    const clock = this.world.clockOf(instance);
    const store = this.storeOf(instance);
    const bus = this.busOf(instance);
    const mailboxStore = this.subject.createMailboxStore({ store, clock, due });
    const mailboxes = (emailAddress: string) => gmailPort(this.world, this.gmail, this.trouble, instance, emailAddress);
    const settings = {
      ...this.subject.defaultSyncSettings,
      chunkSize: 3,
      fetchConcurrency: 2,
      ...(budgetCalls !== undefined && { budgetMs: budgetCalls * 2 * this.world.adversary.worstLatencyMs }),
    };
    return {
      instance,
      sync: { store, mailboxStore, bus, mailboxes, clock, random: seededRandom(7), settings },
      registration: { mailboxStore, mailboxes, bus, clock, notificationsTopic, topicName, watchRenewAfterMs: dayMs },
    };
  }

  private storeOf(instance: Instance): DocumentStore {
    const { store, world, invariants } = this;
    return {
      get: (path) => world.io(instance, 'store.get', () => store.get(path)),
      getAll: (paths) => world.io(instance, 'store.getAll', () => store.getAll(paths)),
      query: (query) => world.io(instance, 'store.query', () => store.query(query)),
      commit: (writes) => world.io(instance, 'store.commit', () => invariants.commit(writes)),
      runTransaction: (run) => world.io(instance, 'store.runTransaction', () => store.runTransaction(run)),
    };
  }

  private busOf(instance: Instance): EventBus {
    return {
      publish: (topic, messages) =>
        this.world.io(instance, `bus.publish ${topic}`, (isCut) => {
          // After a failure any of them may have been stored.
          const stored = isCut ? messages.slice(0, Math.ceil(messages.length / 2)) : messages;
          for (const message of stored) {
            if (topic === notificationsTopic) this.subscription.publish(message);
            else this.invariants.receive(message);
          }
          return messages.map((_, index) => `p${index}`);
        }),
    };
  }
}

/** Whoever ends these states asks for a sync. */
const needsNoTrace = new Set<string>(['paused', 'offboarded', 'onboarding', 'needsAuth', 'unknownMailbox']);

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
