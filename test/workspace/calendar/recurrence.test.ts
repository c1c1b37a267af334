import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { errorOf, primary, startCalendarWorkspace } from './calendar-client';
import type { CalendarWorkspace } from './calendar-client';
import { expand } from './recurrence';

let workspace: CalendarWorkspace;
let events: calendar_v3.Resource$Events;

beforeEach(async () => {
  workspace = await startCalendarWorkspace({ calendar: { timeZone: 'Europe/Berlin' } });
  ({ events } = workspace.clientFor());
});
afterEach(() => workspace.close());

/** Mondays at ten in Berlin, over the change to summer time on 29 March. */
function weekly(rule = 'RRULE:FREQ=WEEKLY;COUNT=4', ...more: string[]): calendar_v3.Schema$Event {
  const time = (clock: string) => ({ dateTime: `2026-03-16T${clock}`, timeZone: 'Europe/Berlin' });
  return { summary: 'Weekly', start: time('10:00:00'), end: time('11:00:00'), recurrence: [rule, ...more] };
}

async function insert(event: calendar_v3.Schema$Event = weekly(), id = 'series00') {
  return (await events.insert({ ...primary, requestBody: { ...event, id } })).data;
}

const series = { ...primary, eventId: 'series00' };
const second = { ...primary, eventId: 'series00_20260323T090000Z' };

async function starts(request: object = {}) {
  const { items } = (await events.instances({ ...series, ...request })).data;
  return items?.map(({ start }) => start?.dateTime ?? start?.date);
}

async function listed(request: object = {}) {
  return (await events.list({ ...primary, ...request })).data;
}

describe('a series', () => {
  test('keeps its hour over a change of the clocks', async () => {
    await insert();
    expect(await starts()).toEqual([
      '2026-03-16T10:00:00+01:00',
      '2026-03-23T10:00:00+01:00',
      '2026-03-30T10:00:00+02:00',
      '2026-04-06T10:00:00+02:00',
    ]);
  });

  test('is one event in a list, and its instances with singleEvents', async () => {
    await insert();
    expect((await listed()).items).toMatchObject([{ id: 'series00', recurrence: ['RRULE:FREQ=WEEKLY;COUNT=4'] }]);
    const { items } = await listed({ singleEvents: true, orderBy: 'startTime', timeMin: '2026-03-20T00:00:00Z' });
    expect(items).toHaveLength(3);
    expect(items?.[0]).toMatchObject({
      id: 'series00_20260323T090000Z',
      iCalUID: 'series00@google.com',
      recurringEventId: 'series00',
      originalStartTime: { dateTime: '2026-03-23T10:00:00+01:00', timeZone: 'Europe/Berlin' },
      summary: 'Weekly',
    });
    expect(items?.[0]).not.toHaveProperty('recurrence');
  });

  test('is in a window if an instance is', async () => {
    await insert();
    expect((await listed({ timeMin: '2026-04-06T08:30:00Z' })).items).toHaveLength(1);
    expect((await listed({ timeMin: '2026-04-06T09:00:00Z' })).items).toHaveLength(0);
    expect((await listed({ timeMax: '2026-03-16T09:00:00Z' })).items).toHaveLength(0);
  });

  test.each([
    ['an end in UTC', ['RRULE:FREQ=WEEKLY;UNTIL=20260330T080000Z'], 3],
    ['an end a second earlier', ['RRULE:FREQ=WEEKLY;UNTIL=20260330T075959Z'], 2],
    ['an end on a day', ['RRULE:FREQ=WEEKLY;UNTIL=20260330'], 3],
    ['weekdays', ['RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5'], 5],
    ['an interval', ['RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260415T000000Z'], 3],
    ['a date left out', ['RRULE:FREQ=WEEKLY;COUNT=4', 'EXDATE;TZID=Europe/Berlin:20260330T100000'], 3],
    ['an instant left out', ['RRULE:FREQ=WEEKLY;COUNT=4', 'EXDATE:20260330T080000Z,20260406T080000Z'], 2],
    ['a date more', ['RRULE:FREQ=WEEKLY;COUNT=4', 'RDATE;TZID=Europe/Berlin:20260317T100000'], 5],
    ['no end, to a limit', ['RRULE:FREQ=DAILY'], 730],
  ])('can have %s', async (_, [rule, ...more], count) => {
    await insert(weekly(rule, ...more));
    expect(await starts({ maxResults: 2_500 })).toHaveLength(count);
  });

  test('of whole days runs by the calendar', async () => {
    await insert({
      start: { date: '2026-03-28' },
      end: { date: '2026-03-30' },
      recurrence: ['RRULE:FREQ=DAILY;COUNT=3'],
    });
    expect(await starts()).toEqual(['2026-03-28', '2026-03-29', '2026-03-30']);
    const { data } = await events.get({ ...primary, eventId: 'series00_20260329' });
    expect(data).toMatchObject({ end: { date: '2026-03-31' }, originalStartTime: { date: '2026-03-29' } });
    const window = { timeMin: '2026-03-31T22:00:00Z', timeMax: '2026-04-30T00:00:00Z' };
    expect(await starts(window)).toEqual([]);
    expect(await starts({ ...window, timeMin: '2026-03-31T21:59:59Z' })).toEqual(['2026-03-30']);
  });

  test.each([
    'RRULE:FREQ=NEVER',
    'RRULE:INTERVAL=2',
    'RRULE:FREQ=DAILY;X=1',
    'RRULE:FREQ=DAILY;COUNT=0',
    'DTSTART:20260316T100000Z',
    'EXDATE:2026',
    'every Monday',
  ])('is not made of %s', async (rule) => {
    expect(await errorOf(insert(weekly(rule)))).toMatchObject({ code: 400, message: 'Invalid recurrence rule.' });
  });

  test('needs a zone to run in', async () => {
    const time = (clock: string) => ({ dateTime: `2026-03-16T${clock}Z` });
    const event = { start: time('10:00:00'), end: time('11:00:00'), recurrence: ['RRULE:FREQ=DAILY'] };
    expect(await errorOf(insert(event))).toMatchObject({ reason: 'required', message: /time zone definition/ });
  });
});

describe('an instance', () => {
  test('is there if the series says so', async () => {
    await insert();
    expect((await events.get(second)).data.start?.dateTime).toBe('2026-03-23T10:00:00+01:00');
    for (const eventId of [
      'series00_20260324T090000Z',
      'series00_20260323',
      'series00_20269923T090000Z',
      'none_20260323',
    ]) {
      expect((await errorOf(events.get({ ...primary, eventId }))).code).toBe(404);
    }
  });

  test('that is moved becomes an exception and keeps its id and original time', async () => {
    const { etag } = await insert();
    const requestBody = { start: { dateTime: '2026-03-24T10:00:00' }, end: { dateTime: '2026-03-24T11:00:00' } };
    const { data } = await events.patch({ ...second, requestBody }, { headers: { 'If-Match': etag ?? '' } });
    expect(data).toMatchObject({
      id: second.eventId,
      start: { dateTime: '2026-03-24T10:00:00+01:00' },
      originalStartTime: { dateTime: '2026-03-23T10:00:00+01:00' },
      recurringEventId: 'series00',
    });
    expect((await starts())?.[1]).toBe('2026-03-24T10:00:00+01:00');
    expect((await events.get(series)).data.etag).toBe(etag);
    expect((await listed()).items?.map(({ id }) => id)).toEqual(['series00', second.eventId]);
    expect((await listed({ singleEvents: true })).items).toHaveLength(4);
    expect(await starts({ originalStart: '2026-03-23T09:00:00Z' })).toEqual(['2026-03-24T10:00:00+01:00']);
  });

  test('that is deleted stays as a cancelled exception', async () => {
    await insert();
    const { nextSyncToken: syncToken } = await listed();
    await events.delete(second);
    expect(await starts()).toHaveLength(3);
    expect(await starts({ showDeleted: true })).toHaveLength(4);
    expect((await errorOf(events.delete(second))).code).toBe(410);
    const tombstone = {
      kind: 'calendar#event',
      etag: expect.any(String) as string,
      id: second.eventId,
      status: 'cancelled',
      recurringEventId: 'series00',
      originalStartTime: expect.any(Object) as object,
    };
    expect((await listed({ syncToken })).items).toEqual([tombstone]);
    expect((await listed()).items?.[1]).toEqual(tombstone);
    expect((await listed({ singleEvents: true })).items).toHaveLength(3);
  });

  test('goes with its series', async () => {
    await insert();
    await events.patch({ ...second, requestBody: { summary: 'Special' } });
    await events.delete(series);
    expect((await listed()).items).toEqual([]);
    expect((await listed({ singleEvents: true })).items).toEqual([]);
    expect((await listed({ singleEvents: true, showDeleted: true })).items).toHaveLength(4);
  });

  test('whose time is no longer the series’ is gone', async () => {
    await insert();
    await events.patch({ ...second, requestBody: { summary: 'Special' } });
    await events.patch({ ...series, requestBody: { recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'] } });
    expect((await events.get(second)).data.summary).toBe('Special');
    await events.patch({ ...series, requestBody: { recurrence: ['RRULE:FREQ=WEEKLY;COUNT=1'] } });
    expect((await events.get(second)).data.status).toBe('cancelled');
    expect(await starts()).toHaveLength(1);
  });

  test('cannot be moved to another calendar; the series can, with its exceptions', async () => {
    await insert();
    await events.patch({ ...second, requestBody: { summary: 'Special' } });
    const { data: other } = await workspace.clientFor().calendars.insert({ requestBody: { summary: 'Other' } });
    const destination = other.id ?? '';
    expect((await errorOf(events.move({ ...second, destination }))).reason).toBe('cannotChangeOrganizer');
    await events.move({ ...series, destination });
    expect((await events.list({ calendarId: destination, singleEvents: true })).data.items).toHaveLength(4);
    expect((await listed()).items).toEqual([]);
  });
});

test('instances come in pages, and only of what recurs', async () => {
  await insert();
  const { data: first } = await events.instances({ ...series, maxResults: 3 });
  const { data: rest } = await events.instances({ ...series, maxResults: 3, pageToken: first.nextPageToken ?? '' });
  expect([first.items?.length, rest.items?.length, rest.nextPageToken]).toEqual([3, 1, undefined]);
  const { id } = await insert({ start: { date: '2026-03-28' }, end: { date: '2026-03-29' } }, 'single00');
  expect((await errorOf(events.instances({ ...primary, eventId: id ?? '' }))).code).toBe(400);
});

test('a window far from the start of a long series is expanded there', () => {
  const window = { startMs: Date.parse('2046-03-01T00:00:00Z'), endMs: Date.parse('2046-03-08T00:00:00Z') };
  expect(expand('series00', weeklyForever, 'UTC', window).map(({ start }) => start?.dateTime)).toEqual([
    '2046-03-05T09:00:00Z',
  ]);
});

const weeklyForever = {
  start: { dateTime: '2026-03-16T09:00:00Z', timeZone: 'Europe/Berlin' },
  end: { dateTime: '2026-03-16T10:00:00Z', timeZone: 'Europe/Berlin' },
  recurrence: ['RRULE:FREQ=WEEKLY'],
};
