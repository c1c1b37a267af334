import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { ada, at, errorOf, grace, primary, startCalendarWorkspace } from './calendar-client';
import type { CalendarWorkspace } from './calendar-client';

let workspace: CalendarWorkspace;
let client: calendar_v3.Calendar;

beforeEach(async () => {
  workspace = await startCalendarWorkspace();
  client = workspace.clientFor();
});
afterEach(() => workspace.close());

const day = { timeMin: '2026-03-03T00:00:00Z', timeMax: '2026-03-04T00:00:00Z' };
const notFound = { errors: [{ domain: 'global', reason: 'notFound' }], busy: [] };

async function query(ids: readonly string[] = ['primary'], changes: object = {}, from = client) {
  const requestBody = { ...day, items: ids.map((id) => ({ id })), ...changes };
  return (await from.freebusy.query({ requestBody })).data;
}

/** Ada's busy times as `10-11`, in hours of the day. */
async function hours(changes: object = {}, from = client) {
  const { calendars } = await query([ada], changes, from);
  return calendars?.[ada]?.busy?.map(({ start, end }) => `${start?.slice(11, 13)}-${end?.slice(11, 13)}`);
}

async function insert(event: calendar_v3.Schema$Event): Promise<string> {
  return (await client.events.insert({ ...primary, requestBody: event })).data.id ?? '';
}

test('answers merged times in order, within the range', async () => {
  for (const hour of [14, 9, 10, 22]) await insert(at(hour));
  await insert(at(9, { end: { dateTime: '2026-03-03T10:30:00Z' } }));
  await insert(at(0, { start: { dateTime: '2026-03-02T23:00:00Z' } }));
  await insert(at(22, { end: { dateTime: '2026-03-04T05:00:00Z' } }));
  expect(await query()).toEqual({
    kind: 'calendar#freeBusy',
    timeMin: '2026-03-03T00:00:00.000Z',
    timeMax: '2026-03-04T00:00:00.000Z',
    calendars: {
      primary: {
        busy: [
          { start: '2026-03-03T00:00:00Z', end: '2026-03-03T01:00:00Z' },
          { start: '2026-03-03T09:00:00Z', end: '2026-03-03T11:00:00Z' },
          { start: '2026-03-03T14:00:00Z', end: '2026-03-03T15:00:00Z' },
          { start: '2026-03-03T22:00:00Z', end: '2026-03-04T00:00:00Z' },
        ],
      },
    },
  });
});

test('the range is half-open, and the answer in the zone that is asked for', async () => {
  for (const hour of [9, 10, 11]) await insert(at(hour));
  const range = { timeMin: '2026-03-03T10:00:00Z', timeMax: '2026-03-03T11:00:00Z', timeZone: 'Asia/Kolkata' };
  expect((await query([ada], range)).calendars?.[ada]?.busy).toEqual([
    { start: '2026-03-03T15:30:00+05:30', end: '2026-03-03T16:30:00+05:30' },
  ]);
});

describe('what blocks', () => {
  test.each([
    ['an event', {}, ['10-11']],
    ['a tentative event', { status: 'tentative' }, ['10-11']],
    ['time out of office', { eventType: 'outOfOffice' }, ['10-11']],
    ['focus time', { eventType: 'focusTime' }, ['10-11']],
    ['a transparent event', { transparency: 'transparent' }, []],
    ['an event that is declined', { attendees: [{ email: ada, responseStatus: 'declined' }] }, []],
    ['one that others declined', { attendees: [{ email: 'o@example.org', responseStatus: 'declined' }] }, ['10-11']],
  ])('%s', async (_, changes, expected) => {
    await insert(at(10, changes));
    expect(await hours()).toEqual(expected);
  });

  test('not a deleted event', async () => {
    await client.events.delete({ ...primary, eventId: await insert(at(10)) });
    expect(await hours()).toEqual([]);
  });

  test('not where somebody works, all day', async () => {
    const workingLocationProperties = { type: 'homeOffice', homeOffice: {} };
    const eventType = 'workingLocation';
    await insert({ start: { date: '2026-03-03' }, end: { date: '2026-03-04' }, eventType, workingLocationProperties });
    expect(await hours()).toEqual([]);
  });

  test('a day of the calendar’s zone, end excluded', async () => {
    await client.calendars.patch({ ...primary, requestBody: { timeZone: 'America/New_York' } });
    await insert({ start: { date: '2026-03-03' }, end: { date: '2026-03-04' } });
    const range = { timeMin: '2026-03-02T00:00:00Z', timeMax: '2026-03-06T00:00:00Z' };
    expect((await query([ada], range)).calendars?.[ada]?.busy).toEqual([
      { start: '2026-03-03T05:00:00Z', end: '2026-03-04T05:00:00Z' },
    ]);
  });

  test('the instances of a series, where they were moved to', async () => {
    const zone = { timeZone: 'UTC' };
    const { start, end } = at(10);
    const recurrence = ['RRULE:FREQ=DAILY;COUNT=3'];
    const id = await insert({ start: { ...start, ...zone }, end: { ...end, ...zone }, recurrence });
    const instance = { ...primary, eventId: `${id}_20260304T100000Z` };
    const moved = at(15);
    await client.events.patch({ ...instance, requestBody: { start: moved.start ?? {}, end: moved.end ?? {} } });
    expect(await hours()).toEqual(['10-11', '15-16']);
    expect(await hours({ timeMin: '2026-03-04T00:00:00Z', timeMax: '2026-03-06T00:00:00Z' })).toEqual(['10-11']);
  });
});

describe('whose', () => {
  test('a calendar that is unknown or not readable answers with an error, inside a 200', async () => {
    const { data: secret } = await client.calendars.insert({ requestBody: { summary: 'Secret' } });
    const ids = [ada, 'nobody@example.com', secret.id ?? ''];
    const { calendars } = await query(ids, {}, workspace.clientFor(grace));
    expect(calendars).toEqual({ [ada]: { busy: [] }, 'nobody@example.com': notFound, [secret.id ?? '']: notFound });
  });

  test('colleagues may ask, unless she says no and has not shared with them', async () => {
    await insert(at(10));
    await workspace.admin('POST', '/users', { email: 'eve@example.org' });
    const [colleague, stranger] = [workspace.clientFor(grace), workspace.clientFor('eve@example.org')];
    expect(await hours({}, colleague)).toEqual(['10-11']);
    expect((await query([ada], {}, stranger)).calendars?.[ada]).toEqual(notFound);
    await workspace.admin('PATCH', `/users/${ada}/freeBusySharing`, { sharing: 'none' });
    expect((await query([ada], {}, colleague)).calendars?.[ada]).toEqual(notFound);
    await workspace.admin('PATCH', `/calendars/${ada}`, { shares: { [grace]: 'freeBusyReader' } });
    expect(await hours({}, colleague)).toEqual(['10-11']);
    expect((await errorOf(colleague.events.list({ calendarId: ada }))).code).toBe(404);
  });

  test('fifty calendars at most', async () => {
    const ids = Array.from({ length: 51 }, (_, index) => `user${index}@example.com`);
    const { calendars } = await query([...ids.slice(1), ada, ids[0] ?? '']);
    expect(calendars?.['user50@example.com']).toEqual(notFound);
    expect(calendars?.[ada]).toEqual({ errors: [{ domain: 'global', reason: 'tooManyCalendarsRequested' }], busy: [] });
  });
});

test.each([
  ['no beginning', { timeMin: null }, 'required', /timeMin/],
  ['no end', { timeMax: null }, 'required', /timeMax/],
  ['an end before the beginning', { timeMax: day.timeMin }, 'timeRangeEmpty', /empty/],
  ['more than ninety days', { timeMax: '2026-06-01T00:00:01Z' }, 'timeRangeTooLong', /too long/],
  ['a time without offset', { timeMin: '2026-03-03T00:00:00' }, 'invalid', /timeMin/],
  ['an unknown zone', { timeZone: 'Mars/Base' }, 'invalid', /Mars/],
])('refuses %s', async (_, changes, reason, message) => {
  const expected = { code: 400, reason, message: expect.stringMatching(message) as string };
  expect(await errorOf(query([ada], changes))).toMatchObject(expected);
  await query([ada], { timeMax: '2026-06-01T00:00:00Z' });
});
