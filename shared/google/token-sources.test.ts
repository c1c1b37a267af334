import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandIn, type StandInAnswer } from '../../test/http-stand-in';
import { createTokenSource, type TokenSourceConfig, type TokenSourceOptions } from './token-sources';

const clock = { now: () => 1_795_000_000_500 };
const ann = 'ann@example.com';
const serviceAccount = 'gmail-delegate@project.iam.gserviceaccount.com';
const scopes = ['scope-a', 'scope-b'];
const signed = { body: { keyId: 'k', signedJwt: 'header.claims.signature' } };
const granted = { body: { access_token: 'ya29.of-ann', expires_in: 3599, token_type: 'Bearer' } };

let standIn: Awaited<ReturnType<typeof startStandIn>>;
let answers: { sign: StandInAnswer; exchange: StandInAnswer };

beforeAll(async () => {
  standIn = await startStandIn(({ url }) => (url === '/token' ? answers.exchange : answers.sign));
});
beforeEach(() => {
  standIn.received.length = 0;
  answers = { sign: signed, exchange: granted };
});
afterAll(() => standIn.stop());

function source(config: Partial<TokenSourceConfig> = {}, options: Partial<TokenSourceOptions> = {}) {
  return createTokenSource(
    {
      TOKEN_SOURCE: 'keyless',
      OAUTH_TOKEN_URL: `${standIn.url}token`,
      IAM_CREDENTIALS_API_URL: standIn.url,
      ...config,
    },
    { clock, serviceAccount, ...options },
  );
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('There was a token.')),
    (error: unknown) => error,
  );

describe('keyless', () => {
  it('has IAM Credentials sign an assertion for the user and exchanges it', async () => {
    expect(await source()(ann, scopes)).toEqual({
      subject: ann,
      token: 'ya29.of-ann',
      expiresAtMs: clock.now() + 3_599_000,
    });

    const [sign, exchange] = standIn.received;
    expect(sign).toMatchObject({
      method: 'POST',
      url: `/v1/projects/-/serviceAccounts/${encodeURIComponent(serviceAccount)}:signJwt`,
      headers: { authorization: 'Bearer owner', 'content-type': 'application/json' },
    });
    const { payload } = JSON.parse(sign?.body ?? '') as { payload: string };
    expect(JSON.parse(payload)).toEqual({
      iss: serviceAccount,
      sub: ann,
      scope: 'scope-a scope-b',
      aud: `${standIn.url}token`,
      iat: 1_795_000_000,
      exp: 1_795_003_600,
    });
    expect(exchange?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(exchange?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(exchange?.body))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'header.claims.signature',
    });
  });

  it('works whether or not the root of the API ends in a slash', async () => {
    await source({ IAM_CREDENTIALS_API_URL: standIn.url.replace(/\/$/, '') })(ann, scopes);
    expect(standIn.received[0]?.url).toMatch(/^\/v1\/projects/);
  });

  const iamDenied = {
    error: { code: 403, status: 'PERMISSION_DENIED', details: [{ reason: 'IAM_PERMISSION_DENIED' }] },
  };
  const apiDisabled = { error: { code: 403, status: 'PERMISSION_DENIED', details: [{ reason: 'SERVICE_DISABLED' }] } };

  it.each<[string, StandInAnswer, { kind: string; code?: string }]>([
    ['no permission to sign', { status: 403, body: iamDenied }, { kind: 'forbidden', code: 'signJwtDenied' }],
    [
      'no such account',
      { status: 404, body: { error: { status: 'NOT_FOUND' } } },
      { kind: 'forbidden', code: 'signJwtDenied' },
    ],
    ['the API switched off', { status: 403, body: apiDisabled }, { kind: 'forbidden', code: 'serviceDisabled' }],
    ['own credentials refused', { status: 401, body: {} }, { kind: 'bug' }],
    ['an assertion refused', { status: 400, body: { error: { status: 'INVALID_ARGUMENT' } } }, { kind: 'bug' }],
    ['throttling', { status: 429, headers: { 'retry-after': '7' } }, { kind: 'rateLimited' }],
    ['an outage', { status: 503, body: '<html>' }, { kind: 'unavailable' }],
    ['an answer cut short', { ...signed, failure: 'cut' }, { kind: 'unavailable' }],
    ['an answer without a signature', { body: {} }, { kind: 'unavailable' }],
    ['an answer that is no JSON', { body: 'ok' }, { kind: 'unavailable' }],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, { kind: 'unavailable' }],
  ])('%s while signing: nothing is exchanged', async (_, answer, expected) => {
    answers.sign = answer;
    expect(await failureOf(source()(ann, scopes))).toMatchObject(expected);
    expect(standIn.received).toHaveLength(1);
  });

  it('names the permission that is missing', async () => {
    answers.sign = { status: 403, body: iamDenied };
    expect(await failureOf(source()(ann, scopes))).toMatchObject({
      fix: expect.stringContaining('iam.serviceAccounts.signJwt') as string,
    });
  });

  it.each<[string, StandInAnswer, { kind: string; code?: string }]>([
    [
      'delegation gone',
      { status: 401, body: { error: 'unauthorized_client' } },
      { kind: 'unauthorized', code: 'unauthorizedClient' },
    ],
    ['user gone', { status: 400, body: { error: 'invalid_grant' } }, { kind: 'unauthorized', code: 'invalidGrant' }],
    ['app blocked', { status: 403, body: { error: 'access_denied' } }, { kind: 'unauthorized', code: 'accessDenied' }],
    [
      'account gone',
      { status: 401, body: { error: 'invalid_client' } },
      { kind: 'unauthorized', code: 'invalidClient' },
    ],
    ['a request of ours that is wrong', { status: 400, body: { error: 'invalid_request' } }, { kind: 'bug' }],
    ['a wrong address', { status: 404, body: '<html>' }, { kind: 'bug' }],
    ['throttling', { status: 429 }, { kind: 'rateLimited' }],
    ['an outage', { status: 500, body: { error: 'internal_failure' } }, { kind: 'unavailable' }],
    ['an answer cut short', { ...granted, failure: 'cut' }, { kind: 'unavailable' }],
    ['an answer without a token', { body: { expires_in: 3599 } }, { kind: 'unavailable' }],
  ])('%s while exchanging', async (_, answer, expected) => {
    answers.exchange = answer;
    expect(await failureOf(source()(ann, scopes))).toMatchObject(expected);
  });

  it('tells an administrator what to authorise', async () => {
    answers.exchange = { status: 401, body: { error: 'unauthorized_client' } };
    expect(await failureOf(source()(ann, scopes))).toMatchObject({
      fix: expect.stringMatching(/Admin console.*Domain-wide delegation.*scope-a scope-b/) as string,
    });
  });

  it('gives up on a silent endpoint', async () => {
    answers.exchange = { failure: 'hang' };
    expect(await failureOf(source({}, { timeoutMs: 50 })(ann, scopes))).toMatchObject({
      kind: 'unavailable',
      message: 'The token endpoint did not complete (TimeoutError).',
    });
  });

  it('keeps the assertion, the token and the user out of every error', async () => {
    const secrets = /header\.claims|ya29|ann@example/;
    for (const status of [400, 401, 403, 404, 429, 500]) {
      answers.exchange = {
        status,
        body: { error: `ya29 ${ann}`, error_description: `header.claims.signature of ${ann}` },
      };
      const error = (await failureOf(source()(ann, scopes))) as Error;
      expect(JSON.stringify({ ...error, message: error.message, stack: error.stack, cause: error.cause })).not.toMatch(
        secrets,
      );
    }
  });

  it('is refused at once without a service account', () => {
    expect(() => source({}, { serviceAccount: undefined })).toThrow(
      expect.objectContaining({ kind: 'invalid' }) as Error,
    );
  });
});

describe('with the credentials of the function itself', () => {
  const { GOOGLE_APPLICATION_CREDENTIALS } = process.env;
  afterEach(() => {
    if (GOOGLE_APPLICATION_CREDENTIALS === undefined) delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    else process.env['GOOGLE_APPLICATION_CREDENTIALS'] = GOOGLE_APPLICATION_CREDENTIALS;
  });

  it('says that there are none before anything leaves for an address that is not local', async () => {
    process.env['GOOGLE_APPLICATION_CREDENTIALS'] = '/nowhere.json';
    const failure = await failureOf(
      source({ IAM_CREDENTIALS_API_URL: 'https://iamcredentials.invalid/' })(ann, scopes),
    );
    expect(failure).toMatchObject({ kind: 'bug', code: 'noCredentials' });
    expect(standIn.received).toEqual([]);
  });
});

describe('with a key file', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'key-file-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('signs the same assertion with the key', async () => {
    const path = join(folder, 'key.json');
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(path, JSON.stringify({ client_email: serviceAccount, private_key, private_key_id: 'key-1' }));
    const get = source({ TOKEN_SOURCE: 'keyFile', SERVICE_ACCOUNT_KEY_FILE: path });
    expect(await get(ann, scopes)).toMatchObject({ subject: ann, token: 'ya29.of-ann' });

    const assertion = new URLSearchParams(standIn.received[0]?.body).get('assertion') ?? '';
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    expect(createVerify('sha256').update(`${header}.${claims}`).verify(publicKey, signature, 'base64url')).toBe(true);
    const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(decode(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(decode(claims)).toMatchObject({ iss: serviceAccount, sub: ann, aud: `${standIn.url}token` });
  });

  it.each([
    ['is missing', undefined],
    ['is no JSON', 'secret-of-the-key'],
    ['is of something else', '{"type":"authorized_user","refresh_token":"secret-of-the-key"}'],
    ['holds a broken key', '{"client_email":"a","private_key_id":"b","private_key":"secret-of-the-key"}'],
  ])('that %s, says so without quoting it', async (name, content) => {
    const path = join(folder, `${name}.json`);
    if (content !== undefined) await writeFile(path, content);
    const failure = await failureOf(source({ TOKEN_SOURCE: 'keyFile', SERVICE_ACCOUNT_KEY_FILE: path })(ann, scopes));
    expect(failure).toMatchObject({ kind: 'invalid', code: 'invalidKeyFile' });
    expect((failure as Error).message).not.toContain('secret');
  });
});

it('hands out a static token for every user', async () => {
  const get = source({ TOKEN_SOURCE: 'static', STATIC_ACCESS_TOKEN: 'fixed' });
  expect(await get(ann, scopes)).toEqual({ subject: ann, token: 'fixed', expiresAtMs: clock.now() + 3_600_000 });
  expect(standIn.received).toEqual([]);
});
