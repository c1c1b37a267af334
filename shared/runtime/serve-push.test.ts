import { AttacheError, type ErrorKind, isTransient } from '../domain/errors';
import { listen } from './listen';
import { createLogger } from './logger';
import { done, type Outcome, skipped } from './outcome';
import type { Delivery } from './push-envelope';
import { servePush } from './serve-push';

const push = {
  message: { messageId: 'm1', data: 'e30=' },
  subscription: 'projects/p/subscriptions/s',
  deliveryAttempt: 2,
};

const lines: Record<string, unknown>[] = [];
const deliveries: Delivery[] = [];
let handle: (delivery: Delivery) => Outcome;
let authorized: boolean;
let server: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  server = await listen(
    servePush({
      authorize: async () => {
        if (!authorized) throw new AttacheError('unauthorized', 'no', { code: 'missingCredentials' });
      },
      logger: createLogger({ now: () => 0, write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) }),
      now: () => 0,
      handle: async (delivery, { logger }) => {
        deliveries.push(delivery);
        logger.info('handling');
        return handle(delivery);
      },
    }),
  );
});
afterAll(() => server.close());
beforeEach(() => {
  lines.length = 0;
  deliveries.length = 0;
  authorized = true;
  handle = () => done;
});

async function post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.url, {
    method: 'POST',
    body: body as string,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

const requestLine = (): Record<string, unknown> | undefined => lines.find(({ message }) => message === 'request');

test('a handled delivery is acknowledged, and its lines carry the message id', async () => {
  const { status } = await post(JSON.stringify(push));
  expect(status).toBe(204);
  expect(deliveries).toMatchObject([{ messageId: 'm1', data: '{}', deliveryAttempt: 2 }]);
  expect(lines[0]).toMatchObject({ message: 'handling', messageId: 'm1' });
  expect(requestLine()).toMatchObject({
    severity: 'INFO',
    status: 204,
    messageId: 'm1',
    subscription: 'projects/p/subscriptions/s',
    deliveryAttempt: 2,
    outcome: 'done',
  });
});

test('a skipped delivery is acknowledged, with the reason in the log', async () => {
  handle = () => skipped('duplicate');
  expect((await post(JSON.stringify(push))).status).toBe(204);
  expect(requestLine()).toMatchObject({ outcome: 'skipped', skipReason: 'duplicate' });
});

test.each<ErrorKind>([
  'invalid',
  'unauthorized',
  'forbidden',
  'notFound',
  'conflict',
  'preconditionFailed',
  'checkpointExpired',
  'rateLimited',
  'unavailable',
  'bug',
])('%s comes again exactly if it is transient', async (kind) => {
  const error = new AttacheError(kind, 'canary');
  handle = () => {
    throw error;
  };
  const response = await post(JSON.stringify(push));
  const statusOfRetry = kind === 'bug' ? 500 : 503;
  expect(response.status).toBe(isTransient(error) ? statusOfRetry : 204);
  expect(await response.text()).not.toContain('canary');
  expect(requestLine()).toMatchObject({
    severity: isTransient(error) && kind !== 'bug' ? 'WARNING' : 'ERROR',
    outcome: isTransient(error) ? 'retry' : 'failed',
    error: { kind },
  });
});

test('what was thrown without being translated is a bug, and comes again', async () => {
  handle = () => {
    throw new TypeError('x');
  };
  expect((await post(JSON.stringify(push))).status).toBe(500);
});

test.each<[string, string | Uint8Array, Record<string, string>]>([
  ['no JSON', '{"message":', {}],
  ['another JSON', '{}', {}],
  ['nothing', '', {}],
  ['bytes', Buffer.from([255, 254]), {}],
  ['2 MiB', Buffer.alloc(2 * 1024 * 1024, 'a'), {}],
  ['compressed', JSON.stringify(push), { 'content-encoding': 'gzip' }],
])('poison is acknowledged with one warning: %s', async (_, body, headers) => {
  expect((await post(body, headers)).status).toBe(204);
  expect(deliveries).toEqual([]);
  expect(lines).toEqual([
    expect.objectContaining({ severity: 'WARNING', skipReason: 'malformedEnvelope', status: 204 }),
  ]);
});

test.each([
  [
    'structured',
    'application/cloudevents+json',
    { specversion: '1.0', id: 'e', source: 's', type: 't', data: push },
    {},
  ],
  ['binary', 'application/json', push, { 'ce-specversion': '1.0', 'ce-id': 'e', 'ce-source': 's', 'ce-type': 't' }],
])('a %s CloudEvent is handled too', async (_, type, body, headers) => {
  expect((await post(JSON.stringify(body), { 'content-type': type, ...headers })).status).toBe(204);
  expect(deliveries).toMatchObject([{ messageId: 'm1', data: '{}' }]);
});

test('nobody else may push', async () => {
  authorized = false;
  expect((await post(JSON.stringify(push))).status).toBe(401);
  expect(deliveries).toEqual([]);
});

test('only POST delivers; health checks answer beside it', async () => {
  const refused = await fetch(server.url);
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST']);
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
});
