import { ann } from '../../test/tasks/simulation';
import { createTasksApi } from '../../test/tasks/tasks-api';

let api: Awaited<ReturnType<typeof createTasksApi>>;
beforeEach(async () => {
  api = await createTasksApi();
});

async function createSynced(body: object = {}) {
  const { id } = await api.create(body);
  await api.world.drain();
  return api.get(id);
}

const tomorrow = { start: { dateTime: '2026-11-23T10:00:00Z' }, end: { dateTime: '2026-11-23T11:00:00Z' } };

describe('events that somebody else made', () => {
  const insert = (event: object) =>
    api.world.calendar.events.insert(ann, ann, { summary: 'Theirs', ...tomorrow, ...event });

  it('become tasks only where the user wants it, and then both follow each other', async () => {
    insert({});
    await api.world.drain();
    expect((await api.call('listTasks')).tasks).toEqual([]);

    await api.world.connections.change(api.world.connectionId, () => ({ patch: { importExternalEvents: true } }));
    const event = insert({ summary: 'Theirs too', description: 'As it is' });
    await api.world.drain();
    const [task] = (await api.call('listTasks')).tasks!;
    expect(task).toMatchObject({ title: 'Theirs too', description: 'As it is', imported: true, syncStatus: 'synced' });
    await api.change(task!.id, { title: 'Ours' });
    await api.world.drain();
    const { resource } = api.world.calendar.calendar(ann).get(event.id!);
    expect(resource).toMatchObject({ summary: 'Ours', description: 'As it is' });
    expect(resource).not.toHaveProperty('extendedProperties');

    await api.call('deleteTask', { params: { taskId: task!.id } });
    await api.world.drain();
    expect(api.world.calendar.calendar(ann).get(event.id!).resource.status).toBe('confirmed');
  });

  it('that repeat in a way that no request may ask for stop neither lists nor sweeps', async () => {
    await api.world.connections.change(api.world.connectionId, () => ({ patch: { importExternalEvents: true } }));
    const lines = ['RRULE:FREQ=DAILY', ...Array.from({ length: 60 }, () => 'EXDATE:20261201T100000Z,20261202T100000Z')];
    const inZone = (time: object) => ({ ...time, timeZone: 'UTC' });
    insert({ recurrence: lines, start: inZone(tomorrow.start), end: inZone(tomorrow.end) });
    await api.world.drain();
    const { tasks } = await api.call('listTasks');
    expect(tasks).toMatchObject([{ recurrence: { type: 'custom', rules: lines } }]);
    await expect(api.world.sweep()).resolves.toBeUndefined();
  });

  it('are left alone where they are over, of another kind, or a copy of one of ours', async () => {
    await api.world.connections.change(api.world.connectionId, () => ({ patch: { importExternalEvents: true } }));
    insert({ start: { date: '2026-11-01' }, end: { date: '2026-11-02' } });
    insert({ eventType: 'outOfOffice' });
    const longAgo = { start: { date: '2026-01-01' }, end: { date: '2026-01-02' } };
    insert({ ...longAgo, recurrence: ['RRULE:FREQ=DAILY;UNTIL=20260301', 'EXDATE;VALUE=DATE:20260105'] });
    insert({ ...longAgo, summary: 'Still on', recurrence: ['RRULE:FREQ=WEEKLY;UNTIL=20261231'] });
    insert({ ...longAgo, summary: 'For ever', recurrence: ['RRULE:FREQ=YEARLY'] });
    const task = await createSynced();
    const { extendedProperties } = api.eventOf(task);
    insert({ summary: 'Copy', extendedProperties });
    await api.world.drain();
    const { tasks } = await api.call('listTasks');
    expect(tasks!.map(({ title }) => title).sort()).toEqual(['Call Bob', 'Copy', 'For ever', 'Still on']);
    expect(await api.get(task.id)).toMatchObject({
      title: 'Call Bob',
      googleCalendarEventId: task.googleCalendarEventId,
    });
  });
});
