import * as z from 'zod';

const answerOfPull = z.object({
  receivedMessages: z
    .array(
      z.object({
        ackId: z.string(),
        message: z.object({ data: z.string(), attributes: z.record(z.string(), z.string()).default({}) }),
      }),
    )
    .default([]),
});

export interface PulledMessage {
  /** As text. */
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** One project on the Pub/Sub emulator at `host`, by its REST interface. */
export function pubsubProject(host: string, projectId: string) {
  const project = `projects/${projectId}`;

  async function call(method: 'PUT' | 'POST', path: string, body: object): Promise<unknown> {
    const answer = await fetch(`http://${host}/v1/${project}/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  return {
    createTopic: (topic: string) => call('PUT', `topics/${topic}`, {}),

    /** Pushes where an endpoint is given, else waits to be pulled. */
    subscribe: (topic: string, name: string, pushEndpoint?: string) =>
      call('PUT', `subscriptions/${name}`, {
        topic: `${project}/topics/${topic}`,
        ackDeadlineSeconds: 60,
        ...(pushEndpoint !== undefined && { pushConfig: { pushEndpoint } }),
      }),

    publish: (topic: string, data: string) =>
      call('POST', `topics/${topic}:publish`, { messages: [{ data: Buffer.from(data).toString('base64') }] }),

    /** Takes and acknowledges what is there, nothing where there is nothing. */
    async pull(subscription: string): Promise<PulledMessage[]> {
      const path = `subscriptions/${subscription}`;
      const { receivedMessages } = answerOfPull.parse(
        await call('POST', `${path}:pull`, { maxMessages: 1_000, returnImmediately: true }),
      );
      const ackIds = receivedMessages.map(({ ackId }) => ackId);
      if (ackIds.length > 0) await call('POST', `${path}:acknowledge`, { ackIds });
      return receivedMessages.map(({ message: { data, attributes } }) => ({
        data: Buffer.from(data, 'base64').toString('utf8'),
        attributes,
      }));
    },
  };
}
