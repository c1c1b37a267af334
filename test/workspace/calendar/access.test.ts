import { ada, at, errorOf, grace, primary, startCalendarWorkspace } from './calendar-client';
import type { CalendarWorkspace } from './calendar-client';

let workspace: CalendarWorkspace;

beforeEach(async () => {
  workspace = await startCalendarWorkspace();
});
afterEach(() => workspace.close());

const scope = (name: string) => `https://www.googleapis.com/auth/calendar.${name}`;
const day = { timeMin: '2026-03-03T00:00:00Z', timeMax: '2026-03-04T00:00:00Z' };

describe('calendars', () => {
  test('are made, changed, listed and deleted', async () => {
    const { calendars, calendarList } = workspace.clientFor();
    const requestBody = { summary: 'Team', timeZone: 'Asia/Tokyo', description: 'Ours' };
    const { data: made } = await calendars.insert({ requestBody });
    expect(made).toMatchObject({ kind: 'calendar#calendar', ...requestBody });
    expect(made.id).toMatch(/^c_\w+@group\.calendar\.google\.com$/);
    const calendarId = made.id ?? '';
    const { data: patched } = await calendars.patch({ calendarId, requestBody: { summary: 'Crew' } });
    expect(patched).toMatchObject({ summary: 'Crew', timeZone: 'Asia/Tokyo', description: 'Ours' });
    expect(patched.etag).not.toBe(made.etag);
    expect((await calendars.get({ calendarId })).data).toEqual(patched);
    expect((await calendars.update({ calendarId, requestBody: { summary: 'New' } })).data).not.toHaveProperty(
      'description',
    );
    const { data: list } = await calendarList.list();
    expect(list.items).toMatchObject([
      { id: ada, primary: true, accessRole: 'owner', timeZone: 'UTC' },
      { id: calendarId, summary: 'New', accessRole: 'owner' },
    ]);
    expect(list.items?.[1]).not.toHaveProperty('primary');
    await calendars.delete({ calendarId });
    expect((await errorOf(calendars.get({ calendarId }))).code).toBe(404);
    expect((await calendarList.list()).data.items).toHaveLength(1);
  });

  test('of a primary kind cannot be deleted but cleared, the others the other way round', async () => {
    const { calendars, events } = workspace.clientFor();
    const { data } = await calendars.insert({ requestBody: { summary: 'Other' } });
    expect((await errorOf(calendars.delete(primary))).code).toBe(403);
    expect((await errorOf(calendars.clear({ calendarId: data.id ?? '' }))).code).toBe(400);
    await events.insert({ ...primary, requestBody: at(10, { attendees: [{ email: grace }] }) });
    await calendars.clear(primary);
    expect((await events.list(primary)).data.items).toEqual([]);
    expect((await workspace.clientFor(grace).events.list(primary)).data.items).toEqual([]);
  });

  test.each([
    ['no summary', {}, 'required'],
    ['an unknown zone', { summary: 'A', timeZone: 'Mars/Base' }, 'invalid'],
  ])('with %s are refused', async (_, requestBody, reason) => {
    expect(await errorOf(workspace.clientFor().calendars.insert({ requestBody }))).toMatchObject({ code: 400, reason });
  });
});

describe('a list of calendars', () => {
  test('has what was shared, as its reader likes to see it', async () => {
    const { calendarList } = workspace.clientFor(grace);
    const shares = { [grace]: 'reader' };
    const body = { id: 'team@group.calendar.google.com', summary: 'Team', shares };
    expect((await workspace.admin('POST', `/users/${ada}/calendars`, body)).status).toBe(201);
    const calendarId = body.id;
    await calendarList.patch({ calendarId, requestBody: { summaryOverride: 'Ada’s', hidden: true } });
    expect((await calendarList.list()).data.items).toHaveLength(1);
    expect((await calendarList.list({ showHidden: true })).data.items?.[1]).toMatchObject({
      summary: 'Team',
      summaryOverride: 'Ada’s',
      accessRole: 'reader',
    });
    expect((await calendarList.list({ showHidden: true, minAccessRole: 'writer' })).data.items).toHaveLength(1);
    await calendarList.delete({ calendarId });
    expect((await errorOf(calendarList.get({ calendarId }))).code).toBe(404);
    await calendarList.insert({ requestBody: { id: calendarId } });
    expect((await errorOf(calendarList.insert({ requestBody: { id: calendarId } }))).code).toBe(409);
    expect((await calendarList.get({ calendarId })).data.id).toBe(calendarId);
    expect((await errorOf(workspace.clientFor().calendarList.delete({ calendarId }))).code).toBe(400);
  });

  test('comes in pages, and follows no sync token', async () => {
    const { calendars, calendarList } = workspace.clientFor();
    for (const summary of ['A', 'B']) await calendars.insert({ requestBody: { summary } });
    const { data: first } = await calendarList.list({ maxResults: 2 });
    const { data: second } = await calendarList.list({ maxResults: 2, pageToken: first.nextPageToken ?? '' });
    expect([first.items?.length, second.items?.length, second.nextPageToken]).toEqual([2, 1, undefined]);
    expect((await errorOf(calendarList.list({ syncToken: 'x' }))).code).toBe(400);
  });
});

test.each([
  ['freeBusyReader', 404, 404],
  ['reader', 200, 403],
  ['writer', 200, 200],
  ['none', 404, 404],
])('a calendar shared as %s answers %i to reading and %i to writing', async (role, reading, writing) => {
  const body = { id: 'team@group.calendar.google.com', summary: 'Team', shares: { [grace]: role } };
  await workspace.admin('POST', `/users/${ada}/calendars`, body);
  const { events } = workspace.clientFor(grace);
  const statusOf = (call: Promise<{ status: number }>) =>
    call.then(
      ({ status }) => status,
      async (error: unknown) => (await errorOf(Promise.reject(error as Error))).code,
    );
  expect(await statusOf(events.list({ calendarId: body.id }))).toBe(reading);
  expect(await statusOf(events.insert({ calendarId: body.id, requestBody: at(10) }))).toBe(writing);
});

describe('scopes', () => {
  const calls = {
    list: (email: string, scopes: string[]) => workspace.clientFor(email, scopes).events.list(primary),
    insert: (email: string, scopes: string[]) =>
      workspace.clientFor(email, scopes).events.insert({ ...primary, requestBody: at(10) }),
    calendars: (email: string, scopes: string[]) => workspace.clientFor(email, scopes).calendars.get(primary),
    calendarList: (email: string, scopes: string[]) => workspace.clientFor(email, scopes).calendarList.list(),
    freeBusy: (email: string, scopes: string[]) =>
      workspace.clientFor(email, scopes).freebusy.query({ requestBody: day }),
  };

  test.each([
    ['readonly', ['list', 'calendars', 'calendarList', 'freeBusy']],
    ['events', ['list', 'insert']],
    ['events.readonly', ['list']],
    ['freebusy', ['freeBusy']],
    ['events.freebusy', ['freeBusy']],
    ['calendarlist.readonly', ['calendarList']],
    ['calendars.readonly', ['calendars']],
    ['settings.readonly', []],
  ])('%s allows %p and nothing else', async (name, allowed) => {
    for (const [method, call] of Object.entries(calls)) {
      const attempt = call(ada, [scope(name)]);
      if (allowed.includes(method)) await attempt;
      else expect(await errorOf(attempt)).toMatchObject({ code: 403, reason: 'insufficientPermissions' });
    }
  });

  test('a token that is unknown or has expired is 401', async () => {
    const { calendars } = workspace.clientFor();
    workspace.clock.advance(3_600_000);
    expect((await errorOf(calendars.get(primary))).code).toBe(401);
  });
});

describe('quota', () => {
  test('a user’s budget is back with the next minute', async () => {
    await workspace.admin('PATCH', '/calendar/settings', { unitsPerMinutePerUser: 2 });
    const { calendars } = workspace.clientFor();
    for (let count = 0; count < 2; count += 1) await calendars.get(primary);
    const usage = { domain: 'usageLimits' };
    expect(await errorOf(calendars.get(primary))).toMatchObject({
      code: 403,
      reason: 'userRateLimitExceeded',
      ...usage,
    });
    await workspace.admin('PATCH', '/calendar/settings', { throttleStatus: 429 });
    expect(await errorOf(calendars.get(primary))).toMatchObject({ code: 429, reason: 'rateLimitExceeded', ...usage });
    await workspace.clientFor(grace).calendars.get(primary);
    await workspace.admin('POST', `/users/${ada}/events`, at(10));
    workspace.clock.advance(60_000);
    await calendars.get(primary);
    expect((await workspace.admin('GET', '/stats')).body).toMatchObject({
      calendar: { calls: { 'calendar.calendars.get': 6 }, refused: 2 },
    });
  });

  test('the project’s is everybody’s', async () => {
    await workspace.admin('PATCH', '/calendar/settings', { unitsPerMinutePerProject: 1 });
    await workspace.clientFor().calendars.get(primary);
    const error = await errorOf(workspace.clientFor(grace).calendars.get(primary));
    expect(error).toMatchObject({ code: 403, reason: 'rateLimitExceeded' });
  });

  test('is Google’s when nothing else is said', async () => {
    expect((await workspace.admin('GET', '/calendar/settings')).body).toMatchObject({
      unitsPerMinutePerUser: 600,
      unitsPerMinutePerProject: 10_000,
    });
  });
});

test('faults hit a method and a user; a dropped insert has happened or not', async () => {
  const { events } = workspace.clientFor();
  const method = 'calendar.events.insert';
  const requestBody = at(10, { id: 'meeting0' });
  workspace.faults.add({
    match: { method, userId: ada },
    fault: { type: 'error', status: 503, reason: 'backendError' },
  });
  workspace.faults.add({ match: { method, userId: ada }, fault: { type: 'drop' } });
  workspace.faults.add({ match: { method, userId: ada }, fault: { type: 'drop', when: 'after' } });
  await workspace.clientFor(grace).events.insert({ ...primary, requestBody });
  expect(await errorOf(events.insert({ ...primary, requestBody }))).toMatchObject({
    code: 503,
    reason: 'backendError',
  });
  await expect(events.insert({ ...primary, requestBody })).rejects.toThrow();
  await expect(events.insert({ ...primary, requestBody })).rejects.toThrow();
  expect((await errorOf(events.insert({ ...primary, requestBody }))).code).toBe(409);
});

test.each([
  ['POST', '/users', { email: 'a@example.com', timeZone: 'Mars/Base' }, 400, /timeZone/],
  ['PATCH', '/calendar/settings', { pageSizeLimit: 0 }, 400, /pageSizeLimit/],
  ['POST', '/calendar/channelFaults', { fault: 'lose' }, 400, /fault/],
  ['PATCH', `/users/${ada}/freeBusySharing`, { sharing: 'some' }, 400, /sharing/],
  ['PATCH', `/calendars/${ada}`, { shares: { [grace]: 'boss' } }, 400, /shares/],
  ['POST', '/users/nobody@example.com/events', {}, 404, /nobody@example.com/],
  ['POST', '/calendars/nothing/expireSyncTokens', {}, 404, /Not Found/],
])('admin %s %s says what is wrong', async (method, path, body, status, text) => {
  const answer = await workspace.admin(method, path, body);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toMatch(text);
});
