import { createHash } from 'node:crypto';
import { newConnection, type Connection } from '../../shared/domain/connection';
import { AttacheError } from '../../shared/domain/errors';
import { scopesFor } from '../../shared/domain/oauth';
import { encodeSyncJob, type SyncJob } from '../../shared/domain/sync-job';
import { loadChannelRecord } from '../../shared/store/channel-store';
import { ann, second } from '../../test/tasks/simulation';
import { createTasksApi } from '../../test/tasks/tasks-api';

let api: Awaited<ReturnType<typeof createTasksApi>>;
beforeEach(async () => {
  api = await createTasksApi();
});

async function run(job: SyncJob): Promise<void> {
  api.world.publish(encodeSyncJob(job).data);
  await api.world.drain();
}

async function createSynced(body: object = {}) {
  const { id } = await api.create(body);
  await api.world.drain();
  return api.get(id);
}

const connection = async () => (await api.world.connections.load(api.world.connectionId))!.record;
const eventsOf = (calendarId: string) =>
  [...api.world.calendar.calendar(calendarId).events.values()].filter(
    ({ resource }) => resource.status !== 'cancelled',
  );

describe('channels', () => {
  const refresh = (force = false) => run({ kind: 'refreshChannels', connectionId: api.world.connectionId, force });

  it('are opened where there is none, with a token that only its hash is kept of, and what came before is read', async () => {
    await refresh();
    const { channels } = await connection();
    const channel = channels[ann]!;
    expect(channel).toMatchObject({
      tokenHash: createHash('sha256').update('token').digest('hex'),
      syncToken: expect.any(String) as string,
    });
    expect(channel.expiresAtMs).toBeGreaterThan(api.world.nowMs);
    expect(await loadChannelRecord(api.world.store, channel.channelId!)).toMatchObject({
      calendarId: ann,
      resourceId: channel.resourceId,
    });
    expect(api.world.calendar.channels.list()).toHaveLength(4);
  });

  it('are replaced only when they end soon or it is asked for, and the old one is stopped', async () => {
    await refresh();
    const before = (await connection()).channels;
    await refresh();
    expect((await connection()).channels[ann]!.channelId).toBe(before[ann]!.channelId);
    await refresh(true);
    const after = (await connection()).channels;
    expect(after[ann]!.channelId).not.toBe(before[ann]!.channelId);
    const alive = api.world.calendar.channels.list().map(({ id }) => id);
    expect(alive).not.toContain(before[ann]!.channelId);
    expect(alive).toContain(after[second]!.channelId);
    expect(await loadChannelRecord(api.world.store, before[ann]!.channelId!)).toBeUndefined();
  });

  it('that Google does not offer are done without: the calendar is read every few minutes', async () => {
    api.world.calendar.calendar(second).supportsPush = false;
    await refresh();
    const { channels, renewAtMs, pullAtMs } = await connection();
    expect(channels[second]).toMatchObject({ pushNotSupported: true, channelId: null });
    expect(renewAtMs).toBeGreaterThan(api.world.nowMs);
    expect(pullAtMs).toBeLessThanOrEqual(api.world.nowMs + 300_000);
  });
});

describe('orphans', () => {
  const sweep = (dryRun = false) => run({ kind: 'removeOrphans', connectionId: api.world.connectionId, dryRun });

  it('are events of ours without a task; nobody else’s are touched, and a dry run touches none', async () => {
    const task = await createSynced();
    const orphan = await createSynced();
    const other = await createSynced();
    const stored = (await api.world.tasks.load(orphan.id))!;
    await api.world.tasks.remove(stored);
    // Its signature does not hold: whoever made it look like ours has not the key.
    api.world.calendar.events.patch(ann, ann, other.googleCalendarEventId!, {
      extendedProperties: { private: { attacheTask: 'tsk_gone' } },
    });
    await api.world.drain();
    await sweep(true);
    expect(eventsOf(ann)).toHaveLength(3);
    await sweep();
    expect(
      eventsOf(ann)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([task.googleCalendarEventId, other.googleCalendarEventId].sort());
  });

  it('are not what somebody has taken out of the bin, but what came late is one', async () => {
    const task = await createSynced();
    const id = task.googleCalendarEventId!;
    api.world.calendar.events.delete(ann, ann, id);
    await api.world.drain();
    api.world.calendar.events.patch(ann, ann, id, { status: 'confirmed' });
    await api.world.drain();
    await sweep();
    expect(await api.get(task.id)).toMatchObject({ status: 'cancelled' });
    expect(eventsOf(ann)).toMatchObject([{ resource: { id } }]);

    // As if it were the first that was ever asked for.
    await api.world.tasks.change(task.id, () => ({ generation: 0 }));
    await sweep();
    expect(eventsOf(ann)).toEqual([]);
  });

  it('are tasks whose event is gone without anybody having heard of it', async () => {
    const task = await createSynced();
    api.world.weather = { ...api.world.weather, dropWebhook: 1 };
    api.world.calendar.events.delete(ann, ann, task.googleCalendarEventId!);
    await sweep();
    expect(await api.get(task.id)).toMatchObject({ status: 'cancelled', googleCalendarEventId: null });
  });
});

describe('reading', () => {
  it('goes through all pages, empty ones too, and keeps the token of the last', async () => {
    Object.assign(api.world.calendar.settings, { pageSizeLimit: 2, emptyListPages: true });
    const tasks = [];
    for (let count = 0; count < 5; count++) tasks.push(await createSynced());
    api.world.weather = { ...api.world.weather, dropWebhook: 1 };
    for (const { googleCalendarEventId } of tasks)
      api.world.calendar.events.patch(ann, ann, googleCalendarEventId!, { location: 'Room' });
    api.world.nowMs += 10_000;
    await run({ kind: 'pullCalendar', connectionId: api.world.connectionId, calendarId: ann });
    for (const { id } of tasks) expect(await api.get(id)).toMatchObject({ location: 'Room' });
  });

  it('begins anew where the token has expired: a missing event is looked for before its task is cancelled', async () => {
    const [kept, gone] = [await createSynced(), await createSynced()];
    api.world.weather = { ...api.world.weather, dropWebhook: 1 };
    api.world.calendar.events.delete(ann, ann, gone.googleCalendarEventId!);
    await api.world.tasks.change(kept.id, () => ({ title: 'Unsent', revision: 9 }));
    api.world.calendar.calendar(ann).expireSyncTokens();
    api.world.nowMs += 10_000;
    await run({ kind: 'pullCalendar', connectionId: api.world.connectionId, calendarId: ann });
    expect(await api.get(gone.id)).toMatchObject({ status: 'cancelled' });
    expect(await api.get(kept.id)).toMatchObject({ title: 'Unsent', status: 'pending' });
  });

  it('is not done twice for one announcement', async () => {
    await createSynced();
    api.world.nowMs += 10_000;
    const job = { kind: 'pullCalendar', connectionId: api.world.connectionId, calendarId: ann } as const;
    api.world.publish(encodeSyncJob(job).data);
    api.world.publish(encodeSyncJob(job).data);
    api.world.nowMs += 10_000;
    const from = api.world.trace.length;
    await api.world.drain();
    expect(api.world.trace.slice(from).filter((line) => line.includes('events.list'))).toHaveLength(1);
  });
});

describe('Zoom', () => {
  let meetings: Map<string, { topic: string; startMs: number }>;
  let failure: AttacheError | undefined;
  beforeEach(() => {
    meetings = new Map();
    failure = undefined;
    const answer = <T>(run: () => T) => (failure ? Promise.reject(failure) : Promise.resolve(run()));
    api.world.zoom = {
      createMeeting: (_, { idempotencyKey: id, ...meeting }) =>
        answer(() => (meetings.set(id, meeting), { id, joinUrl: `https://zoom.us/j/${id}` })),
      updateMeeting: (_, id, fields) => answer(() => void meetings.set(id, { ...meetings.get(id)!, ...fields })),
      deleteMeeting: (_, id) => answer(() => void meetings.delete(id)),
    };
  });
  const due = '2026-11-25T10:00:00Z';

  it('has a meeting whose link is in the event, which follows the task and goes with it', async () => {
    const task = await createSynced({ due, includeZoomMeeting: true, includeGoogleMeet: true });
    const [id] = [...meetings.keys()];
    const joinUrl = `https://zoom.us/j/${id}`;
    expect(task).toMatchObject({ zoomMeetingId: id, zoomJoinUrl: joinUrl, location: '' });
    expect(task.googleMeetLink).not.toBeNull();
    expect(api.eventOf(task)).toMatchObject({ location: joinUrl });
    expect(api.eventOf(task).description).toContain(`📹 Zoom Meeting:\n${joinUrl}`);
    await api.change(task.id, { due: '2026-11-26T10:00:00Z', title: 'Later' });
    await api.world.drain();
    expect([...meetings.values()]).toMatchObject([{ topic: 'Later', startMs: Date.parse('2026-11-26T10:00:00Z') }]);
    await api.change(task.id, { includeZoomMeeting: false });
    await api.world.drain();
    expect(meetings.size).toBe(0);
    expect(api.eventOf(task).location ?? '').toBe('');
  });

  it('follows what people do to the event in the calendar', async () => {
    const task = await createSynced({ due, includeZoomMeeting: true });
    api.world.calendar.events.patch(ann, ann, task.googleCalendarEventId!, {
      summary: 'Moved',
      start: { dateTime: '2026-11-27T10:00:00Z' },
      end: { dateTime: '2026-11-27T12:00:00Z' },
    });
    await api.world.drain();
    const startMs = Date.parse('2026-11-27T10:00:00Z');
    expect([...meetings.values()]).toMatchObject([{ topic: 'Moved', startMs, durationMinutes: 120 }]);
    expect(await api.get(task.id)).toMatchObject({ syncStatus: 'synced' });
  });

  it('that fails does not keep the event from being made, and is asked again with the next change', async () => {
    failure = new AttacheError('unavailable', 'Zoom is down.');
    const task = await createSynced({ due, includeZoomMeeting: true });
    expect(task).toMatchObject({ syncStatus: 'synced', zoomJoinUrl: null });
    failure = undefined;
    await api.change(task.id, { title: 'Next' });
    await api.world.drain();
    expect((await api.get(task.id)).zoomJoinUrl).not.toBeNull();
  });

  it('that may not be deleted does not keep a deleted task', async () => {
    const task = await createSynced({ due, includeZoomMeeting: true });
    failure = new AttacheError('forbidden', 'Not yours.');
    await api.call('deleteTask', { params: { taskId: task.id } });
    await api.world.drain();
    expect(await api.world.tasks.load(task.id)).toBeUndefined();
    expect(eventsOf(ann)).toHaveLength(0);
  });
});

it('an event that somebody has moved to a calendar that nobody follows is found there, and followed', async () => {
  const task = await createSynced();
  const { events, calendars } = api.world.calendar;
  const other = calendars.insert(ann, { summary: 'Other' }).id!;
  events.move(ann, ann, task.googleCalendarEventId!, other);
  await api.world.drain();
  expect(await api.get(task.id)).toMatchObject({
    status: 'pending',
    syncStatus: 'synced',
    googleCalendarId: other,
    selectedCalendarId: other,
  });
  expect((await connection()).channels[other]).toMatchObject({ channelId: expect.any(String) as string });
});

it('a calendar that Google does not know is not tried again and again for an event that is in another', async () => {
  const task = await createSynced();
  await api.change(task.id, { selectedCalendarId: 'nothing@group.calendar.google.com' });
  await api.world.drain();
  expect(await api.get(task.id)).toMatchObject({
    syncStatus: 'failed',
    syncError: { code: 'notFound' },
    googleCalendarId: ann,
  });
  await api.change(task.id, { selectedCalendarId: second });
  await api.world.drain();
  expect(await api.get(task.id)).toMatchObject({ syncStatus: 'synced', googleCalendarId: second });
});

it('an event that Google refuses is on record and rests until the task is changed', async () => {
  const { id } = await api.create({ selectedCalendarId: 'nothing@group.calendar.google.com' });
  await api.world.drain();
  expect(await api.get(id)).toMatchObject({ syncStatus: 'failed', syncError: { code: 'notFound' } });
  await api.change(id, { selectedCalendarId: null });
  await api.world.drain();
  expect(await api.get(id)).toMatchObject({ syncStatus: 'synced', syncError: null });
});

it.each([
  new AttacheError('unauthorized', 'No.', { code: 'invalidGrant' }),
  new AttacheError('forbidden', 'No.', { code: 'oauthAppRefused' }),
  new AttacheError('forbidden', 'No.', { code: 'scopesNotGranted' }),
])('what keeps the account from getting a token is not held against the task: $code', async (error) => {
  const insert = jest.spyOn(api.world.calendar.events, 'insert').mockImplementation(() => {
    throw error;
  });
  const { id } = await api.create({});
  await api.world.drain();
  expect(await api.get(id)).toMatchObject({ syncStatus: 'pending', syncError: null });
  insert.mockRestore();
  await run({ kind: 'syncTask', connectionId: api.world.connectionId, taskId: id });
  expect(await api.get(id)).toMatchObject({ syncStatus: 'synced' });
});

it('another account gets events of its own, also of tasks that had none yet; the old ones stay', async () => {
  const { connectionId, connections } = api.world;
  const synced = await createSynced({ selectedCalendarId: ann });
  const waiting = await api.create({});
  const other = newConnection({ kind: 'delegation', owner: ann, connectedEmail: 'ann@home.example' }, api.world.nowMs);
  await connections.create({ ...other, calendarId: second, timeZone: 'UTC' });
  await connections.change(connectionId, () => ({ patch: { status: 'disconnected' } }));
  await run({ kind: 'clearLinks', connectionId, successorId: other.connectionId });
  for (const { id } of [synced, waiting]) {
    expect(await api.get(id)).toMatchObject({ syncStatus: 'synced', googleCalendarId: second });
  }
  expect([eventsOf(ann), eventsOf(second)].map(({ length }) => length)).toEqual([1, 2]);
});

it.each<[string, Partial<Connection>, Partial<Connection>]>([
  ['needs its user', { status: 'needsAuth' }, { status: 'active' }],
  ['was granted for mail only', { kind: 'oauth', scopes: ['openid'] }, { scopes: scopesFor(['calendar']) }],
])('nothing is done for a connection that %s, and everything later', async (_, before, later) => {
  const { connectionId, connections, tasks } = api.world;
  const { id } = await api.create({});
  await connections.change(connectionId, () => ({ patch: before }));
  await api.world.drain();
  expect(eventsOf(ann)).toHaveLength(0);
  expect((await tasks.load(id))!.record).toMatchObject({ syncError: null });
  expect((await tasks.load(id))!.record.dueAtMs).toBeGreaterThan(api.world.nowMs);
  expect((await connection()).renewAtMs).toBeNull();
  await connections.change(connectionId, () => ({ patch: later }));
  await run({ kind: 'refreshChannels', connectionId, force: false });
  expect(eventsOf(ann)).toHaveLength(1);
});

it.each(['', 'null', '{}', '{"kind":"syncTask"}'])('the job %j is no job', async (data) => {
  api.world.publish(data);
  await api.world.drain();
  expect(api.world.bugs).toEqual([]);
});
