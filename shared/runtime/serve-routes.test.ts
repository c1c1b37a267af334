import { serveRoutes } from './serve-routes';
import { call, getMailbox, lines, serveForTests, serving, text, urlOf, waiting } from './serve-routes.fixture';

serveForTests();

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
    const pending = fetch(urlOf('/v1/wait'), { signal: controller.signal }).catch(() => 'gone');
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

test('a route that needs a caller is refused at start where nobody can authenticate', () => {
  const { authenticate: _, ...open } = serving;
  expect(() => serveRoutes([getMailbox], { registered: [] }, open)).toThrow('authenticate');
  expect(() => serveRoutes([text], { registered: [] }, open)).not.toThrow();
});
