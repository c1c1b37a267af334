import type { DocumentStore, EventBus } from '../../shared/domain/ports';
import type { Logger } from '../../shared/runtime/logger';
import type { GmailModel } from '../workspace/gmail/model';
import { PushSubscription, type Pushed } from './broker';
import { gmailPort, required, type GmailTrouble } from './gmail-port';
import type { Invariants } from './invariants';
import type * as Subject from './subject';
import { seededRandom, type Instance, type World } from './world';

export interface ProductOptions {
  readonly instanceCount?: number;
  /** Pushes that fail so often are given up. */
  readonly maxDeliveryAttempts?: number;
  /** How many calls at their slowest an invocation has time for. */
  readonly budgetCalls?: number;
}

/** A running process with the product in it, as its functions are wired. */
export type Process = ReturnType<Product['start']>;

export const topicName = 'projects/p/topics/gmail-notifications';
export const due = { quietMs: 1_800_000, retryAfterMs: 60_000 };
export const dayMs = 86_400_000;
const notificationsTopic = 'gmail-notifications';

/** The product in its processes, between the store, the broker and Gmail; every I/O of it goes through the world. */
export class Product {
  readonly subscription: PushSubscription;
  /** Work that was acknowledged, by design, with nobody but the sweep to finish it. */
  leftToSweep = 0;
  private processes: Process[] = [];

  constructor(
    private readonly subject: typeof Subject,
    private readonly world: World,
    private readonly store: DocumentStore,
    private readonly gmail: GmailModel,
    private readonly trouble: GmailTrouble,
    private readonly invariants: Invariants,
    private readonly options: ProductOptions,
  ) {
    this.subscription = new PushSubscription(
      world,
      () => this.choose().instance,
      (instance, delivery) => this.push(instance, delivery),
      options.maxDeliveryAttempts ?? 100,
    );
  }

  /** Attempts at deliveries that are under way, and the process of each. */
  private readonly attempts = new Map<string, Instance>();
  private attemptCount = 0;

  sweep(): void {
    const { registration } = this.choose();
    const deadlineMs = registration.clock.now() + 240_000;
    const settled = this.subject.sweepMailboxes({ ...registration, deadlineMs });
    settled.catch((error: unknown) => this.world.note('sweep failed', String(error)));
  }

  renewWatches(): void {
    const { registration } = this.choose();
    const deadlineMs = registration.clock.now() + 240_000;
    const settled = this.subject.renewWatches({ ...registration, renewAfterMs: dayMs, deadlineMs }, silent);
    settled.catch((error: unknown) => this.world.note('renewal failed', String(error)));
  }

  /** Any of the living processes; a killed one has been replaced. */
  choose(): Process {
    const count = this.options.instanceCount ?? 1;
    this.processes = this.processes.filter(({ instance }) => instance.alive);
    while (this.processes.length < count) this.processes.push(this.start());
    return required(this.processes[this.world.adversary.chooseInstance(count)]);
  }

  private async push(instance: Instance, delivery: Pushed): Promise<void> {
    const process = required(this.processes.find((one) => one.instance === instance));
    const worker = `${delivery.messageId} ${delivery.attempt} ${++this.attemptCount}`;
    this.attempts.set(worker, instance);
    const outcome = await this.subject
      .handleNotification(process.syncAs(worker), delivery, silent)
      .finally(() => this.attempts.delete(worker));
    const result = outcome.kind === 'done' ? outcome.result : outcome.skipReason;
    this.world.note(delivery.messageId, result);
    if (result === 'deferred' || result === 'onboarding') this.leftToSweep += 1;
    const notification = this.subject.decodeNotification(delivery.dataBase64);
    const isOurs = delivery.attributes['reason'] !== undefined;
    if (!notification || isOurs || needsNoTrace.has(result)) return;
    const path = this.subject.mailboxPath(notification.emailAddress);
    const { historyId } = notification;
    const hasWorked = outcome.kind === 'done';
    const isAtWork = (attempt: string) => this.attempts.get(attempt)?.alive === true;
    await this.invariants.acknowledged(path, { id: delivery.messageId, historyId, worker, hasWorked, isAtWork });
  }

  private start() {
    const instance = this.world.newInstance();
    const clock = this.world.clockOf(instance);
    const bus = this.busOf(instance);
    const random = seededRandom(7);
    const storesOf = (worker?: string) => {
      const store = this.storeOf(instance, worker);
      return { store, mailboxStore: this.subject.createMailboxStore({ store, clock, due }) };
    };
    const mailboxes = (emailAddress: string) => gmailPort(this.world, this.gmail, this.trouble, instance, emailAddress);
    const { budgetCalls } = this.options;
    const settings = {
      ...this.subject.defaultSyncSettings,
      chunkSize: 3,
      fetchConcurrency: 2,
      ...(budgetCalls !== undefined && { budgetMs: budgetCalls * 2 * this.world.adversary.worstLatencyMs }),
    };
    return {
      instance,
      syncAs: (worker: string) => ({ ...storesOf(worker), bus, mailboxes, clock, random, settings }),
      registration: { ...storesOf(), mailboxes, bus, clock, notificationsTopic, topicName, watchRenewAfterMs: dayMs },
    };
  }

  private storeOf(instance: Instance, worker?: string): DocumentStore {
    const { store, world, invariants } = this;
    return {
      get: (path) => world.io(instance, 'store.get', () => store.get(path)),
      getAll: (paths) => world.io(instance, 'store.getAll', () => store.getAll(paths)),
      query: (query) => world.io(instance, 'store.query', () => store.query(query)),
      commit: (writes) => world.io(instance, 'store.commit', () => invariants.commit(writes, worker)),
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
