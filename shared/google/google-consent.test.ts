import { startStandIn, type StandInAnswer } from '../../test/http-stand-in';
import { createGoogleConsent } from './google-consent';

const app = { clientId: 'client', clientSecret: 'the-client-secret' };
const code = { code: 'the-code', codeVerifier: 'the-verifier', redirectUri: 'https://attache.example.com/callback' };
const tokens = {
  access_token: 'the-access-token',
  expires_in: 3_600,
  scope: 'openid  a',
  refresh_token: 'the-refresh-token',
  id_token: 'the-id-token',
};
const secrets = /the-(client-secret|code|verifier|access-token|refresh-token|id-token)/;

let standIn: Awaited<ReturnType<typeof startStandIn>>;
let answer: StandInAnswer;
let claims: { email?: string; email_verified?: boolean };
const audiences: unknown[] = [];
beforeAll(async () => {
  standIn = await startStandIn(() => answer);
});
beforeEach(() => {
  standIn.received.length = 0;
  audiences.length = 0;
  answer = { body: tokens };
  claims = { email: 'Ann@Example.com', email_verified: true };
});
afterAll(() => standIn.stop());

const consent = () =>
  createGoogleConsent({
    authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenUrl: `${standIn.url}token`,
    revokeUrl: `${standIn.url}revoke`,
    verifyIdToken: async (_token, wanted) => {
      audiences.push(...wanted);
      return { iss: '', aud: '', sub: '', exp: 0, ...claims };
    },
    clock: { now: () => 1_000 },
    timeoutMs: 200,
  });

test('a code becomes tokens of the account that Google vouches for', async () => {
  expect(await consent().exchangeCode(app, code)).toEqual({
    account: 'ann@example.com',
    accessToken: 'the-access-token',
    refreshToken: 'the-refresh-token',
    expiresAtMs: 3_601_000,
    scopes: ['openid', 'a'],
  });
  expect(audiences).toEqual(['client']);
  expect(Object.fromEntries(new URLSearchParams(standIn.received[0]?.body))).toEqual({
    client_id: 'client',
    client_secret: 'the-client-secret',
    grant_type: 'authorization_code',
    code: 'the-code',
    code_verifier: 'the-verifier',
    redirect_uri: 'https://attache.example.com/callback',
  });
  // Neither in the address, where proxies would log it, nor anywhere else.
  expect(standIn.received[0]?.url).toBe('/token');
});

test.each([
  ['no address', {}],
  ['an address that was not verified', { email: 'ann@example.com', email_verified: false }],
])('%s connects nobody', async (_, told) => {
  claims = told;
  await expect(consent().exchangeCode(app, code)).rejects.toMatchObject({ code: 'addressNotVerified' });
});

test.each<[string, StandInAnswer, object]>([
  [
    'a consent that is gone',
    { status: 400, body: { error: 'invalid_grant' } },
    { kind: 'unauthorized', code: 'invalidGrant' },
  ],
  [
    'an administrator’s no',
    { status: 400, body: { error: 'admin_policy_enforced' } },
    { kind: 'unauthorized', code: 'adminPolicyEnforced' },
  ],
  [
    'a wrong secret',
    { status: 401, body: { error: 'invalid_client' } },
    { kind: 'forbidden', code: 'oauthAppRefused' },
  ],
  [
    'an app that was deleted',
    { status: 401, body: { error: 'deleted_client' } },
    { kind: 'forbidden', code: 'oauthAppRefused' },
  ],
  [
    'another redirect',
    { status: 400, body: { error: 'redirect_uri_mismatch' } },
    { kind: 'forbidden', code: 'oauthAppRefused' },
  ],
  ['throttling', { status: 429 }, { kind: 'rateLimited' }],
  ['an outage', { status: 502, body: '<html>' }, { kind: 'unavailable' }],
  ['silence', { failure: 'hang' }, { kind: 'unavailable' }],
  ['half an answer', { body: tokens, failure: 'cut' }, { kind: 'unavailable' }],
  ['an answer without scopes', { body: { ...tokens, scope: undefined } }, { kind: 'unavailable' }],
])('%s is told apart, without a secret', async (_, failing, expected) => {
  answer = failing;
  for (const attempt of [() => consent().exchangeCode(app, code), () => consent().renew(app, 'the-refresh-token')]) {
    const error: unknown = await attempt().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(expected);
    const { message, stack } = error as Error;
    expect(JSON.stringify({ ...(error as object), message, stack })).not.toMatch(secrets);
  }
});

test('a token that is dead already counts as revoked, an outage does not', async () => {
  answer = { status: 400, body: { error: 'invalid_token' } };
  await consent().revoke(app, 'the-refresh-token');
  expect(standIn.received[0]).toMatchObject({ url: '/revoke', body: 'token=the-refresh-token' });
  answer = { status: 503 };
  await expect(consent().revoke(app, 'the-refresh-token')).rejects.toMatchObject({ kind: 'unavailable' });
});
