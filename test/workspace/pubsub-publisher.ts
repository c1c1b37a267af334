import type { Publish } from './gmail/notifications';

/** Publishes to the Pub/Sub emulator at `host` (`127.0.0.1:8085`, as in PUBSUB_EMULATOR_HOST) over its REST API. */
export function createPubsubPublisher(host: string): Publish {
  return async (topicName, { data, attributes }) => {
    const message = { data: Buffer.from(data).toString('base64'), ...(attributes && { attributes }) };
    const response = await fetch(`http://${host}/v1/${topicName}:publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [message] }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The Pub/Sub emulator answered ${response.status} for ${topicName}: ${text}`);
  };
}
