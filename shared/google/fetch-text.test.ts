import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startStandIn, type StandInAnswer } from '../../test/http-stand-in';
import { fromGoogleError } from './errors';
import { exchangeText, fetchText } from './fetch-text';

let standIn: Awaited<ReturnType<typeof startStandIn>>;
let answer: StandInAnswer;

beforeEach(async () => {
  answer = { body: 'größe' };
  standIn = await startStandIn(() => answer);
});
afterEach(() => standIn.stop());

test('text goes out and comes back with status and headers', async () => {
  answer = { status: 404, headers: { 'retry-after': '7' }, body: 'größe' };
  const request = { method: 'PUT', headers: { 'X-Name': 'value' }, body: 'maß' };
  const { status, headers, text } = await exchangeText(`${standIn.url}path?q=1`, request);
  expect([status, headers['retry-after'], text]).toEqual([404, '7', 'größe']);
  expect(standIn.received).toEqual([
    expect.objectContaining({
      method: 'PUT',
      url: '/path?q=1',
      body: 'maß',
      headers: expect.objectContaining({ 'x-name': 'value', 'content-length': '4' }) as object,
    }),
  ]);
});

test('a client that takes a fetch sees an answer that was read', async () => {
  answer = { status: 201, headers: { etag: '"1"' }, body: { a: 1 } };
  const response = await fetchText(new URL(standIn.url), {
    method: 'POST',
    headers: new Headers({ a: 'b' }),
    body: '{}',
  });
  expect([response.status, response.ok, response.headers.get('etag')]).toEqual([201, true, '"1"']);
  expect([response.bodyUsed, await response.text()]).toEqual([true, '{"a":1}']);
  expect(standIn.received[0]).toMatchObject({ method: 'POST', body: '{}', headers: { a: 'b' } });
  answer = { status: 204 };
  expect(await (await fetchText(standIn.url)).text()).toBe('');
});

test('anything but text is refused before it is sent', async () => {
  await expect(fetchText(standIn.url, { method: 'POST', body: new Uint8Array(3) })).rejects.toThrow('Only text');
  expect(standIn.received).toEqual([]);
});

test('a redirect is not followed', async () => {
  answer = { status: 307, headers: { location: `${standIn.url}elsewhere` } };
  await expect(exchangeText(standIn.url, { method: 'POST', body: 'secret' })).rejects.toThrow('fetch failed');
  expect(standIn.received).toHaveLength(1);
});

test('silence and a body that stops halfway end with the reason of the signal', async () => {
  const reason = new Error('enough');
  for (const failure of ['hang', 'cut'] as const) {
    answer = { failure, body: 'x'.repeat(100) };
    const controller = new AbortController();
    const pending = exchangeText(standIn.url, { signal: controller.signal });
    if (failure === 'hang') setTimeout(() => controller.abort(reason), 20);
    await expect(pending).rejects.toMatchObject(
      failure === 'hang' ? { message: 'enough' } : { cause: { code: 'ECONNRESET' } },
    );
  }
  await expect(exchangeText(standIn.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test.each([
  ['no HTTP', 'nonsense\r\n\r\n'],
  ['broken chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n'],
  ['too many headers', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n'],
])('an answer with %s is a failure on the way', async (_, bytes) => {
  const server = createTcpServer((socket) => socket.on('error', () => {}).write(bytes));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const error: unknown = await exchangeText(`http://127.0.0.1:${port}/`, {}).catch((thrown: unknown) => thrown);
    expect(fromGoogleError(error, 'call')).toMatchObject({ kind: 'unavailable' });
  } finally {
    server.close();
  }
});

describe('compressed', () => {
  let server: Server;
  let bytes: Uint8Array;

  beforeEach(async () => {
    server = createServer((_, response) => response.setHeader('content-encoding', 'gzip').end(bytes));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  const text = async () => {
    const { port } = server.address() as AddressInfo;
    return (await exchangeText(`http://127.0.0.1:${port}/`, {})).text;
  };

  test('answers are opened', async () => {
    bytes = gzipSync('größe '.repeat(1_000));
    expect(await text()).toBe('größe '.repeat(1_000));
  });

  test('answers of nothing are empty', async () => {
    bytes = new Uint8Array();
    expect(await text()).toBe('');
  });

  test('answers that were cut are a failure on the way', async () => {
    bytes = gzipSync('größe '.repeat(1_000)).subarray(0, 30);
    await expect(text()).rejects.toThrow('terminated');
  });
});
