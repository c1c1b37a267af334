import { randomBytes } from 'node:crypto';
import { Domain } from 'node:domain';
import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import * as z from 'zod';
import { fromEnvironment } from './from-environment';
import { createLogger } from './logger';
import { defineRoute } from './route';
import { registerFunction } from './serve-on-framework';
import { serveRoutes } from './serve-routes';

/** Everything here goes through the real functions-framework. */

const lines: Record<string, unknown>[] = [];
let onLine = (): void => {};
const echo = defineRoute({
  method: 'POST',
  path: '/v1/echo/{id}',
  operationId: 'echo',
  summary: 'Echo',
  capability: 'public',
  body: z.strictObject({ text: z.string() }).optional(),
  response: { status: 200, schema: z.object({ id: z.string(), text: z.string().nullable() }) },
  handle: async (_deps: unknown, { params, body }) => ({ id: params.id, text: body?.text ?? null }),
});
const serveEcho = () =>
  serveRoutes([echo], undefined, {
    logger: createLogger({
      now: () => 0,
      write: (line) => {
        lines.push(JSON.parse(line) as Record<string, unknown>);
        onLine();
      },
    }),
    now: () => 0,
  });
const build = jest.fn(serveEcho);

const servers: Server[] = [];

async function start(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let url: string;
beforeAll(async () => {
  registerFunction('echo', build);
  url = await start(getTestServer('echo'));
});
beforeEach(() => lines.splice(0));
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

interface Answered {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

async function send(
  path: string,
  headers: Record<string, string>,
  chunks: readonly (string | Uint8Array)[],
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url + path, { method: 'POST', headers });
    request.on('error', reject).on('response', (response: IncomingMessage) => {
      let text = '';
      response.on('data', (data) => (text += String(data)));
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], text }));
    });
    for (const chunk of chunks) request.write(chunk);
    request.end();
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

function expectProblem(answer: Answered, status: number, code: string): void {
  expect([answer.status, answer.type]).toEqual([status, 'application/problem+json']);
  expect(answer.text).not.toMatch(/<html|\bat \S+:\d|node_modules/i);
  expect(JSON.parse(answer.text)).toMatchObject({ status, code });
}

test('a body with a length arrives', async () => {
  const { status, text } = await send('/v1/echo/7', { ...JSON_TYPE, 'content-length': '13' }, [
    '{"text":"abc"}'.slice(0, 13),
  ]);
  expect([status, text]).toEqual([400, expect.stringContaining('malformedJson') as string]);
  const whole = await send('/v1/echo/7', { ...JSON_TYPE, 'content-length': '14' }, ['{"text":"abc"}']);
  expect([whole.status, whole.text]).toEqual([200, '{"id":"7","text":"abc"}']);
});

test('a chunked body without a length arrives, however it is cut', async () => {
  const { status, text } = await send('/v1/echo/7', JSON_TYPE, [
    '{"te',
    Buffer.from('xt":"\u00fc').subarray(0, 6),
    Buffer.from([0xbc]),
    '"}',
  ]);
  expect([status, text]).toEqual([200, '{"id":"7","text":"\u00fc"}']);
});

test.each([
  ['no type', {}],
  ['a JSON type', JSON_TYPE],
  ['a form type', { 'content-type': 'application/x-www-form-urlencoded' }],
])('a request without a body and with %s does not hang', async (_, headers) => {
  expect((await send('/v1/echo/7', headers, [])).text).toBe('{"id":"7","text":null}');
  expect((await send('/v1/echo/7', { ...headers, 'content-length': '0' }, [])).text).toBe('{"id":"7","text":null}');
});

test.each(['{"text":', 'nonsense', '{"text":"\u0000'])(
  'malformed JSON is a problem, never a stack: %j',
  async (body) => {
    expectProblem(await send('/v1/echo/7', JSON_TYPE, [body]), 400, 'malformedJson');
  },
);

test.each([
  ['application/json', 'utf-16'],
  ['text/plain', 'utf-8'],
  ['application/x-www-form-urlencoded', 'utf-8'],
  ['multipart/form-data; boundary=x', 'utf-8'],
])('%s in %s is a problem', async (type, charset) => {
  const answer = await send('/v1/echo/7', { 'content-type': `${type}; charset=${charset}` }, ['a=b']);
  expectProblem(answer, 415, 'unsupportedMediaType');
});

test('two mebibytes are refused, with and without a length', async () => {
  const bytes = Buffer.alloc(2 * 1024 * 1024, 'a');
  expectProblem(await send('/v1/echo/7', JSON_TYPE, [bytes]), 413, 'payloadTooLarge');
  expectProblem(
    await send('/v1/echo/7', { ...JSON_TYPE, 'content-length': String(bytes.length) }, [bytes]),
    413,
    'payloadTooLarge',
  );
});

const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));

test.each(['gzip', 'deflate', 'br', 'unknown'])('a body compressed with %s is refused unopened', async (encoding) => {
  expectProblem(
    await send('/v1/echo/7', { ...JSON_TYPE, 'content-encoding': encoding }, [bomb]),
    415,
    'unsupportedMediaType',
  );
});

test('random bytes are a problem', async () => {
  expectProblem(await send('/v1/echo/7', JSON_TYPE, [randomBytes(1000)]), 400, 'malformedJson');
});

test('a path that cannot be decoded is a problem', async () => {
  expectProblem(await send('/v1/echo/%ff', JSON_TYPE, []), 400, 'malformedPath');
});

test('paths that the framework would swallow reach the router', async () => {
  expectProblem(await send('/favicon.ico', {}, []), 404, 'routeNotFound');
});

test('an upload that breaks off leaves one line in the log and the server working', async () => {
  const logged = new Promise<void>((resolve) => (onLine = resolve));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(
    'POST /v1/echo/7 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"te',
    () => socket.destroy(),
  );
  await logged;
  expect(lines).toEqual([expect.objectContaining({ status: 499, severity: 'INFO' })]);
  expect((await send('/v1/echo/7', JSON_TYPE, ['{"text":"x"}'])).status).toBe(200);
});

test('the function is built once, at the first request', async () => {
  await Promise.all([send('/v1/echo/7', {}, []), send('/v1/echo/8', {}, [])]);
  expect(build).toHaveBeenCalledTimes(1);
});

test('an instance is alive before its function is built, and says no more than that', async () => {
  const handler = jest.fn(serveEcho());
  const buildLate = jest.fn(() => handler);
  registerFunction('late', buildLate);
  const late = await start(getTestServer('late'));
  const live = async () => {
    const answer = await fetch(`${late}/health/live`);
    return [answer.status, answer.headers.get('content-type'), await answer.text()];
  };
  const alive = [200, 'application/json', '{"status":"ok"}'];
  expect(await live()).toEqual(alive);
  expect(buildLate).not.toHaveBeenCalled();
  expect((await fetch(`${late}/health/ready`)).status).toBe(200);
  expect(await live()).toEqual(alive);
  expect(buildLate).toHaveBeenCalledTimes(1);
  expect(handler).toHaveBeenCalledTimes(2);
});

test('no request is served inside a domain', async () => {
  const enter = jest.spyOn(Domain.prototype, 'enter');
  expect((await send('/v1/echo/7', {}, [])).status).toBe(200);
  expect(enter).not.toHaveBeenCalled();
  enter.mockRestore();
});

test('a function that cannot be built answers 500 and says why in the log alone', async () => {
  const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  registerFunction(
    'unbuilt',
    fromEnvironment(z.object({ CANARY_KEY: z.string() }), () => {
      throw new Error('not reached');
    }),
  );
  const unbuilt = await start(getTestServer('unbuilt'));
  const response = await fetch(`${unbuilt}/v1/echo/7`);
  const text = await response.text();
  const log = written.mock.calls.join('');
  written.mockRestore();
  expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
  expect(text).not.toContain('CANARY_KEY');
  expect(log).toContain('CANARY_KEY: required');
  expect(JSON.parse(log)).toMatchObject({ severity: 'ERROR', status: 500 });
});

test('a function that could not be loaded says so in the log alone, and the next request loads it', async () => {
  const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const load = jest.fn(serveEcho).mockImplementationOnce(() => {
    throw new Error('EMFILE: too many open files, /canary/build.cjs');
  });
  registerFunction('unloaded', load);
  const unloaded = await start(getTestServer('unloaded'));
  const post = () => fetch(`${unloaded}/v1/echo/7`, { method: 'POST' });
  const [first, second] = await Promise.all([post(), post()]);
  const text = await first.text();
  const log = written.mock.calls.join('');
  written.mockRestore();
  expect([first.status, first.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
  expect(JSON.parse(text)).toMatchObject({ status: 500, code: 'bug' });
  expect([text, log]).toEqual([expect.not.stringContaining('canary'), expect.stringContaining('/canary/build.cjs')]);
  expect([200, 500]).toContain(second.status);
  expect((await post()).status).toBe(200);
  expect(load).toHaveBeenCalledTimes(2);
});

test('other servers of the process keep their headers and paths', async () => {
  const other = await start(
    createServer((request, response) => response.end(`${request.headers['content-type']} ${request.url}`)),
  );
  const response = await fetch(`${other}/path`, { method: 'POST', body: '{}', headers: JSON_TYPE });
  expect(await response.text()).toBe('application/json /path');
});
