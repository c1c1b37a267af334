import { request as httpRequest } from 'node:http';
import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import { type Caller, requireMailbox, unknownMailbox } from '../domain/grants';
import { listen } from './listen';
import { createLogger } from './logger';
import { defineRoute, reply, type Route } from './route';
import { type RouteServing, serveRoutes } from './serve-routes';

interface Deps {
  readonly registered: readonly string[];
}

const reader: Caller = {
  id: 'reader',
  capabilities: ['mailboxes.read', 'messages.read'],
  mailboxes: ['ana@example.com', 'new@example.com'],
  domains: [],
};

const getMailbox = defineRoute({
  method: 'GET',
  path: '/v1/mailboxes/{email}',
  operationId: 'getMailbox',
  summary: 'One mailbox',
  capability: 'mailboxes.read',
  mailboxParam: 'email',
  params: z.object({ email: z.email() }),
  query: z.object({
    pageSize: z.coerce.number().int().min(1).max(500).default(100),
    labelIds: z.array(z.string()).optional(),
  }),
  response: {
    status: 200,
    schema: z.object({ email: z.string(), pageSize: z.number(), labelIds: z.array(z.string()) }),
  },
  handle: async (deps: Deps, { params, query, caller }) => {
    requireMailbox(caller, params.email);
    if (!deps.registered.includes(params.email)) throw unknownMailbox(params.email);
    return { email: params.email, pageSize: query.pageSize, labelIds: query.labelIds ?? [] };
  },
});

const putMailbox = defineRoute({
  method: 'PUT',
  path: '/v1/mailboxes/{email}',
  operationId: 'putMailbox',
  summary: 'Register',
  capability: 'mailboxes.manage',
  mailboxParam: 'email',
  response: { status: 204 },
  handle: async (_deps: Deps) => undefined,
});

const createMeeting = defineRoute({
  method: 'POST',
  path: '/v1/meetings',
  operationId: 'createMeeting',
  summary: 'Create',
  capability: 'authenticated',
  headers: z.object({ 'Idempotency-Key': z.string().min(8) }),
  body: z.object({ host: z.string(), attendees: z.array(z.object({ email: z.email() })).default([]) }),
  response: { status: 200, schema: z.object({ host: z.string(), count: z.number(), key: z.string() }) },
  handle: async (_deps: Deps, { body, headers }) =>
    reply(
      { host: body.host, count: body.attendees.length, key: headers['Idempotency-Key'] },
      { status: 201, headers: { etag: '"1"' } },
    ),
});

const failing = defineRoute({
  method: 'GET',
  path: '/v1/failures/{kind}',
  operationId: 'fail',
  summary: 'Fail',
  capability: 'authenticated',
  params: z.object({ kind: z.enum(['bug', 'rateLimited', 'unavailable', 'unauthorized', 'wrongAnswer', 'badHeader']) }),
  response: { status: 200, schema: z.object({ ok: z.boolean() }) },
  handle: async (_deps: Deps, { params: { kind } }) => {
    if (kind === 'bug') throw new TypeError('canary of ana@example.com');
    if (kind === 'wrongAnswer') return { ok: 'canary' as unknown as boolean };
    if (kind === 'badHeader') return reply({ ok: true }, { headers: { 'x-bad': 'a\r\nb' } });
    throw new AttacheError(kind, 'canary');
  },
});

const waiting = { signal: undefined as AbortSignal | undefined, started: () => {}, finish: () => {} };
const wait = defineRoute({
  method: 'GET',
  path: '/v1/wait',
  operationId: 'wait',
  summary: 'Wait',
  capability: 'public',
  response: { status: 200, schema: z.string(), contentType: 'text/plain' },
  handle: async (_deps: Deps, { signal, caller }) => {
    caller satisfies undefined;
    waiting.signal = signal;
    waiting.started();
    await new Promise<void>((resolve) => (waiting.finish = resolve));
    return 'done';
  },
});

const text = defineRoute({
  method: 'GET',
  path: '/v1/text',
  operationId: 'text',
  summary: 'Text',
  capability: 'public',
  query: z.object({ as: z.enum(['json', 'null']) }),
  response: { status: 200, schema: z.string().nullable() },
  handle: async (_deps: Deps, { query }) => (query.as === 'json' ? 'text' : null),
});

const routes: Route<Deps>[] = [getMailbox, putMailbox, createMeeting, failing, wait, text];

const lines: Record<string, unknown>[] = [];
const clock = { nowMs: Date.UTC(2026, 10, 22) };
const serving: RouteServing = {
  authenticate: async (headers) => {
    if (headers['x-api-key'] === 'good') return reader;
    if (headers['x-api-key'] === 'slow') return { ...reader, id: 'slow', ratePerMinute: 2 };
    throw new AttacheError('unauthorized', 'no', {
      code: headers['x-api-key'] ? 'invalidCredentials' : 'missingCredentials',
    });
  },
  logger: createLogger({
    now: () => clock.nowMs,
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  }),
  now: () => clock.nowMs,
  checkResponses: true,
};

let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  server = await listen(serveRoutes(routes, { registered: ['ana@example.com'] }, serving));
});
afterAll(() => server.close());
beforeEach(() => lines.splice(0));

async function call(
  method: string,
  path: string,
  init: { body?: unknown; headers?: Record<string, string>; raw?: string | Uint8Array } = {},
) {
  const { body, raw = body === undefined ? undefined : JSON.stringify(body), headers } = init;
  const response = await fetch(server.url + path, {
    method,
    headers: { 'x-api-key': 'good', ...(raw !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(raw !== undefined && { body: raw as string }),
  });
  const answer = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text: answer,
    body: (answer.startsWith('{') ? JSON.parse(answer) : undefined) as Record<string, unknown> | undefined,
  };
}

describe('answers', () => {
  test('a route gets what its schemas parsed, and its answer goes out as JSON', async () => {
    const { status, headers, body } = await call(
      'GET',
      '/v1/mailboxes/ana%40example.com?labelIds=A&labelIds=B&pageSize=7',
    );
    expect([status, body]).toEqual([200, { email: 'ana@example.com', pageSize: 7, labelIds: ['A', 'B'] }]);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  test('a list of one stays a list', async () => {
    expect((await call('GET', '/v1/mailboxes/ana@example.com?labelIds=A')).body).toMatchObject({ labelIds: ['A'] });
  });

  test('reply sets another status and headers', async () => {
    const init = { body: { host: 'ana' }, headers: { 'idempotency-key': '12345678' } };
    const { status, headers, body } = await call('POST', '/v1/meetings', init);
    expect([status, headers.get('etag'), body]).toEqual([201, '"1"', { host: 'ana', count: 0, key: '12345678' }]);
  });

  test('HEAD is GET without the body', async () => {
    const { status, headers, text: answer } = await call('HEAD', '/v1/mailboxes/ana@example.com');
    expect([status, answer, Number(headers.get('content-length')) > 10]).toEqual([200, '', true]);
  });

  test('text is a JSON string unless the route says otherwise, and null is null', async () => {
    expect((await call('GET', '/v1/text?as=json')).text).toBe('"text"');
    expect((await call('GET', '/v1/text?as=null')).text).toBe('null');
  });

  test('a request id that the caller brings is kept, if it looks like one', async () => {
    const brought = await call('GET', '/v1/text?as=json', { headers: { 'x-request-id': 'request-4711' } });
    expect(brought.headers.get('x-request-id')).toBe('request-4711');
    const odd = await call('GET', '/v1/text?as=json', { headers: { 'x-request-id': '<script>' } });
    expect(odd.headers.get('x-request-id')).not.toContain('<');
  });
});

describe('who may', () => {
  test('without credentials: 401 with a challenge, before anything is told', async () => {
    const { status, headers, body } = await call('GET', '/v1/mailboxes/x?bad=1', { headers: { 'x-api-key': '' } });
    expect([status, body?.code]).toEqual([401, 'missingCredentials']);
    expect(headers.get('www-authenticate')).toContain('Bearer');
    expect(headers.get('content-type')).toBe('application/problem+json');
  });

  test('a mailbox out of sight is answered exactly like an unknown one', async () => {
    const [hidden, unknown] = [
      await call('GET', '/v1/mailboxes/bob@example.com', { headers: { 'x-request-id': 'same-request' } }),
      await call('GET', '/v1/mailboxes/new@example.com', { headers: { 'x-request-id': 'same-request' } }),
    ];
    expect(hidden.status).toBe(404);
    expect(hidden.text.replaceAll('bob@', '@')).toBe(unknown.text.replaceAll('new@', '@'));
    const names = (headers: Headers): string[] => [...headers.keys()].sort();
    expect(names(hidden.headers)).toEqual(names(unknown.headers));
  });

  test('visibility comes before capability, and capability before validation', async () => {
    expect((await call('PUT', '/v1/mailboxes/bob@example.com')).body?.code).toBe('mailboxNotFound');
    const refused = await call('PUT', '/v1/mailboxes/ana@example.com?unknown=1', { raw: '{broken' });
    expect([refused.status, refused.body?.code]).toEqual([403, 'missingCapability']);
  });

  test('a caller that runs wild is slowed down, and told for how long', async () => {
    const slow = { headers: { 'x-api-key': 'slow' } };
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await call('GET', '/v1/mailboxes/ana@example.com', slow)).status);
    expect(statuses).toEqual([200, 200, 429]);
    const { headers } = await call('GET', '/v1/mailboxes/ana@example.com', slow);
    expect(headers.get('retry-after')).toBe('30');
  });
});

describe('bad input', () => {
  test.each<[string, string, string, unknown, string[]]>([
    ['an unknown query parameter', 'GET', '/v1/mailboxes/ana@example.com?pagesize=1', undefined, ['query.pagesize']],
    ['a number out of range', 'GET', '/v1/mailboxes/ana@example.com?pageSize=0', undefined, ['query.pageSize']],
    ['an empty number', 'GET', '/v1/mailboxes/ana@example.com?pageSize=', undefined, ['query.pageSize']],
    ['a repeated parameter', 'GET', '/v1/text?as=json&as=null', undefined, ['query.as']],
    ['__proto__', 'GET', '/v1/mailboxes/ana@example.com?__proto__=1', undefined, ['query.__proto__']],
    [
      'several at once',
      'POST',
      '/v1/meetings?x=1',
      { guests: [], attendees: [{ email: 'y' }] },
      ['query.x', 'body.host', 'body.attendees[0].email', 'body.guests'],
    ],
    ['no body', 'POST', '/v1/meetings', undefined, ['body']],
    ['another type of body', 'POST', '/v1/meetings', [], ['body']],
  ])('%s is refused by name', async (_, method, path, body, paths) => {
    const answer = await call(method, path, { body, headers: { 'idempotency-key': '12345678' } });
    expect([answer.status, answer.body?.code]).toEqual([422, 'invalidInput']);
    const errors = answer.body?.errors as { path: string; message: string }[];
    expect(errors.map(({ path: at }) => at).sort()).toEqual([...paths].sort());
  });

  test('a route without a body takes none, or an empty object', async () => {
    expect((await call('POST', '/v1/text', { body: {} })).status).toBe(405);
    const path = '/v1/failures/unavailable';
    const status = async (raw: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(server.url + path, {
          headers: { 'x-api-key': 'good', 'content-type': 'application/json', 'content-length': raw.length },
        });
        request.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject);
        request.end(raw);
      });
    expect([await status('{}'), await status('{"a":1}')]).toEqual([503, 422]);
  });

  test('a missing header is 400 and named as it is written', async () => {
    const { status, body } = await call('POST', '/v1/meetings', { body: { host: 'ana' } });
    expect([status, body?.code, body?.errors]).toEqual([
      400,
      'invalidHeader',
      [{ path: 'header.Idempotency-Key', message: 'required' }],
    ]);
  });

  test('malformed JSON is 400 and not quoted', async () => {
    const { status, body, text: answer } = await call('POST', '/v1/meetings', { raw: '{"canary": ' });
    expect([status, body?.code]).toEqual([400, 'malformedJson']);
    expect(answer).not.toContain('canary');
  });

  test('bytes that are no UTF-8 are malformed JSON', async () => {
    const { body } = await call('POST', '/v1/meetings', { raw: Buffer.from([0x22, 0xff, 0x22]) });
    expect(body?.code).toBe('malformedJson');
  });

  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/json; charset=latin1', 415],
    ['', 415],
    ['Application/JSON; Charset=UTF-8', 201],
    ['application/merge-patch+json', 201],
  ])('content type %j is answered with %i', async (type, expected) => {
    const headers = { 'content-type': type, 'idempotency-key': '12345678' };
    expect((await call('POST', '/v1/meetings', { body: { host: 'ana' }, headers })).status).toBe(expected);
  });

  test('a compressed body is 415', async () => {
    const { status, body } = await call('POST', '/v1/meetings', { body: {}, headers: { 'content-encoding': 'gzip' } });
    expect([status, body?.code]).toEqual([415, 'unsupportedMediaType']);
  });

  test.each(['with', 'without'])('a body of 2 MiB %s content length is 413', async (how) => {
    const bytes = Buffer.alloc(2 * 1024 * 1024, 'a');
    const code = await new Promise((resolve, reject) => {
      const headers = {
        'x-api-key': 'good',
        'content-type': 'application/json',
        ...(how === 'with' && { 'content-length': bytes.length }),
      };
      const request = httpRequest(`${server.url}/v1/meetings`, { method: 'POST', headers });
      request.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
      if (how === 'without') request.write('[');
      request.end(bytes);
    });
    expect(code).toBe(413);
  });

  test('exactly 1 MiB is not too large', async () => {
    const { status } = await call('POST', '/v1/meetings', { raw: `"${'a'.repeat(1024 * 1024 - 2)}"` });
    expect(status).toBe(422);
  });
});

describe('paths', () => {
  test('an unknown path is 404 routeNotFound, without credentials too', async () => {
    const { status, body } = await call('GET', '/v2/x', { headers: { 'x-api-key': '' } });
    expect([status, body?.code]).toEqual([404, 'routeNotFound']);
  });

  test('another method is 405 with Allow', async () => {
    const { status, headers, body } = await call('DELETE', '/v1/mailboxes/ana@example.com');
    expect([status, headers.get('allow'), body?.code]).toEqual([405, 'GET, HEAD, PUT', 'methodNotAllowed']);
  });

  test('a path that cannot be decoded is 400', async () => {
    expect((await call('GET', '/v1/mailboxes/%ff')).body).toMatchObject({ status: 400, code: 'malformedPath' });
  });
});

describe('failures', () => {
  test.each([
    ['unavailable', 503, '5'],
    ['rateLimited', 429, '30'],
    ['unauthorized', 403, null],
  ])('%s is %i', async (kind, status, retryAfter) => {
    const answer = await call('GET', `/v1/failures/${kind}`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
  });

  test.each(['bug', 'wrongAnswer', 'badHeader'])(
    '%s is 500, says nothing, and is logged as an error with its stack',
    async (kind) => {
      const { status, text: answer } = await call('GET', `/v1/failures/${kind}`);
      expect(status).toBe(500);
      expect(answer).not.toMatch(/canary|TypeError|ZodError|\bat \S+:\d/);
      expect(lines).toEqual([
        expect.objectContaining({
          severity: 'ERROR',
          status: 500,
          stack_trace: expect.stringContaining('at ') as string,
        }),
      ]);
      expect(JSON.stringify(lines)).not.toContain('ana@');
    },
  );
});

describe('logging', () => {
  test('every request leaves one line, with the route and never the path', async () => {
    await call('GET', '/v1/mailboxes/ana@example.com?pageSize=3');
    await call('GET', '/v1/nowhere/ana@example.com');
    await call('GET', '/v1/mailboxes/ana@example.com', { headers: { 'x-api-key': '' } });
    expect(lines).toEqual([
      expect.objectContaining({
        severity: 'INFO',
        message: 'request',
        method: 'GET',
        route: '/v1/mailboxes/{email}',
        status: 200,
        callerId: 'reader',
        durationMs: 0,
      }),
      expect.objectContaining({ severity: 'INFO', status: 404 }),
      expect.objectContaining({ severity: 'WARNING', status: 401, route: '/v1/mailboxes/{email}' }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('ana@');
  });

  test('lines belong to the trace of their request', async () => {
    await call('GET', '/v1/text?as=json', { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });
    expect(lines[0]).toMatchObject({ 'logging.googleapis.com/trace': 'a'.repeat(32) });
  });
});

describe('a client that goes away', () => {
  test('aborts the signal and is no error', async () => {
    const started = new Promise<void>((resolve) => (waiting.started = resolve));
    const controller = new AbortController();
    const pending = fetch(`${server.url}/v1/wait`, { signal: controller.signal }).catch(() => 'gone');
    await started;
    expect(waiting.signal?.aborted).toBe(false);
    const aborted = new Promise((resolve) => waiting.signal?.addEventListener('abort', resolve));
    controller.abort();
    await aborted;
    expect(await pending).toBe('gone');
    waiting.finish();
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toEqual([expect.objectContaining({ severity: 'INFO', status: 499 })]);
  });

  test('a request that is answered does not abort', async () => {
    waiting.started = () => setImmediate(() => waiting.finish());
    const { text: answer, headers } = await call('GET', '/v1/wait');
    expect([answer, headers.get('content-type')]).toEqual(['done', 'text/plain']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting.signal?.aborted).toBe(false);
  });
});

describe('definitions', () => {
  test('params that do not fit the path are a bug at definition', () => {
    const define = (): unknown =>
      defineRoute({
        method: 'GET',
        path: '/v1/x/{id}',
        operationId: 'getX',
        summary: 'x',
        capability: 'public',
        params: z.object({ name: z.string() }),
        response: { status: 204 },
        handle: async (_deps: Deps) => undefined,
      });
    expect(define).toThrow('getX: params must declare exactly id.');
  });

  test('what a handler sees is typed by its schemas', () => {
    defineRoute({
      method: 'POST',
      path: '/v1/x/{id}/y/{name}:do',
      operationId: 'typed',
      summary: 'types only',
      capability: 'authenticated',
      query: z.object({ n: z.coerce.number() }),
      body: z.strictObject({ list: z.array(z.string()).default([]) }),
      response: { status: 200, schema: z.object({ n: z.number() }) },
      handle: async (deps: Deps, { params, query, body, caller }) => {
        const typed: [string, string, number, string[], string, readonly string[]] = [
          params.id,
          params.name,
          query.n,
          body.list,
          caller.id,
          deps.registered,
        ];
        // @ts-expect-error The path has no such parameter.
        void params.other;
        return { n: typed.length };
      },
    });
    defineRoute({
      method: 'GET',
      path: '/v1/x',
      operationId: 'wrong',
      summary: 'types only',
      capability: 'public',
      response: { status: 200, schema: z.object({ n: z.number() }) },
      // @ts-expect-error The answer does not fit its schema.
      handle: async (_deps: Deps) => ({ n: 'x' }),
    });
  });
});

test('a route that needs a caller is refused at start where nobody can authenticate', () => {
  const { authenticate: _, ...open } = serving;
  expect(() => serveRoutes([getMailbox], { registered: [] }, open)).toThrow('authenticate');
  expect(() => serveRoutes([text], { registered: [] }, open)).not.toThrow();
});
