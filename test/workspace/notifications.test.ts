import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPubsubPublisher } from './pubsub-publisher';
import {
  ada,
  clientFor,
  errorOf,
  fullAccess,
  grace,
  me,
  publishBy,
  published,
  start,
  topicName,
  workspace,
} from './workspace.fixture';

afterEach(() => workspace.close());

describe('notifications', () => {
  test('write ids beyond 2^53 with all their digits, as number and as string in turn', async () => {
    await start({ gmail: { startHistoryId: 2n ** 63n + 1n, minPushIntervalMs: 0 } });
    for (let count = 0; count < 2; count += 1) await clientFor().users.watch({ ...me, requestBody: { topicName } });
    expect(published.map(({ data }) => data)).toEqual([
      '{"emailAddress":"ada@example.com","historyId":9223372036854775809}',
      '{"emailAddress":"ada@example.com","historyId":"9223372036854775809"}',
    ]);
  });

  test('that cannot be published make watch fail, and leave no watch behind', async () => {
    await start();
    publishBy(async () => Promise.reject(new Error('no such topic')));
    const request = { ...me, requestBody: { topicName } };
    expect((await errorOf(clientFor().users.watch(request))).message).toContain(`Cloud PubSub ${topicName}`);
    publishBy(async () => {});
    await clientFor().users.watch({ ...me, requestBody: { topicName: `${topicName}-2` } });
  });

  test('go to one topic per OAuth project and user', async () => {
    await start();
    await clientFor().users.watch({ ...me, requestBody: { topicName } });
    const other = { ...me, requestBody: { topicName: 'projects/local/topics/other' } };
    expect((await errorOf(clientFor().users.watch(other))).message).toContain('Only one user push notification client');
    await clientFor(ada, [fullAccess], 'another').users.watch(other);
    await clientFor(grace).users.watch(other);
  });

  test('reach the Pub/Sub emulator over its REST API', async () => {
    await start();
    const requests: { url: string; body: string }[] = [];
    const emulator = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        requests.push({ url: request.url ?? '', body: Buffer.concat(chunks).toString() });
        response.writeHead(requests.length === 1 ? 200 : 404).end('{}');
      });
    });
    await new Promise<void>((resolve) => emulator.listen(0, '127.0.0.1', resolve));
    const send = createPubsubPublisher(`127.0.0.1:${(emulator.address() as AddressInfo).port}`);
    await send(topicName, { data: '{"a":1}' });
    expect(requests).toEqual([
      { url: '/v1/projects/local/topics/gmail:publish', body: '{"messages":[{"data":"eyJhIjoxfQ=="}]}' },
    ]);
    await expect(send(topicName, { data: '{}' })).rejects.toThrow(/404 for projects\/local\/topics\/gmail/);
    await new Promise((resolve) => emulator.close(resolve));
  });
});
