import { counted, exactly, fromNow } from './format';

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
