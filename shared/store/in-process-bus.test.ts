import type { Clock } from '../domain/ports';
import {
  createInProcessBus,
  type InProcessBus,
  type PushDelivery,
  type PushSubscriptionOptions,
} from './in-process-bus';

describe('the in-process bus', () => {
  let time: ManualClock;
  let bus: InProcessBus;
  const delivered: PushDelivery[] = [];

  beforeEach(() => {
    time = new ManualClock();
    bus = createInProcessBus({ clock: time, random: { next: () => 0 } });
    bus.createTopic('jobs');
    delivered.length = 0;
  });
  afterEach(() => bus.close());

  function subscribe(options: Partial<PushSubscriptionOptions>): void {
    const { push = () => Promise.resolve(), ...others } = options;
    bus.subscribe('jobs', {
      name: 'worker',
      ackDeadlineMs: 60_000,
      minBackoffMs: 1_000,
      maxBackoffMs: 10_000,
      ...others,
      push: (delivery) => {
        delivered.push(delivery);
        return push(delivery);
      },
    });
  }

  const fail = (): Promise<never> => Promise.reject(new Error('nack'));

  test('a delivery says which message it is, when it was published and how often it was tried', async () => {
    time.nowMs = 5_000;
    subscribe({ push: () => (delivered.length < 2 ? fail() : Promise.resolve()) });
    const [messageId] = await bus.publish('jobs', [{ data: 'a', attributes: { k: 'v' }, orderingKey: 'x' }]);
    await time.runUntil(bus.idle());
    const common = { messageId, data: 'a', attributes: { k: 'v' }, orderingKey: 'x', publishTimeMs: 5_000 };
    expect(delivered).toEqual([
      { ...common, deliveryAttempt: 1, subscription: 'worker' },
      { ...common, deliveryAttempt: 2, subscription: 'worker' },
    ]);
  });

  test('the back-off doubles up to its maximum, less up to a quarter', async () => {
    const attemptsAt: number[] = [];
    subscribe({
      push: async () => {
        attemptsAt.push(time.nowMs);
        if (attemptsAt.length < 7) throw new Error('nack');
      },
    });
    await bus.publish('jobs', [{ data: 'a' }]);
    await time.runUntil(bus.idle());
    const pauses = attemptsAt.slice(1).map((atMs, i) => atMs - (attemptsAt[i] ?? 0));
    expect(pauses).toEqual([750, 1_500, 3_000, 6_000, 7_500, 7_500]);
  });

  test('a push that outlasts the deadline is delivered again', async () => {
    subscribe({
      ackDeadlineMs: 2_000,
      push: () => (delivered.length === 1 ? new Promise(() => undefined) : Promise.resolve()),
    });
    await bus.publish('jobs', [{ data: 'a' }]);
    await time.runUntil(bus.idle());
    expect(delivered.map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2]);
    expect(time.nowMs).toBe(2_750);
  });

  test('a refused message holds up its key in an ordered subscription, and nothing else', async () => {
    subscribe({
      ordered: true,
      push: ({ data, deliveryAttempt }) => (data === 'a1' && deliveryAttempt < 3 ? fail() : Promise.resolve()),
    });
    await bus.publish('jobs', [
      { data: 'a1', orderingKey: 'a' },
      { data: 'a2', orderingKey: 'a' },
      { data: 'b1', orderingKey: 'b' },
      { data: 'no key' },
    ]);
    await time.runUntil(bus.idle());
    expect(delivered.map(({ data }) => data)).toEqual(['a1', 'b1', 'no key', 'a1', 'a1', 'a2']);
  });

  test('without order a refused message holds up nothing', async () => {
    subscribe({
      push: ({ data, deliveryAttempt }) => (data === 'a1' && deliveryAttempt < 2 ? fail() : Promise.resolve()),
    });
    await bus.publish(
      'jobs',
      ['a1', 'a2'].map((data) => ({ data, orderingKey: 'a' })),
    );
    await time.runUntil(bus.idle());
    expect(delivered.map(({ data }) => data)).toEqual(['a1', 'a2', 'a1']);
  });

  test('after its last attempt a message moves to the dead letters, with the attributes that Pub/Sub adds', async () => {
    time.nowMs = Date.parse('2026-11-22T06:00:00Z');
    bus.createTopic('dead');
    const dead: PushDelivery[] = [];
    bus.subscribe('dead', {
      name: 'undertaker',
      push: async (delivery) => void dead.push(delivery),
      ackDeadlineMs: 1_000,
      minBackoffMs: 1,
      maxBackoffMs: 1,
    });
    subscribe({
      ordered: true,
      maxDeliveryAttempts: 5,
      deadLetterTopic: 'dead',
      push: ({ data }) => (data === 'bad' ? fail() : Promise.resolve()),
    });
    await bus.publish('jobs', [
      { data: 'bad', attributes: { k: 'v' }, orderingKey: 'a' },
      { data: 'good', orderingKey: 'a' },
    ]);
    await time.runUntil(bus.idle());
    expect(delivered.map(({ data }) => data)).toEqual(['bad', 'bad', 'bad', 'bad', 'bad', 'good']);
    expect(dead).toMatchObject([
      {
        data: 'bad',
        orderingKey: 'a',
        deliveryAttempt: 1,
        subscription: 'undertaker',
        attributes: {
          k: 'v',
          CloudPubSubDeadLetterSourceDeliveryCount: '5',
          CloudPubSubDeadLetterSourceSubscription: 'worker',
          CloudPubSubDeadLetterSourceTopicPublishTime: '2026-11-22T06:00:00.000Z',
        },
      },
    ]);
  });

  test('no more pushes are on their way at a time than allowed', async () => {
    let running = 0;
    let most = 0;
    subscribe({
      maxOutstanding: 3,
      push: async ({ deliveryAttempt }) => {
        most = Math.max(most, ++running);
        await time.sleep(10);
        running--;
        if (deliveryAttempt === 1) throw new Error('nack');
      },
    });
    await bus.publish(
      'jobs',
      Array.from({ length: 10 }, (_, i) => ({ data: `${i}` })),
    );
    await time.runUntil(bus.idle());
    expect(delivered).toHaveLength(20);
    expect(most).toBe(3);
  });

  test('what was published before a subscription is not for it', async () => {
    await bus.publish('jobs', [{ data: 'early' }]);
    subscribe({});
    await bus.publish('jobs', [{ data: 'late' }]);
    await bus.idle();
    expect(delivered.map(({ data }) => data)).toEqual(['late']);
  });

  test('one cannot subscribe to a topic that does not exist', () => {
    const options = { name: 'n', push: fail, ackDeadlineMs: 1, minBackoffMs: 1, maxBackoffMs: 1 };
    expect(() => bus.subscribe('nowhere', options)).toThrow('There is no topic nowhere.');
  });

  test('a closed bus delivers nothing more and is idle', async () => {
    subscribe({ push: fail });
    await bus.publish('jobs', [{ data: 'a' }]);
    const idle = bus.idle();
    await time.settle();
    bus.close();
    await idle;
    await time.settle();
    expect(delivered).toHaveLength(1);
    expect(time.sleepers).toBe(0);
  });
});

/** Moves on only when told to, from one sleeper to the next. */
class ManualClock implements Clock {
  nowMs = 0;
  private readonly waiting = new Set<{ readonly untilMs: number; readonly wake: () => void }>();

  get sleepers(): number {
    return this.waiting.size;
  }

  now(): number {
    return this.nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { untilMs: this.nowMs + ms, wake: resolve };
      this.waiting.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.waiting.delete(sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  async runUntil(done: Promise<void>): Promise<void> {
    let isDone = false;
    void done.then(() => (isDone = true));
    for (await this.settle(); !isDone; await this.settle()) {
      const [next] = [...this.waiting].sort((left, right) => left.untilMs - right.untilMs);
      if (!next) throw new Error('Nobody sleeps and nothing happens.');
      this.waiting.delete(next);
      this.nowMs = next.untilMs;
      next.wake();
    }
  }

  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}
