import { createHash } from 'node:crypto';
import { AttacheError } from '../domain/errors';
import { agentGrants } from '../domain/grants';
import type { IdTokenClaims } from '../domain/ports';
import { authenticateCallers } from './callers';

const NOW_MS = Date.UTC(2026, 10, 22);
const AUDIENCE = 'https://attache.example.com';
const API_KEY = 'atk_0123456789';

const good: IdTokenClaims = {
  iss: 'https://accounts.google.com',
  aud: AUDIENCE,
  sub: '1',
  exp: NOW_MS / 1000 + 1,
  email: 'writer@p.iam.gserviceaccount.com',
  email_verified: true,
};

function token(claims: unknown = good, header: unknown = { alg: 'RS256' }, signature = 'c2ln'): string {
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(claims)}.${signature}`;
}

/** Stands for the real verifier and lets every signature pass, so that the claims alone decide. */
function setUp(verifierAnswer?: Partial<IdTokenClaims> | Error) {
  const verifyIdToken = jest.fn(async () => {
    if (verifierAnswer instanceof Error) throw verifierAnswer;
    return { ...good, ...verifierAnswer };
  });
  const authenticate = authenticateCallers({
    agents: agentGrants.parse({
      writer: {
        emails: ['writer@p.iam.gserviceaccount.com'],
        mailboxes: ['ana@example.com'],
        capabilities: ['messages.read'],
      },
      crm: { apiKeySha256: [createHash('sha256').update(API_KEY).digest('hex')], capabilities: ['tasks.read'] },
    }),
    audiences: [AUDIENCE],
    verifyIdToken,
    now: () => NOW_MS,
  });
  return { authenticate, verifyIdToken };
}

test('an ID token names the caller by its account, in any case of letters', async () => {
  const { authenticate, verifyIdToken } = setUp({ email: 'Writer@P.iam.gserviceaccount.com' });
  const caller = await authenticate({ authorization: `bearer ${token()}` });
  expect(caller).toMatchObject({ id: 'writer', mailboxes: ['ana@example.com'], capabilities: ['messages.read'] });
  expect(verifyIdToken).toHaveBeenCalledWith(token(), [AUDIENCE]);
});

test('both spellings of Google’s issuer are accepted', async () => {
  await expect(
    setUp({ iss: 'accounts.google.com' }).authenticate({ authorization: `Bearer ${token()}` }),
  ).resolves.toBeTruthy();
});

test.each([{ 'x-api-key': API_KEY }, { authorization: `Bearer ${API_KEY}` }])(
  'an API key names the caller: %j',
  async (headers) => {
    const { authenticate, verifyIdToken } = setUp();
    expect((await authenticate(headers)).id).toBe('crm');
    expect(verifyIdToken).not.toHaveBeenCalled();
  },
);

test.each([{}, { authorization: '' }, { authorization: 'Basic YTpi' }, { authorization: 'Bearer' }])(
  'without credentials nobody is calling: %j',
  async (headers) => {
    const refused = setUp().authenticate(headers);
    await expect(refused).rejects.toMatchObject({ kind: 'unauthorized', code: 'missingCredentials' });
  },
);

test.each([
  ['an unknown API key', { 'x-api-key': 'atk_1123456789' }],
  ['an empty API key', { 'x-api-key': '' }],
  ['the digest in place of the key', { 'x-api-key': createHash('sha256').update(API_KEY).digest('hex') }],
  ['a wrong API key beside a good token', { 'x-api-key': 'wrong', authorization: `Bearer ${token()}` }],
  ['text that is no token', { authorization: 'Bearer abc' }],
  ['a token without signature', { authorization: `Bearer ${token(good, { alg: 'RS256' }, '')}` }],
  ['a token with two parts', { authorization: `Bearer ${token().split('.').slice(0, 2).join('.')}` }],
  ['alg none', { authorization: `Bearer ${token(good, { alg: 'none' }, '')}` }],
  ['alg none with a signature', { authorization: `Bearer ${token(good, { alg: 'none' })}` }],
  ['a symmetric signature', { authorization: `Bearer ${token(good, { alg: 'HS256' })}` }],
  ['claims that are no claims', { authorization: `Bearer ${token('x')}` }],
])('%s is refused before any signature is looked at', async (_, headers) => {
  const { authenticate, verifyIdToken } = setUp();
  await expect(authenticate(headers)).rejects.toMatchObject({ kind: 'unauthorized', code: 'invalidCredentials' });
  expect(verifyIdToken).not.toHaveBeenCalled();
});

test.each<[string, Partial<IdTokenClaims>]>([
  ['a foreign issuer', { iss: 'https://accounts.google.com.evil.org' }],
  ['a foreign audience', { aud: 'https://attache.example.com.evil.org' }],
  ['an expired token', { exp: NOW_MS / 1000 }],
  ['an unverified address', { email_verified: false }],
  ['no word on the address', { email_verified: undefined }],
  ['no address', { email: undefined }],
  ['an account that is no agent', { email: 'other@p.iam.gserviceaccount.com' }],
])('%s is refused', async (_, claims) => {
  const refused = setUp(claims).authenticate({ authorization: `Bearer ${token()}` });
  await expect(refused).rejects.toMatchObject({ kind: 'unauthorized', code: 'invalidCredentials' });
});

test('the verifier’s claims count, not the ones in the token', async () => {
  const { authenticate } = setUp({ email: 'other@p.iam.gserviceaccount.com' });
  await expect(authenticate({ authorization: `Bearer ${token(good)}` })).rejects.toMatchObject({
    code: 'invalidCredentials',
  });
});

test('a signature that does not hold is refused', async () => {
  const { authenticate } = setUp(new AttacheError('unauthorized', 'bad signature'));
  await expect(authenticate({ authorization: `Bearer ${token()}` })).rejects.toMatchObject({
    code: 'invalidCredentials',
  });
});

test('a removed signature is never accepted from an agent', async () => {
  const { authenticate } = setUp(new AttacheError('unauthorized', 'bad signature'));
  const unsigned = token(good, { alg: 'RS256' }, 'SIGNATURE_REMOVED_BY_GOOGLE');
  await expect(authenticate({ authorization: `Bearer ${unsigned}` })).rejects.toMatchObject({
    code: 'invalidCredentials',
  });
});

test('certificates that cannot be had are no verdict on the caller', async () => {
  const { authenticate } = setUp(new AttacheError('unavailable', 'no certificates'));
  await expect(authenticate({ authorization: `Bearer ${token()}` })).rejects.toMatchObject({ kind: 'unavailable' });
});

test('no refusal repeats the credential', async () => {
  for (const credential of ['atk_canary', 'canary.canary.canary', token({ canary: 1 })]) {
    const refusal: unknown = await setUp()
      .authenticate({ authorization: `Bearer ${credential}` })
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AttacheError);
    expect(String(refusal)).not.toContain(credential);
  }
});
