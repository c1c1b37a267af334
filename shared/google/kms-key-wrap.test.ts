import { randomBytes } from 'node:crypto';
import { startStandIn, type StandInAnswer } from '../../test/http-stand-in';
import { createKmsKeyWrap } from './kms-key-wrap';

const keyName = 'projects/p/locations/europe/keyRings/attache/cryptoKeys/tokens';
const dataKey = randomBytes(32);

let standIn: Awaited<ReturnType<typeof startStandIn>>;
let answer: StandInAnswer;
beforeAll(async () => {
  standIn = await startStandIn(() => answer);
});
beforeEach(() => void (standIn.received.length = 0));
afterAll(() => standIn.stop());

const keys = () => createKmsKeyWrap({ keyName, kmsUrl: standIn.url.replace(/\/$/, '') });

test('a data key is wrapped with its context as authenticated data', async () => {
  answer = {
    body: { name: `${keyName}/cryptoKeyVersions/3`, ciphertext: Buffer.from([251, 255, 190]).toString('base64') },
  };
  const wrapped = await keys().wrap(dataKey, 'connectionTokens/a');
  expect(wrapped).toMatch(/^[\w-]+$/);
  expect(standIn.received).toMatchObject([
    { method: 'POST', url: `/v1/${keyName}:encrypt`, headers: { authorization: 'Bearer owner' } },
  ]);
  expect(JSON.parse(standIn.received[0]?.body ?? '')).toEqual({
    plaintext: dataKey.toString('base64'),
    additionalAuthenticatedData: Buffer.from('connectionTokens/a').toString('base64'),
  });

  answer = { body: { plaintext: dataKey.toString('base64'), usedPrimary: false } };
  expect(Buffer.from(await keys().unwrap(wrapped, 'connectionTokens/a'))).toEqual(dataKey);
  expect(standIn.received[1]?.url).toBe(`/v1/${keyName}:decrypt`);
  expect(JSON.parse(standIn.received[1]?.body ?? '')).toEqual({
    ciphertext: '+/++',
    additionalAuthenticatedData: Buffer.from('connectionTokens/a').toString('base64'),
  });
});

const status = (code: number, status: string): StandInAnswer => ({ status: code, body: { error: { code, status } } });

test.each<[string, StandInAnswer, { kind: string; code?: string }]>([
  ['no right to the key', status(403, 'PERMISSION_DENIED'), { kind: 'bug', code: 'keyUnavailable' }],
  ['no such key', status(404, 'NOT_FOUND'), { kind: 'bug', code: 'keyUnavailable' }],
  ['own credentials refused', status(401, 'UNAUTHENTICATED'), { kind: 'bug', code: 'keyUnavailable' }],
  ['another context, or a changed text', status(400, 'INVALID_ARGUMENT'), { kind: 'bug', code: 'unreadableSecret' }],
  ['a disabled version', status(400, 'FAILED_PRECONDITION'), { kind: 'unavailable' }],
  ['throttling', status(429, 'RESOURCE_EXHAUSTED'), { kind: 'rateLimited' }],
  ['an outage', { status: 503, body: '<html>' }, { kind: 'unavailable' }],
  ['an answer cut short', { body: { plaintext: dataKey.toString('base64') }, failure: 'cut' }, { kind: 'unavailable' }],
  ['a key of another length', { body: { plaintext: 'AAAA' } }, { kind: 'unavailable' }],
])('%s never looks like a user who took back consent', async (_, failing, expected) => {
  answer = failing;
  await expect(keys().unwrap('AAAA', 'connectionTokens/a')).rejects.toMatchObject(expected);
});

test('the data key is in no error', async () => {
  for (const code of [400, 403, 500]) {
    answer = { status: code, body: { error: { message: dataKey.toString('base64') } } };
    const error: unknown = await keys()
      .wrap(dataKey, 'connectionTokens/a')
      .catch((thrown: unknown) => thrown);
    const { message, stack } = error as Error;
    expect(JSON.stringify({ ...(error as object), message, stack })).not.toContain(dataKey.toString('base64'));
  }
});
