import { AttacheError } from '../domain/errors';
import type { IdTokenClaims } from '../domain/ports';
import { authorizePlatform } from './platform-identity';

const NOW_MS = Date.UTC(2026, 10, 22);
const ACCOUNT = 'push@p.iam.gserviceaccount.com';
const AUDIENCE = 'https://gmail-sync';
const good: IdTokenClaims = {
  iss: 'https://accounts.google.com',
  aud: AUDIENCE,
  sub: '1',
  exp: NOW_MS / 1000 + 1,
  email: ACCOUNT,
  email_verified: true,
};

function token(
  claims: Partial<IdTokenClaims> = {},
  { alg = 'RS256', signature = 'SIGNATURE_REMOVED_BY_GOOGLE' } = {},
): string {
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg })}.${encode({ ...good, ...claims })}.${signature}`;
}

function setUp({ onCloudRun = true, isSigned = true } = {}) {
  const verifyIdToken = jest.fn(async () => {
    if (!isSigned) throw new AttacheError('unauthorized', 'bad signature');
    return good;
  });
  const identity = { account: ACCOUNT, audience: AUDIENCE, onCloudRun, verifyIdToken, now: () => NOW_MS };
  return { authorize: authorizePlatform({ ...identity, authentication: 'oidc' }), verifyIdToken, identity };
}

test('a token that Cloud Run has checked is accepted by its claims', async () => {
  const { authorize, verifyIdToken } = setUp();
  await expect(authorize({ authorization: `Bearer ${token()}` })).resolves.toBeUndefined();
  expect(verifyIdToken).not.toHaveBeenCalled();
});

test('a removed signature is worth nothing elsewhere', async () => {
  const { authorize } = setUp({ onCloudRun: false, isSigned: false });
  await expect(authorize({ authorization: `Bearer ${token()}` })).rejects.toMatchObject({ code: 'invalidCredentials' });
});

test('a signature that is still there is verified, on Cloud Run too', async () => {
  const signed = token({}, { signature: 'c2ln' });
  const { authorize, verifyIdToken } = setUp();
  await expect(authorize({ authorization: `Bearer ${signed}` })).resolves.toBeUndefined();
  expect(verifyIdToken).toHaveBeenCalledWith(signed, [AUDIENCE]);
  const forged = setUp({ isSigned: false }).authorize({ authorization: `Bearer ${signed}` });
  await expect(forged).rejects.toMatchObject({ code: 'invalidCredentials' });
});

test.each<[string, string]>([
  ['a foreign issuer', token({ iss: 'https://evil.org' })],
  ['a foreign audience', token({ aud: `${AUDIENCE}/` })],
  ['another account', token({ email: `x${ACCOUNT}` })],
  ['an unverified address', token({ email_verified: false })],
  ['no address', token({ email: undefined })],
  ['an expired token', token({ exp: NOW_MS / 1000 })],
  ['alg none', token({}, { alg: 'none' })],
  ['no signature', token({}, { signature: '' })],
])('%s is refused', async (_, bad) => {
  const { authorize } = setUp();
  await expect(authorize({ authorization: `Bearer ${bad}` })).rejects.toMatchObject({
    kind: 'unauthorized',
    code: 'invalidCredentials',
  });
});

test('a call without a token is refused', async () => {
  await expect(setUp().authorize({})).rejects.toMatchObject({ kind: 'unauthorized', code: 'missingCredentials' });
});

test('without authentication every call passes, but never on Cloud Run', async () => {
  const { identity } = setUp({ onCloudRun: false });
  await expect(authorizePlatform({ ...identity, authentication: 'none' })({})).resolves.toBeUndefined();
  expect(() => authorizePlatform({ ...identity, authentication: 'none', onCloudRun: true })).toThrow(AttacheError);
});

test('authentication without account or audience is refused at start', () => {
  const { identity } = setUp();
  expect(() => authorizePlatform({ ...identity, authentication: 'oidc', account: undefined })).toThrow(AttacheError);
  expect(() => authorizePlatform({ ...identity, authentication: 'oidc', audience: '' })).toThrow(AttacheError);
});
