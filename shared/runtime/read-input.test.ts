import { request as httpRequest } from 'node:http';
import { call, serveForTests, urlOf } from './serve-routes.fixture';

serveForTests();

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
        const request = httpRequest(urlOf(path), {
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
      const request = httpRequest(urlOf('/v1/meetings'), { method: 'POST', headers });
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
