import { loadConfig } from '../runtime/config';
import { connectCipher } from './connect-tokens';
import { tokenEncryption, tokenKeys, zoomSettings } from './connection-config';

const key = Buffer.alloc(32, 7).toString('base64');
const kmsKey = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';
const local = JSON.stringify({ k2: key, k1: key });

test('local keys are for development only, and the first one seals', async () => {
  const config = loadConfig(tokenEncryption, { TOKEN_LOCAL_KEYS: local });
  const place = { record: 'r', field: 'f' };
  expect(await connectCipher(config).seal('secret', place)).toMatch(/^sealed1\.k2:/);
  expect(() => loadConfig(tokenEncryption, { TOKEN_LOCAL_KEYS: local, K_SERVICE: 'connections' })).toThrow(
    'TOKEN_LOCAL_KEYS: must not be set on Cloud Run',
  );
});

test('what cannot do without a key says so, and what can starts without one', () => {
  expect(() => loadConfig(tokenEncryption, {})).toThrow('TOKEN_KMS_KEY: required');
  expect(loadConfig(tokenKeys, {}).TOKEN_KMS_KEY).toBeUndefined();
  expect(loadConfig(tokenEncryption, { TOKEN_KMS_KEY: kmsKey, K_SERVICE: 'connections' }).TOKEN_KMS_KEY).toBe(kmsKey);
});

test.each([
  ['a version instead of a key', { TOKEN_KMS_KEY: `${kmsKey}/cryptoKeyVersions/1` }],
  ['a short name', { TOKEN_KMS_KEY: 'tokens' }],
  ['a key of another length', { TOKEN_LOCAL_KEYS: JSON.stringify({ k: 'c2hvcnQ=' }) }],
  ['no key at all', { TOKEN_LOCAL_KEYS: '{}' }],
  ['an id that an envelope cannot hold', { TOKEN_LOCAL_KEYS: JSON.stringify({ 'a.b': key }) }],
])('%s is refused without being quoted', (_, environment) => {
  const load = () => loadConfig(tokenEncryption, environment);
  expect(load).toThrow(/TOKEN_(KMS_KEY|LOCAL_KEYS)/);
  expect(load).not.toThrow(key);
});

test('the parts of a Zoom app go together', () => {
  const whole = { ZOOM_ACCOUNT_ID: 'a', ZOOM_CLIENT_ID: 'b', ZOOM_CLIENT_SECRET: 'c' };
  expect(loadConfig(zoomSettings, whole)).toMatchObject(whole);
  expect(loadConfig(zoomSettings, {}).ZOOM_API_URL).toBe('https://api.zoom.us/v2/');
  expect(() => loadConfig(zoomSettings, { ...whole, ZOOM_CLIENT_SECRET: '' })).toThrow('go together');
});
