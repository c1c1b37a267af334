import { connect } from 'node:net';
import { listen } from './listen';
import { createLogger } from './logger';
import { serveHttp } from './serve-http';

const lines: Record<string, unknown>[] = [];
let isReady = true;
let server: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  server = await listen(
    serveHttp({
      logger: createLogger({
        now: () => 0,
        severity: 'debug',
        write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
      }),
      now: () => 0,
      ready: async () => {
        if (!isReady) throw new Error('the store is at 10.0.0.7');
      },
      answer: async ({ method, rawPath, query }) => ({ status: 200, body: { method, rawPath, query: [...query] } }),
    }),
  );
});
afterAll(() => server.close());
beforeEach(() => {
  lines.length = 0;
  isReady = true;
});

/** What a client can send that `fetch` would tidy up first. */
async function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket
      .on('data', (data) => (answer += data.toString()))
      .on('close', () => resolve(answer))
      .on('error', reject);
  });
}

test('liveness and readiness answer, below the log’s usual threshold', async () => {
  for (const path of ['/health/live', '/health/ready', '/health/ready?x=1']) {
    const response = await fetch(server.url + path);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  }
  expect(lines.map(({ severity }) => severity)).toEqual(['DEBUG', 'DEBUG', 'DEBUG']);
});

test('an instance that is not ready says so, and why only in the log', async () => {
  isReady = false;
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  const response = await fetch(`${server.url}/health/ready`);
  const text = await response.text();
  expect(response.status).toBe(503);
  expect(text).toContain('"notReady"');
  expect(text).not.toContain('10.0.0.7');
  expect(lines.at(-1)).toMatchObject({ severity: 'WARNING', error: { cause: 'the store is at 10.0.0.7' } });
});

test('health checks are read only', async () => {
  const response = await fetch(`${server.url}/health/live`, { method: 'POST' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('the path reaches the answer as it was sent', async () => {
  const answer = await raw('GET /a/../b%2F//c?q=%zz&q=1&=2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const body: unknown = JSON.parse(answer.slice(answer.indexOf('{')));
  expect(body).toEqual({
    method: 'GET',
    rawPath: '/a/../b%2F//c',
    query: [
      ['q', '%zz'],
      ['q', '1'],
      ['', '2'],
    ],
  });
});

test('an address in a header or a path never reaches the log', async () => {
  await fetch(`${server.url}/ana@example.com?user=ana@example.com`, { headers: { 'x-request-id': 'ana@example.com' } });
  expect(JSON.stringify(lines)).not.toContain('ana@');
});
