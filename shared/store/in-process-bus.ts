import { AttacheError } from '../domain/errors';
import type { BusMessage, Clock, EventBus, Random } from '../domain/ports';

/** What a push subscription hands over, with Pub/Sub's own fields. */
export interface PushDelivery extends BusMessage {
  /** The same at every delivery of one message. */
  readonly messageId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly publishTimeMs: number;
  /** From 1. */
  readonly deliveryAttempt: number;
  readonly subscription: string;
}

export interface PushSubscriptionOptions {
  readonly name: string;
  /** Resolves to acknowledge; throws to have the message delivered again. */
  readonly push: (delivery: PushDelivery) => Promise<void>;
  /** A push that takes longer counts as failed, although it may still be running. */
  readonly ackDeadlineMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** With both: after so many attempts a message moves to the dead-letter topic. */
  readonly maxDeliveryAttempts?: number;
  readonly deadLetterTopic?: string;
  /** Messages of one ordering key come one at a time, in the order they were published. */
  readonly ordered?: boolean;
  /** Pushes on their way at a time; the others wait. Unlimited by default. */
  readonly maxOutstanding?: number;
}

export interface InProcessBus extends EventBus {
  createTopic(topic: string): void;
  subscribe(topic: string, options: PushSubscriptionOptions): void;
  /** Resolves when no message is waiting or on its way, or the bus is closed. */
  idle(): Promise<void>;
  /** Stops delivering. */
  close(): void;
}

interface Message extends BusMessage {
  readonly messageId: string;
  readonly publishTimeMs: number;
}

/**
 * Pub/Sub's push subscriptions in this process: at least once, exponential back-off with jitter, ordering keys, dead
 * letters. It keeps nothing beyond the process: for local stacks and tests.
 */
export function createInProcessBus(dependencies: { readonly clock: Clock; readonly random: Random }): InProcessBus {
  const { clock } = dependencies;
  const topics = new Map<string, Subscription[]>();
  const closing = new AbortController();
  let lastMessageId = 0;
  let pending = 0;
  const idleWaiters: (() => void)[] = [];

  const track = (delta: 1 | -1): void => {
    pending += delta;
    if (pending > 0) return;
    for (const resolve of idleWaiters.splice(0)) resolve();
  };

  const publish = async (topic: string, messages: readonly BusMessage[]): Promise<string[]> => {
    const subscriptions = topics.get(topic);
    if (!subscriptions) throw new AttacheError('notFound', `There is no topic ${topic}.`, { code: 'topicNotFound' });
    if (messages.some(({ data, attributes = {} }) => data === '' && Object.keys(attributes).length === 0))
      throw new AttacheError('invalid', 'A message needs data or an attribute.');
    return messages.map((message) => {
      const published = { ...message, messageId: String(++lastMessageId), publishTimeMs: clock.now() };
      for (const subscription of subscriptions) subscription.enqueue(published);
      return published.messageId;
    });
  };

  return {
    publish,
    createTopic(topic) {
      if (!topics.has(topic)) topics.set(topic, []);
    },
    subscribe(topic, options) {
      const subscriptions = topics.get(topic);
      if (!subscriptions) throw new AttacheError('notFound', `There is no topic ${topic}.`, { code: 'topicNotFound' });
      subscriptions.push(new Subscription(options, { ...dependencies, publish, track, signal: closing.signal }));
    },
    idle: () => (pending === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
    close() {
      closing.abort(new AttacheError('unavailable', 'The bus is closed.'));
      for (const resolve of idleWaiters.splice(0)) resolve();
    },
  };
}

interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly publish: EventBus['publish'];
  readonly track: (delta: 1 | -1) => void;
  readonly signal: AbortSignal;
}

class Subscription {
  /** Per ordering key, the end of the line. */
  private readonly lines = new Map<string, Promise<void>>();
  private outstanding = 0;
  private readonly waitingForRoom: (() => void)[] = [];

  constructor(
    private readonly options: PushSubscriptionOptions,
    private readonly surroundings: Surroundings,
  ) {}

  enqueue(message: Message): void {
    this.surroundings.track(1);
    const { orderingKey } = message;
    const before = this.options.ordered && orderingKey !== undefined ? this.lines.get(orderingKey) : undefined;
    const delivered = (before ?? Promise.resolve()).then(() => this.deliverUntilAcknowledged(message));
    if (this.options.ordered && orderingKey !== undefined) {
      this.lines.set(orderingKey, delivered);
      void delivered.then(() => {
        if (this.lines.get(orderingKey) === delivered) this.lines.delete(orderingKey);
      });
    }
    void delivered.then(() => this.surroundings.track(-1));
  }

  /** Never rejects. */
  private async deliverUntilAcknowledged(message: Message): Promise<void> {
    const { clock, random, signal } = this.surroundings;
    const { minBackoffMs, maxBackoffMs, maxDeliveryAttempts = Infinity, deadLetterTopic } = this.options;
    for (let deliveryAttempt = 1; !signal.aborted; deliveryAttempt++) {
      if (await this.whenThereIsRoom(() => this.pushOnce(message, deliveryAttempt))) return;
      if (deadLetterTopic !== undefined && deliveryAttempt >= maxDeliveryAttempts) {
        return this.moveToDeadLetters(message, deadLetterTopic, deliveryAttempt);
      }
      const backoffMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** (deliveryAttempt - 1));
      await clock.sleep(backoffMs * (0.75 + random.next() / 4), signal).catch(() => undefined);
    }
  }

  private async whenThereIsRoom<T>(push: () => Promise<T>): Promise<T> {
    const { maxOutstanding = Infinity } = this.options;
    if (this.outstanding < maxOutstanding) this.outstanding++;
    else await new Promise<void>((resolve) => this.waitingForRoom.push(resolve));
    try {
      return await push();
    } finally {
      const next = this.waitingForRoom.shift();
      if (next) next();
      else this.outstanding--;
    }
  }

  /** Whether the push was acknowledged in time. */
  private async pushOnce(message: Message, deliveryAttempt: number): Promise<boolean> {
    const { clock, signal } = this.surroundings;
    const { name, push, ackDeadlineMs } = this.options;
    const settled = new AbortController();
    const deadline = clock.sleep(ackDeadlineMs, AbortSignal.any([settled.signal, signal])).then(
      () => false,
      () => false,
    );
    const answer = Promise.resolve()
      .then(() => push({ ...message, attributes: message.attributes ?? {}, deliveryAttempt, subscription: name }))
      .then(
        () => true,
        () => false,
      );
    try {
      return await Promise.race([answer, deadline]);
    } finally {
      settled.abort();
    }
  }

  private async moveToDeadLetters(message: Message, topic: string, deliveryAttempt: number): Promise<void> {
    const { data, orderingKey, publishTimeMs } = message;
    const attributes = {
      ...message.attributes,
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(publishTimeMs).toISOString(),
      CloudPubSubDeadLetterSourceDeliveryCount: String(deliveryAttempt),
      CloudPubSubDeadLetterSourceSubscription: this.options.name,
    };
    await this.surroundings
      .publish(topic, [{ data, attributes, ...(orderingKey !== undefined && { orderingKey }) }])
      .catch(() => undefined);
  }
}
