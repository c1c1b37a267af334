import * as z from 'zod';
import { AttacheError, asAttacheError } from '../domain/errors';
import type { BusMessage, EventBus } from '../domain/ports';
import { createOwnAuthorization } from './own-authorization';
import { post } from './post';

export interface PubSubBusOptions {
  readonly projectId: string;
  /** `host:port` of an emulator, which wants no credentials. */
  readonly emulatorHost?: string | undefined;
  /** Of one call. */
  readonly timeoutMs?: number;
}

/** What Pub/Sub takes in one call. */
const maxMessages = 1_000;
const maxBytes = 9_000_000;

/**
 * Publishing over Pub/Sub's REST interface: one call for up to 1,000 messages, one after the other beyond, so that the order
 * of a key is kept. The gRPC client would batch single messages over time, which nobody here wants: whoever publishes waits
 * until the broker has the messages.
 */
export function createPubSubBus({ projectId, emulatorHost, timeoutMs = 20_000 }: PubSubBusOptions): EventBus {
  const root = emulatorHost === undefined ? 'https://pubsub.googleapis.com' : `http://${emulatorHost}`;
  const authorize = emulatorHost === undefined ? createOwnAuthorization() : async () => 'Bearer owner';

  return {
    async publish(topic, messages) {
      const url = `${root}/v1/projects/${projectId}/topics/${topic}:publish`;
      const messageIds: string[] = [];
      for (const batch of inBatches(messages.map(encode))) {
        const request = {
          url,
          body: { messages: batch },
          answer: publishAnswer,
          operation: 'pubsub.publish',
          timeoutMs,
        };
        try {
          messageIds.push(...(await post({ ...request, authorization: await authorize() })).messageIds);
        } catch (error) {
          throw publishFailure(error, topic);
        }
      }
      return messageIds;
    },
  };
}

const publishAnswer = z.object({ messageIds: z.array(z.string()) });

interface EncodedMessage {
  readonly data: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
}

function encode({ data, attributes, orderingKey }: BusMessage): EncodedMessage {
  return {
    data: Buffer.from(data).toString('base64'),
    ...(attributes && { attributes }),
    ...(orderingKey !== undefined && { orderingKey }),
  };
}

function inBatches(messages: readonly EncodedMessage[]): EncodedMessage[][] {
  const batches: EncodedMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = JSON.stringify(message).length;
    const current = batches.at(-1);
    if (!current || current.length >= maxMessages || bytes + size > maxBytes) {
      batches.push([message]);
      bytes = size;
    } else {
      current.push(message);
      bytes += size;
    }
  }
  return batches;
}

/** Throttling of the bus is not throttling of a mailbox: to whoever publishes it is simply not available for now. */
function publishFailure(thrown: unknown, topic: string): AttacheError {
  const error = asAttacheError(thrown);
  switch (error.kind) {
    case 'notFound':
      return new AttacheError('notFound', `There is no topic ${topic}.`, { code: 'topicNotFound', cause: error });
    case 'unauthorized':
    case 'forbidden':
      return new AttacheError('forbidden', `The function may not publish to ${topic}.`, {
        code: 'publishDenied',
        fix: 'Grant the service account of the function roles/pubsub.publisher on the topic.',
        cause: error,
      });
    case 'invalid':
    case 'bug':
      return error;
    default:
      return new AttacheError('unavailable', error.message, { code: error.code, cause: error });
  }
}
