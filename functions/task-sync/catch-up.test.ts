import { newChannel, newConnection } from '../../shared/domain/connection';
import { encodeSyncJob, type SyncJob } from '../../shared/domain/sync-job';
import { ann, second } from '../../test/tasks/simulation';
import { createTasksApi, owner } from '../../test/tasks/tasks-api';
import { GoogleApiError } from '../../test/workspace/google-api-error';

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

const change = (patch: object) => api.world.connections.change(api.world.connectionId, () => ({ patch }));
const comeBack = () => run({ kind: 'refreshChannels', connectionId: api.world.connectionId, force: false });

describe('a connection that can be used again', () => {
  it.each([{ isActive: false }, { status: 'needsAuth' }])(
    'after %j hears at once of all that has waited',
    async (away) => {
      await comeBack();
      const task = await createSynced();
      await change(away);
      const waiting = await api.create({ title: 'Waiting' });
      api.world.calendar.events.patch(ann, ann, task.googleCalendarEventId!, { summary: 'Theirs' });
      await api.world.drain();
      for (let sweep = 0; sweep < 5; sweep++) {
        api.world.nowMs += 1_200_000;
        await api.world.sweep();
        await api.world.drain();
      }
      await change({ isActive: true, status: 'active' });
      await comeBack();
      expect(await api.get(task.id)).toMatchObject({ title: 'Theirs', syncStatus: 'synced' });
      expect(await api.get(waiting.id)).toMatchObject({ syncStatus: 'synced' });
    },
  );

  it('that is the user’s first takes the tasks that had none', async () => {
    const email = 'ann@home.example';
    const caller = { ...owner, mailboxes: [email] };
    const body = { email, title: 'Waiting' };
    const task = await api.call('createTask', { caller, body });
    const unflagged = await api.call('createTask', { caller, body: { ...body, syncToCalendar: false } });
    expect([task.connectionId, unflagged.connectionId]).toEqual([null, null]);
    const connection = newConnection({ kind: 'delegation', owner: email, connectedEmail: ann }, api.world.nowMs);
    const { connectionId } = connection;
    await api.world.connections.create({ ...connection, timeZone: 'Europe/Berlin' });
    await run({ kind: 'refreshChannels', connectionId, force: false });
    const get = (taskId: string) => api.call('getTask', { caller, params: { taskId } });
    expect(await get(task.id)).toMatchObject({ connectionId, syncStatus: 'synced', googleCalendarId: ann });
    expect(await get(unflagged.id)).toMatchObject({ connectionId: null, syncStatus: 'off' });
  });

  it('with another calendar moves its events there, but neither those that somebody else made nor those put elsewhere', async () => {
    await change({ importExternalEvents: true });
    const task = await createSynced();
    const elsewhere = await createSynced({ selectedCalendarId: ann });
    const theirs = api.world.calendar.events.insert(ann, ann, {
      summary: 'Theirs',
      start: { date: '2026-11-25' },
      end: { date: '2026-11-26' },
    });
    await api.world.drain();
    await change({ calendarId: second });
    await comeBack();
    expect(await api.get(task.id)).toMatchObject({ googleCalendarId: second, syncStatus: 'synced' });
    expect(await api.get(elsewhere.id)).toMatchObject({ googleCalendarId: ann, syncStatus: 'synced' });
    const imported = (await api.call('listTasks')).tasks!.find(({ title }) => title === 'Theirs')!;
    await api.change(imported.id, { title: 'Ours' });
    await api.world.drain();
    expect(api.world.calendar.calendar(ann).get(theirs.id!).resource.summary).toBe('Ours');
  });

  it('writes nothing to what is as it should be', async () => {
    const task = await createSynced();
    const { writes } = api.world;
    await comeBack();
    expect(api.world.writes).toBe(writes);
    expect((await api.get(task.id)).etag).toBe(task.etag);
  });
});

describe('a calendar that is gone', () => {
  const lost = 'aaa@group.calendar.google.com';

  it('keeps the others neither from being read nor from being swept, and its tasks as they are', async () => {
    const task = await createSynced();
    const gone = await createSynced();
    const inLost = await createSynced();
    await api.world.tasks.change(inLost.id, ({ link }) => ({ link: link && { ...link, calendarId: lost } }));
    const { channels } = (await api.world.connections.load(api.world.connectionId))!.record;
    await change({ channels: { [lost]: newChannel, ...channels } });
    api.world.calendar.events.patch(ann, ann, task.googleCalendarEventId!, { summary: 'Theirs' });
    await api.world.drain();
    expect(await api.get(task.id)).toMatchObject({ title: 'Theirs' });
    const { pullFailures, lease, pullAtMs } = (await api.world.connections.load(api.world.connectionId))!.record;
    expect({ pullFailures, lease }).toEqual({ pullFailures: 1, lease: null });
    expect(pullAtMs).toBeGreaterThan(api.world.nowMs);

    api.world.weather = { ...api.world.weather, dropWebhook: 1 };
    api.world.calendar.events.delete(ann, ann, gone.googleCalendarEventId!);
    await run({ kind: 'removeOrphans', connectionId: api.world.connectionId, dryRun: false });
    expect(await api.get(gone.id)).toMatchObject({ status: 'cancelled' });
    expect(await api.get(inLost.id)).toMatchObject({ status: 'pending', googleCalendarId: lost });
    expect(api.world.bugs).toEqual([]);
  });
});

describe('a mistake of the deployment', () => {
  const notEnabled = () => {
    throw new GoogleApiError(403, 'accessNotConfigured', 'Google Calendar API has not been used in project 1 before.');
  };
  async function mended(taskId: string) {
    jest.restoreAllMocks();
    api.world.nowMs += 7 * 3_600_000;
    await api.world.sweep();
    await api.world.drain();
    return api.get(taskId);
  }

  it('lets tasks wait, and none of them fail', async () => {
    jest.spyOn(api.world.calendar.events, 'insert').mockImplementation(notEnabled);
    const task = await createSynced();
    expect(task).toMatchObject({ syncStatus: 'pending', syncError: null });
    expect(await mended(task.id)).toMatchObject({ syncStatus: 'synced' });
  });

  it('and an account that is refused before its zone is known are waited for too', async () => {
    await change({ timeZone: null });
    jest.spyOn(api.world.calendar, 'calendar').mockImplementation(notEnabled);
    const task = await createSynced();
    expect(task).toMatchObject({ syncStatus: 'pending', syncError: null });
    expect((await api.world.tasks.load(task.id))?.record.failures).toBe(1);
    expect(api.world.bugs).toEqual([]);
    expect(await mended(task.id)).toMatchObject({ syncStatus: 'synced' });
  });
});
