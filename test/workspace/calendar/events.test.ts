import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { ada, at, errorOf, grace, noonMs, primary, startCalendarWorkspace } from './calendar-client';
import type { CalendarWorkspace } from './calendar-client';

let workspace: CalendarWorkspace;
let events: calendar_v3.Resource$Events;

beforeEach(async () => {
  workspace = await startCalendarWorkspace();
  ({ events } = workspace.clientFor());
});
afterEach(() => workspace.close());

async function insert(event: calendar_v3.Schema$Event = at(10), changes: object = {}) {
  return (await events.insert({ ...primary, requestBody: event, ...changes })).data;
}

/** The id, as the type of the client's parameters wants it. */
const idOf = (event: calendar_v3.Schema$Event) => ({ ...primary, eventId: event.id ?? '' });

describe('insert', () => {
  test('answers the event with what Google adds to it', async () => {
    const event = await insert({ ...at(10), id: 'meeting0001' });
    expect(event).toEqual({
      kind: 'calendar#event',
      id: 'meeting0001',
      iCalUID: 'meeting0001@google.com',
      etag: expect.stringMatching(/^"\d+"$/) as string,
      htmlLink: expect.stringMatching(/^https:\/\/www\.google\.com\/calendar\/event\?eid=/) as string,
      status: 'confirmed',
      eventType: 'default',
      sequence: 0,
      created: new Date(noonMs).toISOString(),
      updated: new Date(noonMs).toISOString(),
      creator: { email: ada, self: true },
      organizer: { email: ada, self: true },
      reminders: { useDefault: true },
      summary: 'At 10',
      start: { dateTime: '2026-03-03T10:00:00Z', timeZone: 'UTC' },
      end: { dateTime: '2026-03-03T11:00:00Z', timeZone: 'UTC' },
    });
    expect((await events.get(idOf(event))).data).toEqual(event);
  });

  test('makes up an id that a client could have chosen, another one each time', async () => {
    const ids = [(await insert()).id, (await insert()).id];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[a-v0-9]{5,1024}$/);
  });

  test.each([
    ['too short', 'abcd'],
    ['in capitals', 'UPPER'],
    ['with letters after v', 'xyz12'],
    ['with a dash', 'with-dash'],
    ['too long', 'a'.repeat(1_025)],
  ])('refuses an id %s', async (_, id) => {
    expect(await errorOf(insert({ ...at(10), id }))).toMatchObject({ code: 400, reason: 'invalid' });
  });

  test('takes an id once a calendar, even after the event is deleted', async () => {
    const event = await insert({ ...at(10), id: 'a'.repeat(1_024) });
    expect(await errorOf(insert({ ...at(12), id: event.id ?? '' }))).toMatchObject({ code: 409, reason: 'duplicate' });
    await events.delete(idOf(event));
    expect(await errorOf(insert({ ...at(12), id: event.id ?? '' }))).toMatchObject({ code: 409, reason: 'duplicate' });
    const { data: other } = await workspace.clientFor().calendars.insert({ requestBody: { summary: 'Other' } });
    await insert({ ...at(12), id: event.id ?? '' }, { calendarId: other.id });
  });

  test.each([
    ['no end', { end: {} }, 'required', /Missing end time/],
    ['an end before the start', at(10, { end: { dateTime: '2026-03-03T09:00:00Z' } }), 'timeRangeEmpty', /empty/],
    ['an end at the start', at(10, { end: { dateTime: '2026-03-03T10:00:00Z' } }), 'timeRangeEmpty', /empty/],
    [
      'a date that ends with itself',
      { start: { date: '2026-03-03' }, end: { date: '2026-03-03' } },
      'timeRangeEmpty',
      /./,
    ],
    ['a date with a time', { start: { date: '2026-03-03' } }, 'invalid', /both be date or both be dateTime/],
    [
      'date and time at once',
      { start: { date: '2026-03-03', dateTime: '2026-03-03T10:00:00Z' } },
      'invalid',
      /start time/,
    ],
    ['a day that is not', { start: { dateTime: '2026-02-30T10:00:00Z' } }, 'invalid', /start time/],
    [
      'a time without any zone',
      { start: { dateTime: '2026-03-03T10:00:00' } },
      'required',
      /time zone definition for start/,
    ],
    ['an unknown zone', { start: { dateTime: '2026-03-03T10:00:00', timeZone: 'Mars/Base' } }, 'invalid', /time zone/],
    ['a colour that is none', { colorId: '12' }, 'invalid', /color/],
    ['a guest without address', { attendees: [{ displayName: 'Grace' }] }, 'required', /attendee email/],
    ['an address that is none', { attendees: [{ email: 'grace' }] }, 'invalid', /attendee email/],
  ])('refuses %s', async (_, changes, reason, message) => {
    const error = await errorOf(insert({ ...at(10), ...changes }));
    expect(error).toMatchObject({ code: 400, reason, message: expect.stringMatching(message) as string });
  });

  test('local times go by their zone and are shown in the calendar’s, or in the one that is asked for', async () => {
    const { data: berlin } = await workspace.clientFor().calendars.insert({
      requestBody: { summary: 'Berlin', timeZone: 'Europe/Berlin' },
    });
    const time = (dateTime: string) => ({ dateTime, timeZone: 'America/New_York' });
    const calendarId = berlin.id ?? '';
    const event = await insert(
      { start: time('2026-03-09T10:00:00'), end: time('2026-03-09T11:00:00.5') },
      { calendarId },
    );
    expect(event.start).toEqual({ dateTime: '2026-03-09T15:00:00+01:00', timeZone: 'America/New_York' });
    expect(event.end?.dateTime).toBe('2026-03-09T16:00:00+01:00');
    const request = { calendarId, eventId: event.id ?? '', timeZone: 'Asia/Kathmandu' };
    expect((await events.get(request)).data.start?.dateTime).toBe('2026-03-09T19:45:00+05:45');
  });

  test.each([
    ['in a gap moves ahead', '2026-03-29T02:30:00', '2026-03-29T01:30:00Z'],
    ['that comes twice is the first', '2026-10-25T02:30:00', '2026-10-25T00:30:00Z'],
  ])('a local time %s', async (_, dateTime, instant) => {
    const event = await insert({
      start: { dateTime, timeZone: 'Europe/Berlin' },
      end: { dateTime: '2026-12-01T00:00:00Z' },
    });
    expect(event.start?.dateTime).toBe(instant);
  });

  test('extended properties are dropped, cut and counted', async () => {
    const own = { ['k'.repeat(44)]: 'v'.repeat(1_100), ['k'.repeat(45)]: 'gone' };
    const event = await insert({ ...at(10), extendedProperties: { private: own } });
    expect(event.extendedProperties?.private).toEqual({ ['k'.repeat(44)]: 'v'.repeat(1_024) });
    const many = Object.fromEntries(Array.from({ length: 301 }, (_, index) => [`k${index}`, 'v']));
    expect((await errorOf(insert({ ...at(10), extendedProperties: { shared: many } }))).code).toBe(400);
  });

  test.each(['outOfOffice', 'focusTime'])(
    '%s lasts hours, on primary calendars, and never changes',
    async (eventType) => {
      const event = await insert(at(10, { eventType }));
      expect(event.eventType).toBe(eventType);
      const { data: other } = await workspace.clientFor().calendars.insert({ requestBody: { summary: 'Other' } });
      const allDay = { start: { date: '2026-03-03' }, end: { date: '2026-03-04' }, eventType };
      for (const refused of [
        insert(at(10, { eventType }), { calendarId: other.id }),
        insert(allDay),
        insert(at(10, { eventType, attendees: [{ email: grace }] })),
        events.patch({ ...idOf(event), requestBody: { eventType: 'default' } }),
      ]) {
        expect(await errorOf(refused)).toMatchObject({ code: 400, reason: 'eventTypeRestriction' });
      }
    },
  );

  test('a working location needs its properties and does not block', async () => {
    const event = { start: { date: '2026-03-03' }, end: { date: '2026-03-04' }, eventType: 'workingLocation' };
    expect((await errorOf(insert(event))).reason).toBe('eventTypeRestriction');
    const workingLocationProperties = { type: 'customLocation', customLocation: { label: 'Café' } };
    expect(await insert({ ...event, workingLocationProperties })).toMatchObject({ transparency: 'transparent' });
  });
});

describe('patch and update', () => {
  test('a patch changes what it names, deletes what is null, and merges maps', async () => {
    const event = await insert(
      at(10, { description: 'Old', colorId: '3', extendedProperties: { private: { a: '1', b: '2' } } }),
    );
    workspace.clock.advance(1_000);
    const { data } = await events.patch({
      ...idOf(event),
      requestBody: { description: null, location: 'Here', extendedProperties: { private: { b: '3', c: '4' } } },
    });
    expect(data).toEqual({
      ...omit(event, 'description'),
      location: 'Here',
      extendedProperties: { private: { a: '1', b: '3', c: '4' } },
      etag: data.etag,
      updated: new Date(noonMs + 1_000).toISOString(),
    });
    expect(data.etag).not.toBe(event.etag);
  });

  test('an update replaces all that a client can set', async () => {
    const event = await insert(at(10, { description: 'Old', colorId: '3' }));
    const { data } = await events.update({ ...idOf(event), requestBody: at(12) });
    expect(data).toMatchObject({ summary: 'At 12', iCalUID: event.iCalUID, created: event.created, sequence: 1 });
    expect(data).not.toHaveProperty('description');
    expect(data).not.toHaveProperty('colorId');
    expect((await errorOf(events.update({ ...idOf(event), requestBody: { summary: 'No time' } }))).reason).toBe(
      'required',
    );
  });

  test('the sequence grows with the time, not with the title', async () => {
    const event = await insert();
    expect((await events.patch({ ...idOf(event), requestBody: { summary: 'New' } })).data.sequence).toBe(0);
    const { start, end } = at(12);
    expect(
      (await events.patch({ ...idOf(event), requestBody: { start: start ?? {}, end: end ?? {} } })).data.sequence,
    ).toBe(1);
  });

  test('a timed event becomes an all-day one only if its time is taken away', async () => {
    const event = await insert();
    const day = { start: { date: '2026-03-03' }, end: { date: '2026-03-04' } };
    expect((await errorOf(events.patch({ ...idOf(event), requestBody: day }))).message).toBe('Invalid start time.');
    const gone = { dateTime: null, timeZone: null };
    const requestBody = { start: { ...day.start, ...gone }, end: { ...day.end, ...gone } };
    expect((await events.patch({ ...idOf(event), requestBody })).data).toMatchObject(day);
  });

  test('guests’ answers that a client leaves out are lost', async () => {
    const event = await insert(at(10, { attendees: [{ email: 'out@example.org', responseStatus: 'accepted' }] }));
    expect(event.attendees?.[0]?.responseStatus).toBe('accepted');
    const { data } = await events.patch({ ...idOf(event), requestBody: { attendees: [{ email: 'Out@example.org' }] } });
    expect(data.attendees).toEqual([{ email: 'out@example.org', responseStatus: 'needsAction' }]);
  });
});

test('fields, maxAttendees and what a client cannot set', async () => {
  const guests = [{ email: ada }, { email: 'out@example.org' }];
  const event = await insert(at(10, { attendees: guests, organizer: { email: grace }, etag: '"1"', sequence: 7 }));
  expect(event).toMatchObject({ organizer: { email: ada }, sequence: 0 });
  expect(event.attendees?.[0]).toMatchObject({ email: ada, self: true, organizer: true });
  const { data: one } = await events.get({ ...idOf(event), maxAttendees: 1 });
  expect(one.attendees?.map(({ email }) => email)).toEqual([ada]);
  expect(one.attendeesOmitted).toBe(true);
  const { data: partial } = await events.get({ ...idOf(event), fields: 'id,start/dateTime' });
  expect(partial).toEqual({ id: event.id, start: { dateTime: event.start?.dateTime } });
});

function omit(event: calendar_v3.Schema$Event, name: keyof calendar_v3.Schema$Event): calendar_v3.Schema$Event {
  const { [name]: _, ...rest } = event;
  return rest;
}
