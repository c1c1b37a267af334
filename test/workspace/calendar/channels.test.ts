import { setImmediate } from 'node:timers/promises';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { startStandIn } from '../../http-stand-in';
import { ada, at, errorOf, fullAccess, grace, noonMs, primary, startCalendarWorkspace } from './calendar-client';
import type { CalendarWorkspace } from './calendar-client';

const weekMs = 7 * 24 * 3_600_000;

let workspace: CalendarWorkspace;
let client: calendar_v3.Calendar;
let hook: Awaited<ReturnType<typeof startStandIn>>;
/** What the webhook answers, in order; then 200. */
let statuses: number[];

beforeEach(async () => {
  statuses = [];
  hook = await startStandIn(() => ({ status: statuses.shift() ?? 200 }));
  workspace = await startCalendarWorkspace();
  client = workspace.clientFor();
});
afterEach(async () => {
  await workspace.close();
  await hook.stop();
});

async function watch(changes: calendar_v3.Schema$Channel = {}, from = client, calendarId = 'primary') {
  const requestBody = { id: 'channel-1', type: 'web_hook', address: `${hook.url}hook`, ...changes };
  return (await from.events.watch({ calendarId, requestBody })).data;
}

const insert = async (hour = 10) => (await client.events.insert({ ...primary, requestBody: at(hour) })).data.id ?? '';

/** State and number of what has arrived, in the order of arrival. */
async function arrived() {
  await workspace.settled();
  return hook.received.map(
    ({ headers }) => `${String(headers['x-goog-resource-state'])} ${String(headers['x-goog-message-number'])}`,
  );
}

test('a channel is announced by sync, and each change by exists, with Google’s headers and no body', async () => {
  const channel = await watch({ token: 'secret=1' });
  expect(channel).toEqual({
    kind: 'api#channel',
    id: 'channel-1',
    resourceId: expect.any(String) as string,
    resourceUri: 'https://www.googleapis.com/calendar/v3/calendars/ada%40example.com/events?alt=json',
    token: 'secret=1',
    expiration: String(noonMs + weekMs),
  });
  const id = await insert();
  await client.events.delete({ ...primary, eventId: id });
  expect(await arrived()).toEqual(['sync 1', 'exists 10', 'exists 16']);
  expect(hook.received[1]).toMatchObject({
    method: 'POST',
    url: '/hook',
    body: '',
    headers: {
      'content-length': '0',
      'x-goog-channel-id': 'channel-1',
      'x-goog-channel-token': 'secret=1',
      'x-goog-channel-expiration': 'Mon, 09 Mar 2026 12:00:00 GMT',
      'x-goog-resource-id': channel.resourceId,
      'x-goog-resource-uri': channel.resourceUri,
      'x-goog-resource-state': 'exists',
    },
  });
});

test('reading and what fails notify nobody; what reaches a guest notifies her', async () => {
  await watch({}, workspace.clientFor(grace));
  await client.events.list(primary);
  await errorOf(client.events.insert({ ...primary, requestBody: {} }));
  await insert();
  expect(await arrived()).toEqual(['sync 1']);
  const requestBody = at(12, { id: 'meeting0', attendees: [{ email: grace }] });
  await client.events.insert({ ...primary, requestBody });
  expect(await arrived()).toHaveLength(2);
  await client.events.patch({ ...primary, eventId: 'meeting0', requestBody: { colorId: '3' } });
  expect(await arrived()).toHaveLength(2);
});

test('a call that changes several events of a calendar notifies once', async () => {
  await watch();
  const zone = { timeZone: 'UTC' };
  const { start, end } = at(10);
  const event = { start: { ...start, ...zone }, end: { ...end, ...zone }, recurrence: ['RRULE:FREQ=DAILY;COUNT=3'] };
  await client.events.insert({ ...primary, requestBody: { id: 'series00', ...event } });
  const instance = { ...primary, eventId: 'series00_20260304T100000Z' };
  await client.events.patch({ ...instance, requestBody: { summary: 'Special' } });
  const before = (await arrived()).length;
  const recurrence = ['RRULE:FREQ=DAILY;COUNT=1'];
  await client.events.patch({ ...primary, eventId: 'series00', requestBody: { recurrence } });
  expect(await arrived()).toHaveLength(before + 1);
});

test('a calendar that is deleted says not_exists, once', async () => {
  const { data } = await client.calendars.insert({ requestBody: { summary: 'Other' } });
  await watch({}, client, data.id ?? '');
  await client.calendars.delete({ calendarId: data.id ?? '' });
  expect((await arrived()).map((one) => one.split(' ')[0])).toEqual(['sync', 'not_exists']);
  expect((await workspace.admin('GET', '/calendar/channels')).body).toEqual({ channels: [] });
});

describe('the sync notification', () => {
  test('does not hold up the answer', async () => {
    await hook.stop();
    hook = await startStandIn(() => ({ failure: 'hang' }));
    expect((await watch()).id).toBe('channel-1');
  });

  test('comes before it, if the settings say so', async () => {
    await workspace.admin('PATCH', '/calendar/settings', { syncBeforeAnswer: true });
    await watch();
    expect(hook.received).toHaveLength(1);
  });
});

describe('a channel ends', () => {
  test('when it is stopped, by whom it belongs to', async () => {
    const { id, resourceId } = await watch();
    const requestBody = { id: id ?? '', resourceId: resourceId ?? '' };
    for (const refused of [
      client.channels.stop({ requestBody: { ...requestBody, resourceId: 'other' } }),
      client.channels.stop({ requestBody: { ...requestBody, id: 'other' } }),
      workspace.clientFor(grace).channels.stop({ requestBody }),
      workspace.clientFor(ada, [fullAccess], 'another').channels.stop({ requestBody }),
    ]) {
      expect(await errorOf(refused)).toMatchObject({ code: 404, reason: 'notFound' });
    }
    expect((await client.channels.stop({ requestBody })).status).toBe(204);
    await insert();
    expect(await arrived()).toEqual(['sync 1']);
    expect((await errorOf(client.channels.stop({ requestBody }))).code).toBe(404);
  });

  test.each([
    ['after a week', {}, weekMs],
    ['when its request said', { expiration: String(noonMs + 60_000) }, 60_000],
    ['after its ttl', { params: { ttl: '60' } }, 60_000],
    ['after a week, whatever its request said', { expiration: String(noonMs + 2 * weekMs) }, weekMs],
  ])('%s', async (_, changes, lifetimeMs) => {
    expect((await watch(changes)).expiration).toBe(String(noonMs + lifetimeMs));
    workspace.clock.advance(lifetimeMs - 1);
    client = workspace.clientFor();
    await insert(10);
    workspace.clock.advance(1);
    await insert(12);
    expect((await arrived()).map((one) => one.split(' ')[0])).toEqual(['sync', 'exists']);
    await watch();
  });
});

describe('watch refuses', () => {
  test.each([
    ['no id', { id: null }, 'invalid'],
    ['a long id', { id: 'a'.repeat(65) }, 'invalid'],
    ['an id with blanks', { id: 'a b' }, 'invalid'],
    ['another type', { type: 'email' }, 'invalid'],
    ['plain HTTP to elsewhere', { address: 'http://hooks.example.com/' }, 'push.webhookUrlNotHttps'],
    ['no address', { address: null }, 'push.webhookUrlNotHttps'],
    ['a long token', { token: 't'.repeat(257) }, 'invalid'],
    ['an expiry in the past', { expiration: '1' }, 'invalid'],
  ])('%s', async (_, changes, reason) => {
    expect(await errorOf(watch(changes))).toMatchObject({ code: 400, reason });
  });

  test('an id that is in use, in the same project', async () => {
    await watch();
    const reason = 'channelIdNotUnique';
    expect(await errorOf(watch({}, workspace.clientFor(grace)))).toMatchObject({ code: 400, reason });
    await watch({}, workspace.clientFor(ada, [fullAccess], 'another'));
  });

  test('a calendar that cannot be watched, and one that cannot be read', async () => {
    const body = { id: 'holidays@group.v.calendar.google.com', summary: 'Holidays', supportsPush: false };
    await workspace.admin('POST', `/users/${ada}/calendars`, body);
    expect(await errorOf(watch({}, client, body.id))).toMatchObject({
      code: 400,
      reason: 'pushNotSupportedForRequestedResource',
    });
    expect((await errorOf(watch({}, client, grace))).code).toBe(404);
    await workspace.admin('PATCH', `/calendars/${encodeURIComponent(body.id)}`, { supportsPush: true });
    await watch({}, client, body.id);
  });
});

describe('delivery', () => {
  test.each([500, 502, 503, 504])('is tried again after %i, with the same number', async (status) => {
    statuses = [status, status];
    await watch();
    expect(await arrived()).toEqual(['sync 1', 'sync 1', 'sync 1']);
  });

  test.each([400, 404, 429, 302])('is not tried again after %i', async (status) => {
    statuses = [status];
    await watch();
    expect(await arrived()).toEqual(['sync 1']);
    expect(workspace.channelPusher.outcomes).toEqual({ [status]: 1 });
  });

  test('goes to loopback only', async () => {
    await watch({ address: 'https://hooks.example.com/calendar' });
    await workspace.settled();
    expect(workspace.channelPusher.outcomes).toEqual({ skipped: 1 });
  });

  test.each([
    ['drop', ['sync 1', 'exists 16']],
    ['double', ['exists 10', 'exists 10', 'exists 16', 'sync 1']],
    ['reorder', ['sync 1', 'exists 16', 'exists 10']],
  ])('meets faults: %s', async (fault, expected) => {
    await watch();
    await arrived();
    await workspace.admin('POST', '/calendar/channelFaults', { fault, channelId: 'channel-1' });
    await insert(10);
    await insert(12);
    const seen = await arrived();
    expect(fault === 'double' ? seen.sort() : seen).toEqual(expected);
  });

  test('may be delayed while later ones pass', async () => {
    await watch();
    await arrived();
    await workspace.admin('POST', '/calendar/channelFaults', { fault: 'delay', delayMs: 600_000 });
    await insert(10);
    await insert(12);
    while (hook.received.length < 2) await setImmediate();
    expect(hook.received[1]?.headers['x-goog-message-number']).toBe('16');
  });

  test('what is held back and has no successor comes when all is settled; faults can be cleared', async () => {
    await workspace.admin('POST', '/calendar/channelFaults', { fault: 'reorder' });
    await workspace.admin('POST', '/calendar/channelFaults', { fault: 'drop', times: 9 });
    await watch();
    await workspace.admin('DELETE', '/calendar/channelFaults');
    expect(await arrived()).toEqual(['sync 1']);
  });
});
