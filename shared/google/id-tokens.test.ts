import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { startStandIn, type StandInAnswer } from '../../test/http-stand-in';
import { createIdTokenVerifier } from './id-tokens';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const audience = 'https://attache.example.com';
const nowSeconds = Math.floor(Date.now() / 1000);

let standIn: Awaited<ReturnType<typeof startStandIn>>;
let answer: StandInAnswer;

beforeAll(async () => {
  standIn = await startStandIn(() => answer);
});
beforeEach(() => {
  standIn.received.length = 0;
  answer = {
    headers: { 'cache-control': 'public, max-age=20000' },
    body: { 'key-1': publicKey.export({ type: 'spki', format: 'pem' }) },
  };
});
afterAll(() => standIn.stop());

const claims = {
  iss: 'https://accounts.google.com',
  aud: audience,
  sub: '1234567890',
  email: 'agent@project.iam.gserviceaccount.com',
  email_verified: true,
  iat: nowSeconds - 10,
  exp: nowSeconds + 3590,
};

function idToken(
  changes: object = {},
  key: KeyObject = privateKey,
  header: object = { alg: 'RS256', kid: 'key-1' },
): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const content = `${encode(header)}.${encode({ ...claims, ...changes })}`;
  return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
}

const verifier = () => createIdTokenVerifier({ certsUrl: `${standIn.url}certs` });

it('answers with the claims of a token that Google signed for one of the audiences', async () => {
  const { iat: _, ...expected } = claims;
  await expect(verifier()(idToken(), ['https://other.example.com', audience])).resolves.toEqual(expected);
});

it('fetches the certificates once, for all who come at the same time and after', async () => {
  const verify = verifier();
  await Promise.all([verify(idToken(), [audience]), verify(idToken(), [audience])]);
  await verify(idToken(), [audience]);
  expect(standIn.received.map(({ url }) => url)).toEqual(['/certs']);
});

it('takes a token without an address', async () => {
  const verified = await verifier()(idToken({ email: undefined, email_verified: undefined }), [audience]);
  expect(verified.email).toBeUndefined();
});

it.each([
  ['of another audience', idToken({ aud: 'https://evil.example.com' })],
  ['of another issuer', idToken({ iss: 'https://evil.example.com' })],
  ['of the issuer that the library accepts by its own', idToken({ iss: 'googleapis.com' })],
  ['that has expired', idToken({ iat: nowSeconds - 4200, exp: nowSeconds - 600 })],
  ['of the future', idToken({ iat: nowSeconds + 600, exp: nowSeconds + 4200 })],
  ['without an expiry', idToken({ exp: undefined })],
  ['without a subject', idToken({ sub: undefined })],
  ['signed by a stranger', idToken({}, stranger)],
  ['of an unknown key', idToken({}, privateKey, { alg: 'RS256', kid: 'key-2' })],
  ['without a key', idToken({}, privateKey, { alg: 'RS256' })],
  ['without a signature', `${idToken({}, privateKey, { alg: 'none', kid: 'key-1' }).replace(/[^.]*$/, '')}`],
  ['of another kind of address', idToken({ email: ['agent@project.iam.gserviceaccount.com'] })],
  [
    'that is changed',
    idToken().replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...claims, sub: '1' })).toString('base64url')}.`),
  ],
  ['that is none', 'hello'],
  ['that is empty', ''],
  ['with two parts', 'a.b'],
])('refuses a token %s, without a word about it', async (_, token) => {
  const error: unknown = await verifier()(token, [audience]).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'unauthorized', code: 'invalidIdToken' });
  const { message, cause } = error as Error;
  expect(cause).toBeUndefined();
  expect(message).toBe('The ID token is not one that Google signed for this audience.');
});

it('refuses every token when there is no audience', async () => {
  await expect(verifier()(idToken(), [])).rejects.toMatchObject({ kind: 'unauthorized' });
});

it.each<[string, StandInAnswer]>([
  ['are not there', { status: 404, body: '' }],
  ['are forbidden', { status: 403, body: '' }],
])('is unavailable, not unauthorized, when the certificates %s', async (_, given) => {
  answer = given;
  await expect(verifier()(idToken(), [audience])).rejects.toMatchObject({ kind: 'unavailable' });
});

it('works again once the certificates can be fetched', async () => {
  const verify = verifier();
  answer = { status: 404 };
  await expect(verify(idToken(), [audience])).rejects.toMatchObject({ kind: 'unavailable' });
  answer = { body: { 'key-1': publicKey.export({ type: 'spki', format: 'pem' }) } };
  await expect(verify(idToken(), [audience])).resolves.toMatchObject({ sub: claims.sub });
});
