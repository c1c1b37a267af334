import { ada, admin, clientFor, errorOf, grace, me, start, tokenFor, workspace } from './workspace.fixture';

afterEach(() => workspace.close());

describe('faults', () => {
  beforeEach(() => start());

  test('errors carry status, reason and the time to come back, as often as asked', async () => {
    const fault = { type: 'error', status: 429, reason: 'rateLimitExceeded', retryAfter: '2026-03-01T15:00:00Z' };
    await admin('POST', '/faults', { match: { method: 'gmail.users.getProfile', userId: ada }, times: 2, fault });
    const { users } = clientFor();
    await users.labels.list(me);
    await clientFor(grace).users.getProfile(me);
    for (let count = 0; count < 2; count += 1) {
      expect(await errorOf(users.getProfile(me))).toMatchObject({
        code: 429,
        message: 'User-rate limit exceeded. Retry after 2026-03-01T15:00:00Z',
        errors: [{ reason: 'rateLimitExceeded', domain: 'usageLimits' }],
      });
    }
    await users.getProfile(me);
  });

  test.each(['domainPolicy', 'dailyLimitExceeded', 'userRateLimitExceeded', 'insufficientPermissions'])(
    '403 %s looks like Google’s',
    async (reason) => {
      workspace.faults.add({ fault: { type: 'error', status: 403, reason } });
      expect(await errorOf(clientFor().users.getProfile(me))).toMatchObject({ code: 403, errors: [{ reason }] });
    },
  );

  test('a dropped call has had its effect or not, as asked', async () => {
    const { users } = clientFor();
    const add = { ...me, requestBody: { name: 'Once' } };
    workspace.faults.add({ fault: { type: 'drop' } });
    await expect(users.labels.create(add)).rejects.toThrow();
    workspace.faults.add({ fault: { type: 'drop', when: 'after' } });
    await expect(users.labels.create(add)).rejects.toThrow();
    expect((await errorOf(users.labels.create(add))).code).toBe(409);
  });

  test('a truncated answer breaks off in the middle', async () => {
    workspace.faults.add({ fault: { type: 'truncate' } });
    const response = await fetch(`${workspace.url}/gmail/v1/users/me/labels`, {
      headers: { authorization: `Bearer ${tokenFor(ada)}` },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(workspace.statuses['gmail.users.labels.list']).toEqual({ truncated: 1 });
  });

  test('a delayed call is answered in the end', async () => {
    workspace.faults.add({ match: { method: 'gmail.users.getProfile' }, fault: { type: 'delay', ms: 50 } });
    const startedAtMs = performance.now();
    await clientFor().users.getProfile(me);
    // A timer may fire up to a millisecond early.
    expect(performance.now() - startedAtMs).toBeGreaterThan(48);
  });

  test('are gone when cleared, and never hit the admin routes', async () => {
    workspace.faults.add({ times: 5, fault: { type: 'drop' } });
    expect((await admin('DELETE', '/faults')).status).toBe(204);
    await clientFor().users.getProfile(me);
  });
});
