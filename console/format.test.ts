import { consentOutcome, counted, exactly, fromNow } from './format';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

test.each([
  ['2026-03-08T11:00:00Z', 'in 6 days'],
  ['2026-03-01T14:30:00Z', 'in 2 hours'],
  ['2026-03-01T11:57:00Z', '3 minutes ago'],
  ['2026-02-28T11:00:00Z', 'yesterday'],
  ['2026-03-01T12:00:20Z', 'just now'],
])('%s is %s', (instant, text) => {
  expect(fromNow(instant, nowMs)).toBe(text);
});

test('a time is told in the zone that is asked for', () => {
  expect(exactly('2026-03-01T23:30:00Z', 'Europe/Berlin')).toBe('2 March 2026 at 00:30');
});

test('one is not many', () => {
  expect([0, 1, 2].map((count) => counted(count, 'task'))).toEqual(['0 tasks', '1 task', '2 tasks']);
});

describe('the way back from a consent', () => {
  const outcome = (query: string) => consentOutcome(new URLSearchParams(query));

  test.each([
    ['connection=con_1', false, 'The account is connected.'],
    ['zoomAccount=a@example.com', false, 'The Zoom account is connected.'],
    ['connection=con_1&missing=mail', true, 'Connected, but without mail'],
    ['error=consentDenied', true, 'The consent was not given'],
    ['error=whatever', true, 'whatever'],
  ])('%s', (query, failed, text) => {
    expect(outcome(query)).toEqual({ failed, text: expect.stringContaining(text) as string });
  });

  test('is told only where there was one', () => {
    expect(outcome('')).toBeUndefined();
  });
});
