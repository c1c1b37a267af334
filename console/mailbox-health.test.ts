import { lagHealth, watchHealth, type Mailbox } from './mailbox-health';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

test.each([
  [{ expiration: '2026-03-08T11:00:00Z', error: null }, 'good', 'ends in 6 days'],
  [{ expiration: '2026-03-03T12:00:00Z', error: null }, 'warn', 'ends in 2 days'],
  [
    { expiration: '2026-03-08T11:00:00Z', error: 'rateLimited' },
    'warn',
    'ends in 6 days; renewing failed: rateLimited',
  ],
  [{ expiration: '2026-03-01T10:00:00Z', error: null }, 'bad', 'ended 2 hours ago'],
  [{ expiration: null, error: 'delegationDenied' }, 'bad', 'none: delegationDenied'],
])('a watch %j is %s', (watch, tone, text) => {
  expect(watchHealth({ watch }, nowMs)).toEqual({ tone, text });
});

test.each<[Partial<Mailbox>, string, string]>([
  [{}, 'good', 'up to date'],
  [{ lastSyncedAt: '2026-03-01T11:50:00Z' }, 'good', 'up to date, read 10 minutes ago'],
  [{ behind: true, lastNotificationAt: '2026-03-01T11:00:00Z' }, 'warn', 'behind since 1 hour ago'],
  [{ behind: true, deferredUntil: '2026-03-01T12:05:00Z' }, 'warn', 'Google asked for quiet; goes on in 5 minutes'],
  [{ deferredUntil: '2026-03-01T11:00:00Z' }, 'good', 'up to date'],
])('reading with %j is %s', (state, tone, text) => {
  const idle = { behind: false, deferredUntil: null, lastNotificationAt: null, lastSyncedAt: null };
  expect(lagHealth({ ...idle, ...state } as Mailbox, nowMs)).toEqual({ tone, text });
});
