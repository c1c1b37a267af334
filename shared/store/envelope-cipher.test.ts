import { randomBytes } from 'node:crypto';
import type { KeyWrap } from '../domain/token-cipher';
import { createEnvelopeCipher } from './envelope-cipher';
import { createLocalKeyWrap, type LocalKey } from './local-key-wrap';

const place = { record: 'connectionTokens/one', field: 'refreshToken' };
const secret = '1//0refresh-töken';
const first: LocalKey = { id: 'k1', key: randomBytes(32) };
const second: LocalKey = { id: 'k2', key: randomBytes(32) };

let nowMs: number;
beforeEach(() => void (nowMs = 1_000));
const clock = { now: () => nowMs };

/** Counts what its keeper is asked for. */
function counting(keys: KeyWrap) {
  const counts = { wrap: 0, unwrap: 0 };
  const counted: KeyWrap = {
    wrap: (...args) => (counts.wrap++, keys.wrap(...args)),
    unwrap: (...args) => (counts.unwrap++, keys.unwrap(...args)),
  };
  return { counts, counted };
}

const withKeys = (...keys: [LocalKey, ...LocalKey[]]) => createEnvelopeCipher(createLocalKeyWrap(keys), clock);
const unreadable = expect.objectContaining({ kind: 'bug', code: 'unreadableSecret' }) as Error;

test('a secret comes back, in another instance too, and never looks the same twice', async () => {
  const cipher = withKeys(first);
  const sealed = await cipher.seal(secret, place);
  expect(await withKeys(first).open(sealed, place)).toBe(secret);
  expect(await cipher.seal(secret, place)).not.toBe(sealed);
  expect(sealed).toMatch(/^sealed1\./);
  expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('refresh');
});

test.each([
  ['another record', { ...place, record: 'connectionTokens/two' }],
  ['another field of its record', { ...place, field: 'accessToken' }],
  ['a place whose names only join up to the same text', { record: 'connectionTokens/onere', field: 'freshToken' }],
])('a secret that was moved to %s does not open', async (_, elsewhere) => {
  const cipher = withKeys(first);
  const sealed = await cipher.seal(secret, place);
  await expect(cipher.open(sealed, elsewhere)).rejects.toThrow(unreadable);
  await expect(withKeys(first).open(sealed, elsewhere)).rejects.toThrow(unreadable);
});

test('the wrapped key alone is of no use in another record', async () => {
  const keys = createLocalKeyWrap([first]);
  await expect(keys.unwrap(await keys.wrap(randomBytes(32), 'a/1'), 'a/2')).rejects.toThrow(unreadable);
});

test('a single changed bit anywhere is found', async () => {
  const sealed = await withKeys(first).seal(secret, place);
  const [version = '', wrapped = '', content = ''] = sealed.split('.');
  const [keyId = '', wrappedKey = ''] = wrapped.split(':');
  const flips = (text: string) =>
    Array.from(Buffer.from(text, 'base64url'), (_, index) => {
      const bytes = Buffer.from(text, 'base64url');
      bytes[index]! ^= 1;
      return bytes.toString('base64url');
    });
  const broken = [
    ...flips(content).map((one) => [version, wrapped, one].join('.')),
    ...flips(wrappedKey).map((one) => [version, `${keyId}:${one}`, content].join('.')),
  ];
  expect(broken.length).toBeGreaterThan(100);
  for (const one of broken) await expect(withKeys(first).open(one, place)).rejects.toThrow(unreadable);
});

test.each([
  ['a token in the clear', secret],
  ['nothing', ''],
  ['another version', 'sealed2.k1:AAAA.' + 'A'.repeat(60)],
  ['too little for nonce and tag', 'sealed1.k1:AAAA.AAAA'],
])('%s is refused', async (_, stored) => {
  await expect(withKeys(first).open(stored, place)).rejects.toThrow(unreadable);
});

test('after a rotation the old secrets still open, new ones have the new key, and the old key may go in time', async () => {
  const old = await withKeys(first).seal(secret, place);
  const rotated = withKeys(second, first);
  expect(await rotated.open(old, place)).toBe(secret);
  const renewed = await rotated.seal(secret, place);
  expect(renewed).toContain('k2:');
  expect(await withKeys(second).open(renewed, place)).toBe(secret);
  await expect(withKeys(second).open(old, place)).rejects.toThrow(
    expect.objectContaining({ kind: 'bug', code: 'keyUnavailable' }) as Error,
  );
});

test('a rotation between two seals of a running instance reaches it within a minute', async () => {
  const keys: LocalKey[] = [first];
  const current: KeyWrap = {
    wrap: (...args) => createLocalKeyWrap([keys[0]!]).wrap(...args),
    unwrap: (...args) => createLocalKeyWrap([second, first]).unwrap(...args),
  };
  const cipher = createEnvelopeCipher(current, clock);
  const before = await cipher.seal(secret, place);
  keys[0] = second;
  nowMs += 60_000;
  const after = await cipher.seal(secret, place);
  expect([before, after].map((sealed) => sealed.split(/[.:]/)[1])).toEqual(['k1', 'k2']);
  expect(await cipher.open(before, place)).toBe(secret);
});

test('the fields of one record share a data key, records do not, and each key is unwrapped once', async () => {
  const { counts, counted } = counting(createLocalKeyWrap([first]));
  const cipher = createEnvelopeCipher(counted, clock);
  const fields = ['accessToken', 'refreshToken'];
  const sealed = await Promise.all(fields.map((field) => cipher.seal(secret, { ...place, field })));
  expect(counts.wrap).toBe(1);
  await cipher.seal(secret, { ...place, record: 'connectionTokens/two' });
  expect(counts.wrap).toBe(2);
  for (let round = 0; round < 3; round++) {
    for (const [i, field] of fields.entries()) await cipher.open(sealed[i]!, { ...place, field });
  }
  expect(counts.unwrap).toBe(1);
});

test('a keeper that failed is asked again', async () => {
  const working = createLocalKeyWrap([first]);
  let failures = 1;
  const sometimes = <Args extends unknown[], Value>(work: (...args: Args) => Promise<Value>) => {
    return (...args: Args) => (failures-- > 0 ? Promise.reject(new Error('down')) : work(...args));
  };
  const cipher = createEnvelopeCipher({ wrap: sometimes(working.wrap), unwrap: sometimes(working.unwrap) }, clock);
  await expect(cipher.seal(secret, place)).rejects.toThrow('down');
  const sealed = await cipher.seal(secret, place);
  failures = 1;
  await expect(cipher.open(sealed, place)).rejects.toThrow('down');
  expect(await cipher.open(sealed, place)).toBe(secret);
});
