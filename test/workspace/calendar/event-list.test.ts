import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { at, errorOf, grace, primary, startCalendarWorkspace } from './calendar-client';
import type { CalendarWorkspace } from './calendar-client';

let workspace: CalendarWorkspace;
let events: calendar_v3.Resource$Events;

beforeEach(async () => {
  workspace = await startCalendarWorkspace();
  ({ events } = workspace.clientFor());
});
afterEach(() => workspace.close());

async function insert(event: calendar_v3.Schema$Event): Promise<string> {
  return (await events.insert({ ...primary, requestBody: event })).data.id ?? '';
}

async function list(request: object = {}) {
  return (await events.list({ ...primary, ...request })).data;
}

async function summaries(request: object = {}) {
  return (await list(request)).items?.map(({ summary }) => summary);
}

describe('a list', () => {
  test('says whose it is and leaves out what is deleted', async () => {
    await insert(at(10));
    await events.delete({ ...primary, eventId: await insert(at(12)) });
    expect(await list()).toMatchObject({
      kind: 'calendar#events',
      summary: 'ada@example.com',
      timeZone: 'UTC',
      accessRole: 'owner',
      defaultReminders: [{ method: 'popup', minutes: 10 }],
      items: [{ summary: 'At 10' }],
      nextSyncToken: expect.any(String) as string,
    });
    expect(await summaries({ showDeleted: true })).toEqual(['At 10', 'At 12']);
  });

  test('takes what overlaps a window, half-open', async () => {
    for (const hour of [8, 9, 10, 11]) await insert(at(hour));
    const window = { timeMin: '2026-03-03T10:00:00+00:00', timeMax: '2026-03-03T12:00:00+01:00' };
    expect(await summaries(window)).toEqual(['At 10']);
    await insert({ summary: 'Day', start: { date: '2026-03-03' }, end: { date: '2026-03-04' } });
    expect(await summaries(window)).toEqual(['At 10', 'Day']);
    expect(await summaries({ timeMin: '2026-03-04T00:00:00Z' })).toEqual([]);
  });

  test('is ordered by start or by change', async () => {
    const late = await insert(at(12));
    await insert(at(10));
    expect(await summaries({ singleEvents: true, orderBy: 'startTime' })).toEqual(['At 10', 'At 12']);
    workspace.clock.advance(1_000);
    await events.patch({ ...primary, eventId: late, requestBody: { location: 'Here' } });
    expect(await summaries({ orderBy: 'updated' })).toEqual(['At 10', 'At 12']);
    expect(await summaries()).toEqual(['At 12', 'At 10']);
  });

  test('is searched by words, properties, type, iCalendar id and time of change', async () => {
    const own = { private: { task: '7', kind: 'call' }, shared: { team: 'a' } };
    await insert(at(10, { summary: 'Lunch with Grace', attendees: [{ email: grace }], extendedProperties: own }));
    workspace.clock.advance(1_000);
    const id = await insert(at(12, { description: 'Quarterly figures', eventType: 'focusTime' }));
    expect(await summaries({ q: 'grace LUNCH' })).toEqual(['Lunch with Grace']);
    expect(await summaries({ q: 'grace@example' })).toEqual(['Lunch with Grace']);
    expect(await summaries({ q: 'figures' })).toEqual(['At 12']);
    expect(await summaries({ privateExtendedProperty: ['task=7', 'kind=call'] })).toEqual(['Lunch with Grace']);
    expect(await summaries({ privateExtendedProperty: ['task=7', 'kind=email'] })).toEqual([]);
    expect(await summaries({ privateExtendedProperty: ['team=a'] })).toEqual([]);
    expect(await summaries({ sharedExtendedProperty: ['team=a'] })).toEqual(['Lunch with Grace']);
    expect(await summaries({ eventTypes: ['focusTime'] })).toEqual(['At 12']);
    expect(await summaries({ iCalUID: `${id}@google.com` })).toEqual(['At 12']);
    const updatedMin = new Date(workspace.clock.now()).toISOString();
    await events.delete({ ...primary, eventId: id });
    expect((await list({ updatedMin })).items).toMatchObject([{ id, status: 'cancelled' }]);
  });

  test.each([
    ['an order by start of unexpanded series', { orderBy: 'startTime' }, 'invalid'],
    ['a window that is empty', { timeMin: '2026-03-03T10:00:00Z', timeMax: '2026-03-03T10:00:00Z' }, 'timeRangeEmpty'],
    ['a time without offset', { timeMin: '2026-03-03T10:00:00' }, 'invalid'],
    ['an unknown zone', { timeZone: 'Mars/Base' }, 'invalid'],
    ['a flag that is none', { singleEvents: 'yes' }, 'invalid'],
    ['a page token of something else', { pageToken: 'x' }, 'invalid'],
    ['a sync token of something else', { syncToken: 'x' }, 'invalid'],
  ])('refuses %s', async (_, request, reason) => {
    await insert(
      at(10, {
        recurrence: ['RRULE:FREQ=DAILY'],
        start: { dateTime: '2026-03-03T10:00:00Z', timeZone: 'UTC' },
        end: { dateTime: '2026-03-03T11:00:00Z', timeZone: 'UTC' },
      }),
    );
    expect(await errorOf(list(request))).toMatchObject({ code: 400, reason });
  });
});

describe('pages', () => {
  test('end where the limit says, and only the last has a sync token', async () => {
    for (const hour of [8, 9, 10, 11, 12]) await insert(at(hour));
    await workspace.admin('PATCH', '/calendar/settings', { pageSizeLimit: 2 });
    const first = await list({ maxResults: 3 });
    const second = await list({ maxResults: 3, pageToken: first.nextPageToken });
    const third = await list({ maxResults: 3, pageToken: second.nextPageToken });
    expect([first, second, third].map(({ items }) => items?.length)).toEqual([2, 2, 1]);
    expect([first, second, third].map(({ nextSyncToken }) => nextSyncToken !== undefined)).toEqual([
      false,
      false,
      true,
    ]);
    expect(third.nextPageToken).toBeUndefined();
    expect((await errorOf(list({ q: 'At', pageToken: first.nextPageToken }))).code).toBe(400);
  });

  test('may be empty and still not be the last', async () => {
    for (const hour of [8, 9]) await insert(at(hour));
    await workspace.admin('PATCH', '/calendar/settings', { pageSizeLimit: 1, emptyListPages: true });
    const lengths: (number | undefined)[] = [];
    let pageToken: string | null | undefined;
    do {
      const page = await list({ ...(pageToken && { pageToken }) });
      lengths.push(page.items?.length);
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(lengths).toEqual([0, 1, 0, 1]);
  });

  test('a change made between two pages is in the next sync', async () => {
    const early = await insert(at(8));
    await insert(at(9));
    const first = await list({ maxResults: 1 });
    await events.patch({ ...primary, eventId: early, requestBody: { summary: 'Changed' } });
    const second = await list({ maxResults: 1, pageToken: first.nextPageToken });
    expect(await summaries({ maxResults: 1, syncToken: second.nextSyncToken })).toEqual(['Changed']);
  });
});

describe('a sync', () => {
  test('tells what changed since, in the order of the changes, and of the deleted only that they are', async () => {
    const [a, b, c] = [await insert(at(8)), await insert(at(9)), await insert(at(10))];
    const { nextSyncToken: syncToken } = await list();
    expect((await list({ syncToken })).items).toEqual([]);
    await events.delete({ ...primary, eventId: c });
    await events.patch({ ...primary, eventId: a, requestBody: { summary: 'A' } });
    const d = await insert(at(11));
    const { items, nextSyncToken } = await list({ syncToken });
    expect(items?.map(({ id }) => id)).toEqual([c, a, d]);
    expect(items?.[0]).toEqual({
      kind: 'calendar#event',
      etag: expect.any(String) as string,
      id: c,
      status: 'cancelled',
    });
    expect((await list({ syncToken: nextSyncToken })).items).toEqual([]);
    expect(items?.some(({ id }) => id === b)).toBe(false);
    expect((await list({ syncToken })).items).toHaveLength(3);
  });

  test('goes page by page, with the token of its beginning at the end', async () => {
    const { nextSyncToken: syncToken } = await list();
    for (const hour of [8, 9, 10]) await insert(at(hour));
    const first = await list({ syncToken, maxResults: 2 });
    const second = await list({ syncToken, maxResults: 2, pageToken: first.nextPageToken });
    expect([first.items?.length, second.items?.length]).toEqual([2, 1]);
    expect(first.nextSyncToken).toBeUndefined();
    expect((await list({ syncToken: second.nextSyncToken })).items).toEqual([]);
  });

  test.each([
    ['timeMin', '2026-03-03T10:00:00Z'],
    ['timeMax', '2026-03-03T10:00:00Z'],
    ['updatedMin', '2026-03-03T10:00:00Z'],
    ['orderBy', 'updated'],
    ['q', 'lunch'],
    ['iCalUID', 'x@google.com'],
    ['privateExtendedProperty', ['a=b']],
    ['sharedExtendedProperty', ['a=b']],
    ['showDeleted', false],
    ['singleEvents', true],
  ])('does not go with %s', async (name, value) => {
    const { nextSyncToken: syncToken } = await list();
    expect((await errorOf(list({ syncToken, [name]: value }))).code).toBe(400);
  });

  test.each([{ q: 'x' }, { orderBy: 'updated' }, { updatedMin: '2026-03-01T00:00:00Z' }, { iCalUID: 'x' }])(
    'does not begin with %p',
    async (request) => {
      expect(await list(request)).not.toHaveProperty('nextSyncToken');
    },
  );

  test('keeps the window that it began with', async () => {
    const { nextSyncToken: syncToken } = await list({ timeMin: '2026-03-03T10:00:00Z' });
    await insert(at(8));
    await insert(at(12));
    expect(await summaries({ syncToken })).toEqual(['At 12']);
  });

  test('is over when its token has expired, and begins again', async () => {
    const { nextSyncToken: syncToken } = await list();
    await workspace.admin('POST', '/calendars/ada@example.com/expireSyncTokens');
    expect(await errorOf(list({ syncToken }))).toMatchObject({
      code: 410,
      reason: 'fullSyncRequired',
      domain: 'calendar',
      message: 'Sync token is no longer valid, a full sync is required.',
    });
    const { nextSyncToken } = await list();
    expect((await list({ syncToken: nextSyncToken })).items).toEqual([]);
  });

  test('sees what a person did in her own calendar, and what moved out of it', async () => {
    const { nextSyncToken: syncToken } = await list();
    const { body } = await workspace.admin('POST', '/users/ada@example.com/events', at(9));
    const { id } = body as { id: string };
    await workspace.admin('PATCH', `/users/ada@example.com/events/${id}`, { summary: 'By hand' });
    expect(await summaries({ syncToken })).toEqual(['By hand']);
    const calendar = await workspace.admin('POST', '/users/ada@example.com/calendars', { summary: 'Other' });
    const destination = encodeURIComponent((calendar.body as { id: string }).id);
    await workspace.admin('POST', `/users/ada@example.com/events/${id}/move?destination=${destination}`);
    expect((await list({ syncToken })).items).toMatchObject([{ id, status: 'cancelled' }]);
    await workspace.admin('DELETE', `/users/ada@example.com/events/${id}?calendarId=${destination}`);
    expect((await events.list({ calendarId: decodeURIComponent(destination) })).data.items).toEqual([]);
  });
});
