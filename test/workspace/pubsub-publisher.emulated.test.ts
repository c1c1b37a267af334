import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { createPubsubPublisher } from './pubsub-publisher';
import { startWorkspace } from './server';
import type { Workspace } from './server';

const pulled = z.object({
  receivedMessages: z.array(z.object({ message: z.object({ data: z.string() }) })).default([]),
});

emulatedDescribe('pubsub', 'notifications through the Pub/Sub emulator', (host) => {
  const project = `projects/workspace-${randomUUID().slice(0, 8)}`;
  const topicName = `${project}/topics/gmail`;

  let workspace: Workspace | undefined;
  afterEach(() => workspace?.close());

  const call = async (method: string, path: string, body: object = {}): Promise<unknown> => {
    const response = await fetch(`http://${host}/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    return response.json();
  };

  test('arrive as Gmail’s JSON, and a topic that is missing fails the watch', async () => {
    workspace = await startWorkspace({ users: ['ada@example.com'], publish: createPubsubPublisher(host) });
    const { url } = workspace;
    const token = workspace.oauth.issueAccessToken(
      'ada@example.com',
      ['https://mail.google.com/'],
      'local',
    ).access_token;
    const watch = () =>
      fetch(`${url}/gmail/v1/users/me/watch`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ topicName }),
      });
    expect((await watch()).status).toBe(400);

    await call('PUT', topicName);
    await call('PUT', `${project}/subscriptions/gmail`, { topic: topicName });
    expect((await watch()).status).toBe(200);
    const { receivedMessages } = pulled.parse(
      await call('POST', `${project}/subscriptions/gmail:pull`, { maxMessages: 5 }),
    );
    expect(receivedMessages.map(({ message }) => Buffer.from(message.data, 'base64').toString())).toEqual([
      '{"emailAddress":"ada@example.com","historyId":"9999950"}',
    ]);
  });
});
