import { pubsub } from 'googleapis/build/src/apis/pubsub';
import { createPubSubBus } from '../../shared/google/pubsub-bus';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { describeEventBus, type Broker, type Delivery } from './event-bus';

emulatedDescribe('pubsub', 'on the emulator', (emulatorHost) => {
  jest.setTimeout(60_000);
  describeEventBus('The Pub/Sub bus', () => connectBroker(`bus-contract-${Date.now()}`, emulatorHost));
});

type Take = (delivery: Delivery) => Promise<void>;

/** Pulls over REST, because the emulator's pushes carry no ordering key. */
function connectBroker(projectId: string, emulatorHost: string): Broker {
  const project = `projects/${projectId}`;
  const { topics, subscriptions } = pubsub({
    version: 'v1',
    rootUrl: `http://${emulatorHost}/`,
    fetchImplementation: globalThis.fetch,
  }).projects;
  const pulling: Promise<void>[] = [];
  const closing = new AbortController();

  async function pullUntilClosed(subscription: string, take: Take): Promise<void> {
    for (;;) {
      const received = await subscriptions
        .pull({ subscription, requestBody: { maxMessages: 100 } }, { signal: closing.signal })
        .catch((error: unknown) => {
          if (!closing.signal.aborted) throw error;
        });
      if (!received) return;
      const taken: string[] = [];
      const refused: string[] = [];
      for (const { ackId, message } of received.data.receivedMessages ?? []) {
        const delivery: Delivery = {
          messageId: message?.messageId ?? '',
          data: Buffer.from(message?.data ?? '', 'base64').toString(),
          attributes: message?.attributes ?? {},
          orderingKey: message?.orderingKey ?? undefined,
        };
        await take(delivery).then(
          () => taken.push(ackId ?? ''),
          () => refused.push(ackId ?? ''),
        );
      }
      if (taken.length > 0) await subscriptions.acknowledge({ subscription, requestBody: { ackIds: taken } });
      const again = { ackIds: refused, ackDeadlineSeconds: 0 };
      if (refused.length > 0) await subscriptions.modifyAckDeadline({ subscription, requestBody: again });
    }
  }

  return {
    bus: createPubSubBus({ projectId, emulatorHost }),
    createTopic: async (topic) => void (await topics.create({ name: `${project}/topics/${topic}` })),
    subscribe: async (topic, name, take) => {
      const subscription = `${project}/subscriptions/${name}`;
      const requestBody = { topic: `${project}/topics/${topic}`, enableMessageOrdering: true };
      await subscriptions.create({ name: subscription, requestBody });
      pulling.push(pullUntilClosed(subscription, take));
    },
    close: async () => {
      closing.abort();
      await Promise.all(pulling);
    },
  };
}
