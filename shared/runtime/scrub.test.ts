import * as fc from 'fast-check';
import { hashAddress } from '../domain/hash-address';
import { scrub } from './scrub';

test('an address becomes its stand-in, wherever it stands', () => {
  const id = hashAddress('ana@example.com');
  expect(scrub('No mailbox <ana@example.com>, ana%40example.com: Ana@Example.com.')).toBe(
    `No mailbox <${id}>, ${id}: ${id}.`,
  );
  expect(scrub('users/ana@example.com/messages?user=ana@example.com')).toBe(`users/${id}/messages?user=${id}`);
  expect(scrub('jörg@exämple.de')).not.toContain('jörg');
});

test('no address survives', () => {
  fc.assert(fc.property(fc.emailAddress(), (email) => !scrub(`user ${email} failed`).includes(email)));
});

test.each([
  'Bearer abc.def-ghi',
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.',
  'ya29.a0AfB_canary',
  '1//0canary_refresh-token',
  'GOCSPX-canary',
  'atk_canary',
  'whsec_canary/+=',
  '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----',
])('%j is cut out', (secret) => {
  const scrubbed = scrub(`refused: ${secret} (invalid)`);
  expect(scrubbed).toBe('refused: [secret] (invalid)');
});

test('the value of a named secret is cut out, its name stays', () => {
  expect(scrub('POST https://x/?refresh_token=canary&client_id=7 {"client_secret":"canary"}')).toBe(
    'POST https://x/?refresh_token=[secret]&client_id=7 {"client_secret":"[secret]"}',
  );
});

test('an authorisation code is cut out of a URL, an error code is not', () => {
  expect(scrub('GET /callback?code=canary&state=canary')).toBe('GET /callback?code=[secret]&state=[secret]');
  expect(scrub('code=ECONNRESET')).toBe('code=ECONNRESET');
});

test.each([
  'at run (/srv/node_modules/@google-cloud/firestore/build/src/index.js:10:3)',
  'zod@4.6.7 is installed',
  'code 403 of messages.get for message 18c2f',
])('%j stays as it is', (text) => {
  expect(scrub(text)).toBe(text);
});
