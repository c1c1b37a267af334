import { AttacheError, type ErrorKind } from '../domain/errors';
import { problem, problemOf } from './problem';

const context = { requestId: 'r1', nowMs: 1_000_000 };

test.each<[ErrorKind, number]>([
  ['invalid', 422],
  ['unauthorized', 403],
  ['forbidden', 403],
  ['notFound', 404],
  ['conflict', 409],
  ['preconditionFailed', 412],
  ['checkpointExpired', 410],
  ['rateLimited', 429],
  ['unavailable', 503],
  ['bug', 500],
])('%s is answered with %i', (kind, status) => {
  const answer = problemOf(new AttacheError(kind, 'x'), context);
  expect(answer.status).toBe(status);
  expect(answer.body.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
});

test('an answer tells what, where, what next, and which request', () => {
  const error = new AttacheError('conflict', 'The slot is taken.', {
    code: 'slotUnavailable',
    fix: 'Choose one of the alternatives.',
    errors: [{ path: 'body.start', message: 'is taken' }],
    details: { alternatives: ['2026-11-22T10:00:00Z'], status: 'cannot be overridden' },
  });
  const { body } = problemOf(error, context);
  expect(body).toEqual({
    type: 'urn:attache:error:slotUnavailable',
    title: 'Conflict',
    status: 409,
    detail: 'The slot is taken.',
    code: 'slotUnavailable',
    errors: [{ path: 'body.start', message: 'is taken' }],
    fix: 'Choose one of the alternatives.',
    requestId: 'r1',
    alternatives: ['2026-11-22T10:00:00Z'],
  });
  expect(problem.parse(body).code).toBe('slotUnavailable');
});

test('the type is a URI under the public address where there is one', () => {
  const { body } = problemOf(new AttacheError('notFound', 'x'), {
    ...context,
    baseUrl: 'https://attache.example.com/',
  });
  expect(body.type).toBe('https://attache.example.com/errors#notFound');
});

test('bad credentials are a 401 with a challenge', () => {
  const missing = problemOf(new AttacheError('unauthorized', 'x', { code: 'missingCredentials' }), context);
  expect([missing.status, missing.headers['www-authenticate']]).toEqual([401, 'Bearer realm="attache"']);
  const invalid = problemOf(new AttacheError('unauthorized', 'x', { code: 'invalidCredentials' }), context);
  expect(invalid.headers['www-authenticate']).toBe('Bearer realm="attache", error="invalid_token"');
});

test('Retry-After is in whole seconds from now, at least one', () => {
  const after = (retryAfterMs?: number): string | undefined =>
    problemOf(new AttacheError('rateLimited', 'x', retryAfterMs === undefined ? {} : { retryAfterMs }), context)
      .headers['retry-after'];
  expect(after(1_001_500)).toBe('2');
  expect(after(900_000)).toBe('1');
  expect(after()).toBe('30');
  expect(problemOf(new AttacheError('unavailable', 'x'), context).headers['retry-after']).toBe('5');
  expect(problemOf(new AttacheError('invalid', 'x'), context).headers).not.toHaveProperty('retry-after');
});

test.each([
  new TypeError('canary is not a function'),
  new AttacheError('bug', 'canary'),
  new AttacheError('unavailable', 'connect ECONNREFUSED 10.0.0.7:8080 canary'),
  new AttacheError('forbidden', 'Google refused Bearer canary'),
])('nothing internal leaves in an answer: %s', (error) => {
  const { body } = problemOf(error, context);
  expect(JSON.stringify(body)).not.toMatch(/canary|10\.0\.0|at .*\(/);
});
