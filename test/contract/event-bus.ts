import type { BusMessage, EventBus } from '../../shared/domain/ports';

export interface Delivery {
  readonly messageId: string;
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey?: string | undefined;
}

/** A bus with the broker behind it, which the port does not show. */
export interface Broker {
  readonly bus: EventBus;
  createTopic(topic: string): Promise<void>;
  /** An ordered subscription: `take` resolves to acknowledge and throws to have the message again. */
  subscribe(topic: string, name: string, take: (delivery: Delivery) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** What every EventBus does, seen from its subscribers. Each test has a topic of its own. */
export function describeEventBus(name: string, makeBroker: () => Broker): void {
  describe(`${name} as an EventBus`, () => {
    let broker: Broker;
    let topic: string;
    let tests = 0;

    beforeAll(() => {
      broker = makeBroker();
    });
    beforeEach(async () => {
      topic = `topic-${++tests}`;
      await broker.createTopic(topic);
    });
    afterAll(() => broker.close());

    const publish = (...messages: BusMessage[]): Promise<string[]> => broker.bus.publish(topic, messages);

    /** Takes everything but what `refuse` throws for. */
    async function subscribe(name: string, refuse: (delivery: Delivery) => void = () => undefined): Promise<Inbox> {
      const inbox = new Inbox();
      await broker.subscribe(topic, `${topic}-${name}`, async (delivery) => {
        inbox.seen.push(delivery);
        refuse(delivery);
        inbox.take(delivery);
      });
      return inbox;
    }

    test('each message gets an id of its own, in order, which its delivery carries', async () => {
      const inbox = await subscribe('one');
      const ids = await publish({ data: 'a' }, { data: 'b' }, { data: 'c' });
      expect(new Set(ids).size).toBe(3);
      const taken = await inbox.whenTaken(3);
      const byData = Object.fromEntries(taken.map(({ data, messageId }) => [data, messageId]));
      expect(['a', 'b', 'c'].map((data) => byData[data])).toEqual(ids);
    });

    test('publishing nothing stores nothing', async () => {
      expect(await publish()).toEqual([]);
    });

    test('data, attributes and ordering key arrive as they were', async () => {
      const inbox = await subscribe('one');
      const data = JSON.stringify({ subject: 'Grüße, 東京 \u{1f600}', quote: '"\n' });
      await publish({ data, attributes: { type: 'message.received', who: 'Zoë' }, orderingKey: 'ana@example.com' });
      await publish({ data: 'plain' });
      const [full, plain] = await inbox.whenTaken(2);
      expect(full).toMatchObject({
        data,
        attributes: { type: 'message.received', who: 'Zoë' },
        orderingKey: 'ana@example.com',
      });
      expect(plain).toMatchObject({ data: 'plain', attributes: {} });
      expect(plain?.orderingKey ?? '').toBe('');
    });

    test('every subscription gets every message', async () => {
      const [one, two] = [await subscribe('one'), await subscribe('two')];
      await publish({ data: 'a' });
      const taken = [...(await one.whenTaken(1)), ...(await two.whenTaken(1))];
      expect(taken.map(({ data }) => data)).toEqual(['a', 'a']);
      expect(taken[0]?.messageId).toBe(taken[1]?.messageId);
    });

    test('what is not taken comes again with the same id, until it is', async () => {
      const inbox = await subscribe('one', () => {
        if (inbox.seen.length < 3) throw new Error('not yet');
      });
      const [id] = await publish({ data: 'a' });
      await inbox.whenTaken(1);
      expect(inbox.seen.map(({ messageId }) => messageId)).toEqual([id, id, id]);
    });

    test('messages of one key are taken in the order they were published', async () => {
      const inbox = await subscribe('one');
      for (const n of [1, 2, 3]) await publish(...keyed('a', n), ...keyed('b', n));
      await publish(...keyed('a', 4, 5, 6));
      const taken = await inbox.whenTaken(9);
      const ofKey = (key: string): string[] =>
        taken.filter(({ orderingKey }) => orderingKey === key).map(({ data }) => data);
      expect(ofKey('a')).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
      expect(ofKey('b')).toEqual(['b1', 'b2', 'b3']);
    });

    test('more messages than fit one call all arrive, in order', async () => {
      const inbox = await subscribe('one');
      const numbers = Array.from({ length: 1_200 }, (_, i) => i + 1);
      const ids = await publish(...keyed('a', ...numbers));
      const taken = await inbox.whenTaken(numbers.length);
      expect(taken.map(({ data }) => data)).toEqual(numbers.map((n) => `a${n}`));
      expect(taken.map(({ messageId }) => messageId)).toEqual(ids);
    });

    test('publishing to a topic that does not exist is notFound', async () => {
      await expect(broker.bus.publish('nowhere', [{ data: 'a' }])).rejects.toMatchObject({
        name: 'AttacheError',
        kind: 'notFound',
      });
    });

    test('a message with neither data nor attributes is invalid', async () => {
      await expect(publish({ data: '' })).rejects.toMatchObject({ name: 'AttacheError', kind: 'invalid' });
    });
  });
}

function keyed(key: string, ...numbers: number[]): BusMessage[] {
  return numbers.map((n) => ({ data: `${key}${n}`, orderingKey: key }));
}

class Inbox {
  readonly seen: Delivery[] = [];
  private readonly taken: Delivery[] = [];
  private waiting: { readonly count: number; readonly resolve: (taken: Delivery[]) => void } | undefined;

  take(delivery: Delivery): void {
    this.taken.push(delivery);
    if (this.waiting && this.taken.length >= this.waiting.count) this.waiting.resolve(this.taken);
  }

  whenTaken(count: number): Promise<Delivery[]> {
    if (this.taken.length >= count) return Promise.resolve(this.taken);
    return new Promise((resolve) => (this.waiting = { count, resolve }));
  }
}
