import { ann } from '../../test/tasks/simulation';
import { createTasksApi, owner } from '../../test/tasks/tasks-api';

let api: Awaited<ReturnType<typeof createTasksApi>>;
beforeEach(async () => {
  api = await createTasksApi();
});

async function createSynced(body: object = {}) {
  const { id } = await api.create(body);
  await api.world.drain();
  return api.get(id);
}

describe('a key', () => {
  const headers = { 'idempotency-key': 'k' };

  it.each([{ title: 'Another' }, { due: '2026-11-25' }])('does not stand for a request with %j too', async (other) => {
    const { id } = await api.create({}, headers);
    expect(await api.create(other, headers)).toMatchObject({
      kind: 'invalid',
      code: 'idempotencyKeyReused',
      paths: ['header.Idempotency-Key'],
    });
    expect(await api.create({}, headers)).toMatchObject({ id, replayed: 'true' });
  });

  it('does not show the task of another user', async () => {
    const caller = { ...owner, mailboxes: [ann, 'bea@example.com'] };
    const create = (email: string) => api.call('createTask', { caller, headers, body: { email, title: 'A' } });
    await create(ann);
    expect(await create('bea@example.com')).toMatchObject({ code: 'idempotencyKeyReused' });
  });
});

describe('a conflict whose task is changed once more', () => {
  async function createConflict() {
    const task = await createSynced({ title: 'Before' });
    api.world.calendar.events.patch(ann, ann, task.googleCalendarEventId!, { summary: 'Theirs', location: 'Room 1' });
    await api.change(task.id, { title: 'Ours' });
    await api.world.drain();
    return task.id;
  }
  const resolve = (taskId: string, fields: object) =>
    api.call('resolveTaskConflict', { params: { taskId }, body: { resolve: 'merged', fields } });

  it('shows the task as it is', async () => {
    const id = await createConflict();
    await api.change(id, { title: 'Ours again' });
    expect(await api.get(id)).toMatchObject({
      conflict: {
        fields: ['title'],
        local: { fields: { title: 'Ours again' } },
        remote: { fields: { title: 'Theirs' } },
      },
    });
  });

  it('does not lose what both have changed by now', async () => {
    const id = await createConflict();
    await api.change(id, { location: 'Room 2' });
    expect(await resolve(id, { title: 'remote' })).toMatchObject({
      code: 'fieldsUndecided',
      paths: ['body.fields.location'],
    });
    await resolve(id, { title: 'remote', location: 'local' });
    await api.world.drain();
    expect(await api.get(id)).toMatchObject({ title: 'Theirs', location: 'Room 2', syncStatus: 'synced' });
  });

  it('still waits to be settled when both say the same', async () => {
    const id = await createConflict();
    await api.change(id, { title: 'Theirs' });
    await api.world.drain();
    expect(await api.get(id)).toMatchObject({ conflict: { fields: ['title'] } });
    await resolve(id, { title: 'local' });
    await api.world.drain();
    expect(await api.get(id)).toMatchObject({ title: 'Theirs', location: 'Room 1', syncStatus: 'synced' });
  });
});

it.each([{ isActive: false }, { status: 'needsAuth' as const }])(
  'a task waits for a connection that is %j and follows its settings',
  async (away) => {
    const { connectionId, connections } = api.world;
    await connections.change(connectionId, () => ({ patch: { ...away, autoSyncTasks: false } }));
    expect(await api.create({})).toMatchObject({ connectionId, syncToCalendar: false });
  },
);

it('a task whose event is over as soon as it begins can be changed', async () => {
  const { id } = await createSynced({ due: '2026-11-25T10:00:00Z' });
  await api.world.tasks.change(id, ({ due }) => ({ end: due }));
  expect(await api.change(id, { title: 'Other' })).toMatchObject({ title: 'Other' });
  expect(await api.change(id, { end: '2026-11-25T10:00:00Z' })).toMatchObject({ paths: ['body.end'] });
});

it('exceptions belong to a series: they are gone with it, and another one begins without', async () => {
  const task = await createSynced({ due: '2026-11-25', recurrence: { type: 'daily', count: 5 } });
  api.world.calendar.events.patch(ann, ann, `${task.googleCalendarEventId}_20261127`, {
    start: { date: '2026-12-01' },
    end: { date: '2026-12-02' },
  });
  await api.world.drain();
  expect((await api.get(task.id)).exceptions).toHaveLength(1);
  await api.change(task.id, { recurrence: null });
  await api.world.drain();
  expect((await api.get(task.id)).exceptions).toEqual([]);
  await api.change(task.id, { recurrence: { type: 'weekly', count: 3 } });
  expect((await api.get(task.id)).exceptions).toEqual([]);
});

it.each([
  [{ recurrence: { type: 'hourly' } }, 'body.recurrence.type'],
  [{ recurrence: { type: 'custom', rules: ['FREQ=DAILY'] } }, 'body.recurrence.rules[0]'],
])('%j names %s', async (wrong, path) => {
  expect(await api.create(wrong)).toMatchObject({ kind: 'invalid', paths: [path] });
});

it('a page token that no page has given is named', async () => {
  expect(await api.call('listTasks', { query: { pageToken: '../tasks' } })).toMatchObject({
    paths: ['query.pageToken'],
  });
});
