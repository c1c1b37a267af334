import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { consentOutcome } from './consent-outcome';

const outcome = (query: string) => consentOutcome(new URLSearchParams(query));

test.each([
  ['connection=con_1', false, 'The account is connected.'],
  ['zoomAccount=a@example.com', false, 'The Zoom account is connected.'],
  ['connection=con_1&missing=mail', true, 'Connected, but without mail'],
  ['connection=con_1&missing=calendar,mail', true, 'without calendar and mail'],
  ['error=consentDenied', true, 'The consent was not given'],
  ['error=invalidState', true, 'not started in this browser'],
  ['error=whatever', true, '(whatever)'],
])('%s', (query, failed, text) => {
  expect(outcome(query)).toMatchObject({ failed, text: expect.stringContaining(text) as string });
});

test('is told only where there was one', () => {
  expect(outcome('')).toBeUndefined();
});

test('a text that somebody put into a link is not told', () => {
  expect(outcome('error=Call+555-0100')?.text).toBe('The account could not be connected.');
});

test('every code that connecting throws has a sentence of its own, and something to do', () => {
  const sources = [
    'functions/connections/consent-state.ts',
    'functions/connections/finish-consent.ts',
    'shared/google/google-consent.ts',
    'shared/zoom/call-zoom.ts',
    'shared/store/local-key-wrap.ts',
    'shared/store/aes-gcm.ts',
  ].map((path) => readFileSync(join(__dirname, '..', path), 'utf8'));
  const codes = new Set(sources.flatMap((text) => [...text.matchAll(/code: '(\w+)'/g)].map(([, code]) => code)));
  expect(codes.size).toBeGreaterThan(8);
  for (const code of [...codes, 'adminPolicyEnforced', 'unavailable', 'rateLimited']) {
    const { text, fix } = outcome(`error=${code}`)!;
    expect({ code, text, fix }).toEqual({
      code,
      text: expect.not.stringContaining('could not be connected') as string,
      fix: expect.stringMatching(/\.$/) as string,
    });
  }
});
