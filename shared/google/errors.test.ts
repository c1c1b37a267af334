import { AttacheError, isTransient } from '../domain/errors';
import { fromGoogleError } from './errors';

const nowMs = Date.parse('2026-11-22T10:00:00Z');

/** What gaxios throws, as far as anybody looks at it. */
function gaxiosError(status: number, data: unknown, headers: Record<string, string> = {}) {
  return Object.assign(new Error('Mail for ann@example.com: ya29.secret'), {
    status,
    code: status,
    config: {
      url: 'https://gmail.googleapis.com/gmail/v1/users/ann@example.com',
      headers: { Authorization: 'ya29.secret' },
    },
    response: { status, headers: new Headers(headers), data },
  });
}

const body = (reason: string, message = 'Something about ann@example.com') => ({
  error: { code: 0, message, errors: [{ message, domain: 'global', reason }] },
});

const translate = (error: unknown) => fromGoogleError(error, 'users.history.list', nowMs);

describe('answers', () => {
  it.each([
    [401, body('authError'), 'unauthorized', 'authError'],
    [401, '<html>no</html>', 'unauthorized', 'unauthorized'],
    [403, body('rateLimitExceeded'), 'rateLimited', 'rateLimitExceeded'],
    [403, body('userRateLimitExceeded'), 'rateLimited', 'userRateLimitExceeded'],
    [403, body('dailyLimitExceeded'), 'rateLimited', 'dailyLimitExceeded'],
    [403, body('quotaExceeded'), 'rateLimited', 'quotaExceeded'],
    [403, body('domainPolicy'), 'forbidden', 'domainPolicy'],
    [403, body('insufficientPermissions'), 'forbidden', 'insufficientPermissions'],
    [403, body('accessNotConfigured'), 'forbidden', 'accessNotConfigured'],
    [403, body('forbidden', 'Delegation denied for ann@example.com'), 'forbidden', 'delegationDenied'],
    [
      403,
      body('forbidden', 'Error sending test message to Cloud PubSub projects/p/topics/t'),
      'forbidden',
      'watchTopicNotWritable',
    ],
    [
      403,
      { error: { status: 'PERMISSION_DENIED', details: [{ reason: 'SERVICE_DISABLED' }] } },
      'forbidden',
      'serviceDisabled',
    ],
    [403, { error: { status: 'PERMISSION_DENIED' } }, 'forbidden', 'permissionDenied'],
    [403, 'Forbidden', 'forbidden', 'forbidden'],
    [429, body('rateLimitExceeded'), 'rateLimited', 'rateLimitExceeded'],
    [429, { error: { status: 'RESOURCE_EXHAUSTED' } }, 'rateLimited', 'resourceExhausted'],
    [429, '', 'rateLimited', 'rateLimited'],
    [400, body('failedPrecondition', 'Precondition check failed.'), 'unavailable', 'failedPrecondition'],
    [
      400,
      body(
        'invalidArgument',
        'Only one user push notification client allowed per developer (call /stop then try again)',
      ),
      'conflict',
      'watchTopicConflict',
    ],
    [
      400,
      body('invalidArgument', 'Error sending test message to Cloud PubSub projects/p/topics/t : Resource not found'),
      'invalid',
      'watchTopicNotFound',
    ],
    [400, body('invalidArgument'), 'invalid', 'invalidArgument'],
    [400, { error: 'invalid_grant', error_description: 'Bad Request' }, 'unauthorized', 'invalidGrant'],
    [
      401,
      { error: 'unauthorized_client', error_description: 'Client is unauthorized' },
      'unauthorized',
      'unauthorizedClient',
    ],
    [403, { error: 'access_denied' }, 'unauthorized', 'accessDenied'],
    [404, body('notFound'), 'notFound', 'notFound'],
    [409, body('duplicate'), 'conflict', 'duplicate'],
    [410, body('deleted'), 'notFound', 'deleted'],
    [410, body('fullSyncRequired'), 'checkpointExpired', 'fullSyncRequired'],
    [412, body('conditionNotMet'), 'preconditionFailed', 'conditionNotMet'],
    [413, '', 'invalid', 'invalid'],
    [408, '', 'unavailable', 'unavailable'],
    [500, body('backendError'), 'unavailable', 'backendError'],
    [503, '<html>ann@example.com</html>', 'unavailable', 'unavailable'],
    [502, null, 'unavailable', 'unavailable'],
    [500, { error: 'invalid_grant' }, 'unavailable', 'invalid_grant'],
  ])('%i %j is %s with code %s', (status, data, kind, code) => {
    expect(translate(gaxiosError(status, data))).toMatchObject({ kind, code });
  });

  it('reads a body that came as text like one that came parsed', () => {
    expect(translate(gaxiosError(403, JSON.stringify(body('domainPolicy'))))).toMatchObject({ code: 'domainPolicy' });
  });

  it.each([
    ['an error without a response but with a status', Object.assign(new Error('x'), { status: 404 }), 'notFound'],
    ['a body of an unknown shape', gaxiosError(403, { error: { errors: 'no', details: [7] } }), 'forbidden'],
    ['a reason that is no identifier', gaxiosError(403, body('Bearer ya29.secret!')), 'forbidden'],
  ])('%s is translated by what can be read', (_, error, kind) => {
    expect(translate(error)).toMatchObject({ kind, code: kind });
  });

  it.each([
    'watchTopicConflict',
    'unauthorizedClient',
    'invalidGrant',
    'accessDenied',
    'domainPolicy',
    'delegationDenied',
  ])('%s says what to do', (code) => {
    const errors = [
      gaxiosError(400, body('x', 'Only one user push notification client allowed')),
      gaxiosError(401, { error: 'unauthorized_client' }),
      gaxiosError(400, { error: 'invalid_grant' }),
      gaxiosError(403, { error: 'access_denied' }),
      gaxiosError(403, body('domainPolicy')),
      gaxiosError(403, body('forbidden', 'Delegation denied for ann@example.com')),
    ].map(translate);
    expect(errors.find((error) => error.code === code)?.fix).toMatch(/^(In the Admin console|Use the topic)/);
  });

  it('keeps tokens, addresses and bodies out of all it says', () => {
    for (const status of [400, 401, 403, 404, 409, 410, 412, 429, 500]) {
      for (const data of [
        body('notFound'),
        'ya29.secret of ann@example.com',
        { error: 'ya29.secret ann@example.com' },
      ]) {
        const error = translate(gaxiosError(status, data));
        expect(JSON.stringify([error.message, error.code, error.fix, error.errors])).not.toMatch(
          /ann@example|ya29|Something/,
        );
        expect(error.cause).toBeUndefined();
      }
    }
  });

  it('lets an AttacheError through unchanged', () => {
    const error = new AttacheError('notFound', 'gone');
    expect(translate(error)).toBe(error);
  });
});

describe('the time before which a retry is pointless', () => {
  it.each([
    ['a header in seconds', 429, { 'retry-after': '90' }, '', 90_000],
    ['a header with a date', 429, { 'retry-after': 'Sun, 22 Nov 2026 10:05:00 GMT' }, '', 300_000],
    ['the text', 429, {}, 'User-rate limit exceeded.  Retry after 2026-11-22T12:30:00.000Z', 9_000_000],
    ['the later of header and text', 403, { 'retry-after': '5' }, 'Retry after 2026-11-22T10:01:00Z', 60_000],
    ['at most a day', 429, {}, 'Retry after 9999-01-01T00:00:00Z', 86_400_000],
    ['nothing', 429, {}, 'Too many concurrent requests for user', undefined],
    ['a header that is neither', 429, { 'retry-after': 'soon' }, '', undefined],
  ])('comes from %s', (_, status, headers, message, afterMs) => {
    const { retryAfterMs } = translate(gaxiosError(status, body('rateLimitExceeded', message), headers));
    expect(retryAfterMs).toBe(afterMs === undefined ? undefined : nowMs + afterMs);
  });

  it.each(['dailyLimitExceeded', 'quotaExceeded'])('is an hour away at least after %s', (reason) => {
    const { retryAfterMs } = translate(gaxiosError(403, body(reason), { 'retry-after': '5' }));
    expect(retryAfterMs).toBe(nowMs + 3_600_000);
  });
});

describe('failures on the way', () => {
  const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

  it.each([
    ['a reset connection', coded('ECONNRESET'), 'ECONNRESET'],
    ['a name that does not resolve', coded('EAI_AGAIN'), 'EAI_AGAIN'],
    [
      'fetch with the code in its cause',
      new TypeError('fetch failed', { cause: coded('ECONNREFUSED') }),
      'ECONNREFUSED',
    ],
    ['fetch without a code', new TypeError('fetch failed'), 'network'],
    ['a body cut off', new TypeError('terminated', { cause: coded('UND_ERR_SOCKET') }), 'UND_ERR_SOCKET'],
    ['a timeout', new DOMException('The operation was aborted due to timeout', 'TimeoutError'), 'TimeoutError'],
    ['an abort', new DOMException('This operation was aborted', 'AbortError'), 'AbortError'],
    [
      'a timeout that gaxios wrapped',
      Object.assign(new Error('x', { cause: new DOMException('x', 'TimeoutError') }), { config: {} }),
      'TimeoutError',
    ],
    ['whatever else gaxios wrapped', Object.assign(new Error('Premature close'), { config: {} }), 'network'],
  ])('%s is unavailable', (_, error, code) => {
    const translated = translate(error);
    expect(translated).toMatchObject({
      kind: 'unavailable',
      message: `users.history.list did not complete (${code}).`,
    });
    expect(isTransient(translated)).toBe(true);
  });

  it.each([
    new TypeError('x is not a function: ya29.secret'),
    coded('ERR_INVALID_URL', 'ya29.secret'),
    'ya29.secret',
    undefined,
  ])('anything else is a bug, and its text stays out of the message', (error) => {
    const translated = translate(error);
    expect(translated.kind).toBe('bug');
    expect(translated.message).not.toContain('ya29');
  });
});
