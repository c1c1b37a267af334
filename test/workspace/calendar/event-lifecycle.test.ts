import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { ada, at, errorOf, grace, primary, startCalendarWorkspace } from './calendar-client';
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

const idOf = (event: calendar_v3.Schema$Event) => ({ ...primary, eventId: event.id ?? '' });

describe('etags', () => {
  const ifMatch = (etag: string | null | undefined) => ({ headers: { 'If-Match': etag ?? '' } });

  test('let a write through when they are current, and stop it with 412 when not', async () => {
    const event = await insert();
    const { data: changed } = await events.patch(
      { ...idOf(event), requestBody: { summary: 'B' } },
      ifMatch(event.etag),
    );
    for (const late of [
      events.patch({ ...idOf(event), requestBody: { summary: 'C' } }, ifMatch(event.etag)),
      events.update({ ...idOf(event), requestBody: at(12) }, ifMatch(event.etag)),
      events.delete(idOf(event), ifMatch(event.etag)),
    ]) {
      expect(await errorOf(late)).toMatchObject({ code: 412, reason: 'conditionNotMet' });
    }
    await events.update({ ...idOf(event), requestBody: at(12) }, ifMatch('*'));
    const { data: current } = await events.get(idOf(event));
    expect(new Set([event.etag, changed.etag, current.etag]).size).toBe(3);
    await events.delete(idOf(event), ifMatch(current.etag));
  });

  test('answer 304 to a reader who has the event', async () => {
    const event = await insert();
    const read = events.get(idOf(event), { headers: { 'If-None-Match': event.etag ?? '' } });
    expect((await read).status).toBe(304);
    expect((await events.get(idOf(event), { headers: { 'If-None-Match': '"1"' } })).status).toBe(200);
  });
});

describe('delete', () => {
  test('leaves a cancelled event, and is 410 the second time, 404 for what never was', async () => {
    const event = await insert();
    expect((await events.delete(idOf(event))).status).toBe(204);
    expect((await events.get(idOf(event))).data).toMatchObject({ status: 'cancelled', summary: 'At 10' });
    expect(await errorOf(events.delete(idOf(event)))).toMatchObject({ code: 410, reason: 'deleted' });
    const nowhere = { ...primary, eventId: 'neverwas' };
    expect(await errorOf(events.delete(nowhere))).toMatchObject({ code: 404, reason: 'notFound' });
    expect(await errorOf(events.get(nowhere))).toMatchObject({ code: 404, message: 'Not Found' });
  });

  test('is undone by a status, or by an update', async () => {
    const event = await insert();
    await events.delete(idOf(event));
    expect((await events.patch({ ...idOf(event), requestBody: { summary: 'B' } })).data.status).toBe('cancelled');
    expect((await events.patch({ ...idOf(event), requestBody: { status: 'confirmed' } })).data.status).toBe(
      'confirmed',
    );
    await events.delete(idOf(event));
    expect((await events.update({ ...idOf(event), requestBody: at(12) })).data.status).toBe('confirmed');
  });
});

describe('move', () => {
  test('changes the organizer and leaves a tombstone', async () => {
    const { data: other } = await workspace.clientFor().calendars.insert({ requestBody: { summary: 'Other' } });
    const destination = other.id ?? '';
    const event = await insert();
    const { data: moved } = await events.move({ ...idOf(event), destination });
    expect(moved).toMatchObject({
      id: event.id,
      iCalUID: event.iCalUID,
      summary: 'At 10',
      organizer: { email: destination, displayName: 'Other', self: true },
    });
    const { data: left } = await events.get(idOf(event));
    expect(left.status).toBe('cancelled');
    expect(left.summary).toBeUndefined();
    await events.get({ calendarId: destination, eventId: event.id ?? '' });
    expect((await errorOf(events.move({ ...idOf(event), destination }))).code).toBe(410);
    const back = { calendarId: destination, eventId: event.id ?? '', destination: ada };
    expect((await events.move(back)).data.status).toBe('confirmed');
  });

  test('is refused where the id is taken, or the calendar not writable', async () => {
    const { data: other } = await workspace.clientFor().calendars.insert({ requestBody: { summary: 'Other' } });
    const destination = other.id ?? '';
    const event = await insert();
    await insert({ ...at(12), id: event.id ?? '' }, { calendarId: destination });
    expect((await errorOf(events.move({ ...idOf(event), destination }))).code).toBe(409);
    expect((await errorOf(events.move({ ...idOf(event), destination: grace }))).code).toBe(404);
  });
});
