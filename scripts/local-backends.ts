import * as z from 'zod';
import type { DocumentStore, EventBus } from '../shared/domain/ports';
import { createPubSubBus } from '../shared/google/pubsub-bus';
import { clock, random } from '../shared/runtime/system';
import { createFirestoreStore } from '../shared/store/firestore';
import { createInProcessBus } from '../shared/store/in-process-bus';
import { createMemoryStore } from '../shared/store/memory';
import { startEmulators } from '../test/emulators/start-emulators';
import { startPushReceiver } from './push-receiver';

/** One message on its way to a push endpoint. */
export interface PushedMessage {
  /** The message's data as text. */
  readonly data: string;
  /** What Pub/Sub would POST. */
  readonly body: string;
  /** Of a mailbox notification; empty for other messages. */
  readonly emailAddress: string;
}

/** Where the local stack keeps documents and messages. */
export interface Backend {
  readonly store: DocumentStore;
  readonly bus: EventBus;
  /** A push subscription: whatever throws is delivered again. */
  subscribe(topic: string, name: string, push: (message: PushedMessage) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const ackDeadlineMs = 60_000;

/** Memory, with an in-process broker: the default, which needs nothing but Node. */
export function connectInProcess(topics: readonly string[]): Backend {
  const bus = createInProcessBus({ clock, random });
  for (const topic of topics) bus.createTopic(topic);
  return {
    store: createMemoryStore({ now: () => clock.now() }),
    bus,
    subscribe: async (topic, name, push) => {
      bus.subscribe(topic, {
        name,
        ackDeadlineMs,
        minBackoffMs: 500,
        maxBackoffMs: 60_000,
        push: ({ messageId, data, attributes, publishTimeMs }) =>
          push(
            toPushed({
              message: {
                messageId,
                data: Buffer.from(data).toString('base64'),
                attributes,
                publishTime: new Date(publishTimeMs).toISOString(),
              },
              subscription: `projects/local/subscriptions/${name}`,
            }),
          ),
      });
    },
    close: async () => bus.close(),
  };
}

/** Google's own emulators, which must be on the machine (gcloud's components, Java). */
export async function connectEmulators(projectId: string, topics: readonly string[]): Promise<Backend> {
  const { firestore, pubsub } = await startEmulators(process.env);
  for (const emulator of [firestore, pubsub]) {
    if ('missing' in emulator) throw new Error(`--emulators: ${emulator.missing}`);
  }
  if ('missing' in firestore || 'missing' in pubsub) throw new Error('unreachable');

  const api = `http://${pubsub.host}/v1/projects/${projectId}`;
  const receiver = await startPushReceiver();
  for (const topic of topics) await put(`${api}/topics/${topic}`, {});
  return {
    store: createFirestoreStore({ projectId, emulatorHost: firestore.host }),
    bus: createPubSubBus({ projectId, emulatorHost: pubsub.host }),
    subscribe: async (topic, name, push) => {
      const pushEndpoint = receiver.receive(name, (body) => push(toPushed(envelopeSchema.parse(JSON.parse(body)))));
      await put(`${api}/subscriptions/${name}`, {
        topic: `projects/${projectId}/topics/${topic}`,
        pushConfig: { pushEndpoint },
        ackDeadlineSeconds: ackDeadlineMs / 1_000,
      });
    },
    close: async () => {
      await receiver.close();
      await Promise.all([firestore.stop(), pubsub.stop()]);
    },
  };
}

const envelopeSchema = z.looseObject({
  message: z.looseObject({ messageId: z.string(), data: z.string().default('') }),
  subscription: z.string(),
});

const notificationSchema = z.object({ emailAddress: z.string() });

function toPushed(envelope: z.infer<typeof envelopeSchema>): PushedMessage {
  const data = Buffer.from(envelope.message.data, 'base64').toString('utf8');
  const notification = notificationSchema.safeParse(JSON.parse(data));
  return {
    data,
    body: JSON.stringify(envelope),
    emailAddress: notification.success ? notification.data.emailAddress : '',
  };
}

async function put(url: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok && answer.status !== 409) throw new Error(`PUT ${new URL(url).pathname} answered ${answer.status}`);
}
