import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { ada, at, errorOf, grace, primary, startCalendarWorkspace } from './calendar-client';
import type { CalendarWorkspace } from './calendar-client';

const outside = 'client@example.org';

let workspace: CalendarWorkspace;
let events: calendar_v3.Resource$Events;
let guestEvents: calendar_v3.Resource$Events;

beforeEach(async () => {
  workspace = await startCalendarWorkspace();
  ({ events } = workspace.clientFor());
  ({ events: guestEvents } = workspace.clientFor(grace));
});
afterEach(() => workspace.close());

const meeting = { ...primary, eventId: 'meeting0' };

async function invite(changes: calendar_v3.Schema$Event = {}, params: object = {}) {
  const attendees = [{ email: grace }, { email: outside }];
  return (
    await events.insert({ ...primary, ...params, requestBody: at(10, { id: 'meeting0', attendees, ...changes }) })
  ).data;
}

const copy = async () => (await guestEvents.get(meeting)).data;
const original = async () => (await events.get(meeting)).data;
const answer = (responseStatus: string, params: object = {}) =>
  guestEvents.patch({ ...meeting, ...params, requestBody: { attendees: [{ email: grace, responseStatus }] } });
const answers = (event: calendar_v3.Schema$Event) =>
  event.attendees?.map(({ email, responseStatus }) => [email, responseStatus]);
const mails = () => workspace.calendar.mails.map(({ kind, to }) => `${kind} ${to}`);

describe('a guest’s copy', () => {
  test('has the organizer’s ids and fields, and its own etag, reminders and colour', async () => {
    const event = await invite({
      colorId: '3',
      description: 'Agenda',
      extendedProperties: { private: { a: '1' }, shared: { b: '2' } },
    });
    const guests = await copy();
    const { id, iCalUID, summary, description, start } = event;
    expect(guests).toMatchObject({ id, iCalUID, summary, description, start, organizer: { email: ada } });
    expect(guests.organizer).not.toHaveProperty('self');
    expect(guests.attendees?.[0]).toEqual({ email: grace, self: true, responseStatus: 'needsAction' });
    expect(guests.extendedProperties).toEqual({ shared: { b: '2' } });
    expect(guests).not.toHaveProperty('colorId');
    expect(guests.etag).not.toBe(event.etag);
    await guestEvents.patch({ ...meeting, requestBody: { colorId: '5', reminders: { useDefault: false } } });
    await events.patch({ ...meeting, requestBody: { summary: 'New' } });
    expect(await copy()).toMatchObject({ summary: 'New', colorId: '5', reminders: { useDefault: false } });
    expect((await original()).colorId).toBe('3');
  });

  test('does not change when nothing in it does', async () => {
    await invite();
    const { etag } = await copy();
    await events.patch({ ...meeting, requestBody: { colorId: '7' } });
    expect((await copy()).etag).toBe(etag);
  });

  test('goes when the guest is uninvited or the event deleted, and comes back', async () => {
    await invite();
    await events.patch({ ...meeting, requestBody: { attendees: [{ email: outside }] } });
    expect((await copy()).status).toBe('cancelled');
    await events.patch({ ...meeting, requestBody: { attendees: [{ email: grace }] } });
    expect((await copy()).status).toBe('confirmed');
    await events.delete(meeting);
    expect((await copy()).status).toBe('cancelled');
  });

  test('carries her answer to the organizer and the other guests', async () => {
    await workspace.admin('POST', '/users', { email: 'eve@example.com' });
    const before = await invite({ attendees: [{ email: grace }, { email: 'eve@example.com' }] });
    await answer('accepted');
    const after = await original();
    expect(after.etag).not.toBe(before.etag);
    expect(after.sequence).toBe(0);
    const expected = [
      [grace, 'accepted'],
      ['eve@example.com', 'needsAction'],
    ];
    expect(answers(after)).toEqual(expected);
    expect(answers((await workspace.clientFor('eve@example.com').events.get(meeting)).data)).toEqual(expected);
    expect(answers(await copy())).toEqual(expected);
  });

  test('answers for herself only', async () => {
    await invite();
    const attendees = [{ email: outside, responseStatus: 'declined' }];
    await guestEvents.patch({ ...meeting, requestBody: { attendees } });
    expect(answers(await original())?.[1]).toEqual([outside, 'needsAction']);
  });

  test('that is deleted declines, and stays away', async () => {
    await invite();
    await guestEvents.delete(meeting);
    expect(answers(await original())?.[0]).toEqual([grace, 'declined']);
    const { attendees } = await original();
    await events.patch({ ...meeting, requestBody: { summary: 'New', attendees: attendees ?? [] } });
    expect((await copy()).status).toBe('cancelled');
    expect((await guestEvents.list(primary)).data.items).toEqual([]);
  });

  test('changes for her alone, unless guests may modify the event', async () => {
    await invite();
    await guestEvents.patch({ ...meeting, requestBody: { summary: 'Mine' } });
    expect([(await copy()).summary, (await original()).summary]).toEqual(['Mine', 'At 10']);
    const change = guestEvents.patch({ ...meeting, requestBody: { guestsCanModify: true } });
    expect(await errorOf(change)).toMatchObject({ code: 403, reason: 'forbiddenForNonOrganizer', domain: 'calendar' });
    await events.patch({ ...meeting, requestBody: { guestsCanModify: true } });
    await guestEvents.patch({ ...meeting, requestBody: { summary: 'Ours' } });
    expect([(await copy()).summary, (await original()).summary]).toEqual(['Ours', 'Ours']);
  });

  test('of an instance can be declined alone', async () => {
    const zone = { timeZone: 'UTC' };
    const { start, end } = at(10);
    await invite({ start: { ...start, ...zone }, end: { ...end, ...zone }, recurrence: ['RRULE:FREQ=DAILY;COUNT=3'] });
    const instance = { ...primary, eventId: 'meeting0_20260304T100000Z' };
    await guestEvents.patch({
      ...instance,
      requestBody: { attendees: [{ email: grace, responseStatus: 'declined' }] },
    });
    expect(answers((await events.get(instance)).data)?.[0]).toEqual([grace, 'declined']);
    expect(answers(await original())?.[0]).toEqual([grace, 'needsAction']);
    await events.delete({ ...primary, eventId: 'meeting0_20260305T100000Z' });
    const { items } = (await guestEvents.instances(meeting)).data;
    expect(items?.map(({ id }) => id)).toEqual(['meeting0_20260303T100000Z', instance.eventId]);
  });

  test('cannot be moved to another calendar', async () => {
    await invite();
    const { data } = await workspace.clientFor(grace).calendars.insert({ requestBody: { summary: 'Other' } });
    expect((await errorOf(guestEvents.move({ ...meeting, destination: data.id ?? '' }))).reason).toBe(
      'cannotChangeOrganizer',
    );
  });
});

describe('mails', () => {
  test.each([
    [undefined, []],
    ['none', []],
    ['externalOnly', [`invitation ${outside}`]],
    ['all', [`invitation ${grace}`, `invitation ${outside}`]],
  ])('with sendUpdates %s', async (sendUpdates, expected) => {
    await invite({}, sendUpdates ? { sendUpdates } : {});
    expect(mails()).toEqual(expected);
  });

  test('tell each guest what happened to her', async () => {
    await invite();
    const all = { sendUpdates: 'all' };
    const attendees = [{ email: outside }, { email: 'new@example.org' }];
    await events.patch({ ...meeting, ...all, requestBody: { attendees } });
    await events.delete({ ...meeting, ...all });
    expect(mails()).toEqual([
      `cancellation ${grace}`,
      `update ${outside}`,
      'invitation new@example.org',
      `cancellation ${outside}`,
      'cancellation new@example.org',
    ]);
  });

  test('tell the organizer of an answer', async () => {
    await invite();
    await answer('tentative');
    await answer('accepted', { sendUpdates: 'all' });
    expect(workspace.calendar.mails).toMatchObject([
      { kind: 'response', from: grace, to: ada, responseStatus: 'accepted' },
    ]);
  });

  test('arrive in the mailboxes of those who have one here, and are all on record', async () => {
    await invite({ summary: 'Plan “B”' }, { sendUpdates: 'all' });
    const { messages } = workspace.gmail.listMessages(grace, { q: 'from:ada@example.com subject:invitation' });
    const message = workspace.gmail.getMessage(grace, messages?.[0]?.id ?? '', 'full');
    expect(message.payload?.headers).toContainEqual({ name: 'Subject', value: 'Invitation: Plan “B”' });
    expect(message.snippet).toContain('2026-03-03T10:00:00Z');
    const { body } = await workspace.admin('GET', '/calendar/mails');
    expect(body).toMatchObject({ mails: [{ to: grace }, { to: outside, eventId: 'meeting0', summary: 'Plan “B”' }] });
  });
});

test('a person invites, moves and cancels by hand', async () => {
  const attendees = [{ email: ada }];
  const path = `/users/${grace}/events`;
  await workspace.admin('POST', `${path}?sendUpdates=all`, at(10, { id: 'meeting0', attendees }));
  expect(await original()).toMatchObject({ organizer: { email: grace }, attendees: [{ email: ada, self: true }] });
  const { start, end } = at(12);
  await workspace.admin('PATCH', `${path}/meeting0`, { start, end });
  expect((await original()).start?.dateTime).toBe('2026-03-03T12:00:00Z');
  await workspace.admin('DELETE', `${path}/meeting0?sendUpdates=all`);
  expect((await original()).status).toBe('cancelled');
  expect(mails()).toEqual([`invitation ${ada}`, `cancellation ${ada}`]);
});
