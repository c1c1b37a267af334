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

const meetUri = /^https:\/\/meet\.google\.com\/[a-z]{3}-[a-z]{4}-[a-z]{3}$/;

function withMeet(requestId = 'r1', changes: calendar_v3.Schema$Event = {}): calendar_v3.Schema$Event {
  const createRequest = { requestId, conferenceSolutionKey: { type: 'hangoutsMeet' } };
  return at(10, { id: 'meeting0', conferenceData: { createRequest }, ...changes });
}

const version = { conferenceDataVersion: 1 };
const meeting = { ...primary, eventId: 'meeting0' };

async function insert(event = withMeet(), from = events) {
  return (await from.insert({ ...primary, ...version, requestBody: event })).data;
}

async function patch(conferenceData: calendar_v3.Schema$ConferenceData | undefined, params: object = version) {
  const requestBody = { ...(conferenceData && { conferenceData }), summary: 'New' };
  return (await events.patch({ ...meeting, ...params, requestBody })).data;
}

const statusOf = (event: calendar_v3.Schema$Event) => event.conferenceData?.createRequest?.status?.statusCode;
const read = async () => (await events.get(meeting)).data;

test('a conference comes with its link', async () => {
  const event = await insert();
  expect(event.hangoutLink).toMatch(meetUri);
  expect(event.conferenceData).toMatchObject({
    createRequest: { requestId: 'r1', status: { statusCode: 'success' } },
    conferenceSolution: { key: { type: 'hangoutsMeet' }, name: 'Google Meet' },
    conferenceId: event.hangoutLink?.slice(-12),
    entryPoints: [{ entryPointType: 'video', uri: event.hangoutLink, label: expect.any(String) as string }],
  });
});

test('without conferenceDataVersion=1 nothing is made, nothing said, and nothing lost', async () => {
  const requestBody = withMeet();
  const { data } = await events.insert({ ...primary, requestBody });
  expect(data).not.toHaveProperty('conferenceData');
  const { hangoutLink } = await patch(requestBody.conferenceData);
  expect((await patch(withMeet('r2').conferenceData, {})).hangoutLink).toBe(hangoutLink);
  expect((await events.update({ ...meeting, requestBody: at(12) })).data.hangoutLink).toBe(hangoutLink);
});

test('a request id that was seen last makes no second conference, another one does', async () => {
  const { hangoutLink } = await insert();
  expect((await patch(withMeet('r1').conferenceData)).hangoutLink).toBe(hangoutLink);
  expect((await patch(undefined)).hangoutLink).toBe(hangoutLink);
  const other = (await patch(withMeet('r2').conferenceData)).hangoutLink;
  expect(other).toMatch(meetUri);
  expect(other).not.toBe(hangoutLink);
});

test('an update without it takes it away, and so does null', async () => {
  await insert();
  expect((await events.update({ ...meeting, ...version, requestBody: at(12) })).data).not.toHaveProperty('hangoutLink');
  await patch(withMeet('r2').conferenceData);
  const response = await fetch(
    `${workspace.url}/calendar/v3/calendars/primary/events/meeting0?conferenceDataVersion=1`,
    {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${workspace.oauth.issueAccessToken('ada@example.com', ['https://www.googleapis.com/auth/calendar'], 'p').access_token}`,
      },
      body: '{"conferenceData":null}',
    },
  );
  expect(await response.json()).not.toHaveProperty('conferenceData');
});

test('another conference can be copied in', async () => {
  const conferenceData = {
    conferenceSolution: { key: { type: 'addOn' }, name: 'Zoom' },
    entryPoints: [{ entryPointType: 'video', uri: 'https://zoom.example.com/j/1' }],
  };
  const event = await insert(at(10, { id: 'meeting0', conferenceData }));
  expect(event.conferenceData).toEqual(conferenceData);
  expect(event).not.toHaveProperty('hangoutLink');
  expect((await errorOf(patch({ notes: 'x' }))).reason).toBe('invalid');
});

describe('a pending conference', () => {
  test('is made after a while, as a change of the event with a new etag', async () => {
    await workspace.admin('PATCH', '/calendar/settings', { conferencePendingMs: 5_000 });
    const event = await insert();
    expect(statusOf(event)).toBe('pending');
    expect(event).not.toHaveProperty('hangoutLink');
    const { nextSyncToken } = (await events.list(primary)).data;
    workspace.clock.advance(4_999);
    expect(await read()).toEqual(event);
    workspace.clock.advance(1);
    const made = await read();
    expect(statusOf(made)).toBe('success');
    expect(made.hangoutLink).toMatch(meetUri);
    expect(made.etag).not.toBe(event.etag);
    const late = events.patch({ ...meeting, requestBody: {} }, { headers: { 'If-Match': event.etag ?? '' } });
    expect((await errorOf(late)).code).toBe(412);
    expect((await events.list({ ...primary, syncToken: nextSyncToken ?? '' })).data.items).toEqual([made]);
  });

  test('or after some reads', async () => {
    await workspace.admin('PATCH', '/calendar/settings', { conferencePendingReads: 2 });
    const statuses = [statusOf(await insert())];
    for (let count = 0; count < 3; count += 1) statuses.push(statusOf(await read()));
    expect(statuses).toEqual(['pending', 'pending', 'pending', 'success']);
  });

  test('survives other writes, and a repeated request id', async () => {
    await workspace.admin('PATCH', '/calendar/settings', { conferencePendingMs: 5_000 });
    await insert();
    expect(statusOf(await patch(withMeet('r1').conferenceData))).toBe('pending');
    workspace.clock.advance(5_000);
    expect((await read()).hangoutLink).toMatch(meetUri);
  });

  test('may fail, and be asked for again', async () => {
    await workspace.admin('PATCH', '/calendar/settings', { conferenceFails: true });
    const event = await insert();
    expect(statusOf(event)).toBe('failure');
    expect(event.conferenceData).not.toHaveProperty('entryPoints');
    await workspace.admin('PATCH', '/calendar/settings', { conferenceFails: false });
    expect(statusOf(await patch(withMeet('r1').conferenceData))).toBe('failure');
    expect((await patch(withMeet('r2').conferenceData)).hangoutLink).toMatch(meetUri);
  });

  test('reaches the guests when it is made', async () => {
    await workspace.admin('PATCH', '/calendar/settings', { conferencePendingMs: 5_000 });
    await insert(withMeet('r1', { attendees: [{ email: grace }] }));
    const guest = workspace.clientFor(grace).events;
    expect(statusOf((await guest.get(meeting)).data)).toBe('pending');
    workspace.clock.advance(5_000);
    expect((await guest.get(meeting)).data.hangoutLink).toBe((await read()).hangoutLink);
  });
});

describe('is refused', () => {
  const invalid = { code: 400, message: 'Invalid conference type value.' };

  test('of a type that cannot be created', async () => {
    const createRequest = { requestId: 'r1', conferenceSolutionKey: { type: 'eventHangout' } };
    expect(await errorOf(insert(at(10, { conferenceData: { createRequest } })))).toMatchObject(invalid);
  });

  test('to a service account that acts for itself, which cannot invite either', async () => {
    const robot = workspace.clientFor('robot@local.iam.gserviceaccount.com').events;
    expect(await errorOf(insert(withMeet(), robot))).toMatchObject(invalid);
    const guests = at(10, { attendees: [{ email: grace }] });
    expect(await errorOf(insert(guests, robot))).toMatchObject({ code: 403, reason: 'forbiddenForServiceAccounts' });
    expect((await insert(at(10), robot)).organizer?.email).toBe('robot@local.iam.gserviceaccount.com');
  });
});
