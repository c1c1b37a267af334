import { TestClock } from '../../test/mail-fixture';
import { newConnection } from '../../shared/domain/connection';
import { emptyContent } from '../../shared/domain/task/edit-task';
import { newTask, type Task } from '../../shared/domain/task/task';
import type { BusMessage } from '../../shared/domain/ports';
import { createEventOutbox } from '../../shared/store/event-outbox';
import { createMemoryStore } from '../../shared/store/memory';
import { createTaskStore } from '../../shared/store/task-store';
import { createConnectionTasks } from './connection-tasks';

const owner = 'ann@example.com';
const connection = newConnection({ kind: 'oauth', owner, connectedEmail: owner }, 0);
const { connectionId } = connection;

const content = { ...emptyContent, title: 'A task' };

function createWorld() {
  const clock = new TestClock();
  const store = createMemoryStore(clock);
  const jobs: unknown[] = [];
  const bus = {
    publish: async (topic: string, messages: readonly BusMessage[]) => {
      if (topic === 'task-sync') jobs.push(...messages.map(({ data }) => JSON.parse(data) as unknown));
      return messages.map(() => 'id');
    },
  };
  const outbox = createEventOutbox({ store, bus, clock, eventsTopic: 'agent-events', onFailure: () => undefined });
  const tasks = createTaskStore({ store, clock, outbox });
  return {
    tasks,
    jobs,
    ofConnection: createConnectionTasks({ tasks, bus, clock, syncTopic: 'task-sync' }),
    add: (taskId: string, changes: Partial<Task> = {}) =>
      tasks.create({ ...newTask(taskId, { owner, connectionId }, content, clock.now()), ...changes }),
  };
}

const link = { eventId: 'e', calendarId: owner, etag: '"1"' };
const settled = { link, revision: 1, settledRevision: 1 };

let world: ReturnType<typeof createWorld>;
beforeEach(() => void (world = createWorld()));

test('syncing hands on what is flagged and has no event, and nothing else', async () => {
  await world.add('flagged');
  await world.add('waiting', { connectionId: null });
  await world.add('linked', settled);
  await world.add('unflagged', { syncToCalendar: false });
  await world.add('cancelled', { status: 'cancelled' });
  await world.add('elsewhere', { connectionId: 'con_other' });
  await world.add('of-bob', { owner: 'bob@example.com' });
  expect(await world.ofConnection.requestSync(connection, { all: false })).toBe(2);
  expect(world.jobs).toEqual(['flagged', 'waiting'].map((taskId) => ({ kind: 'syncTask', connectionId, taskId })));
  expect((await world.tasks.load('waiting'))?.record.connectionId).toBe(connectionId);
});

test('bulk sync flags all open tasks of the user, in pages', async () => {
  const ids = Array.from({ length: 310 }, (_, i) => `task-${String(i).padStart(3, '0')}`);
  for (const id of ids) await world.add(id, { syncToCalendar: false, connectionId: null });
  await world.add('done', { status: 'completed' });
  await world.add('deleted', { deleted: true });
  expect(await world.ofConnection.requestSync(connection, { all: true })).toBe(310);
  expect(world.jobs).toHaveLength(310);
  expect((await world.tasks.load('task-309'))?.record).toMatchObject({ syncToCalendar: true, connectionId });
});

test('counts tell what waits, what is settled and what somebody has to decide', async () => {
  await world.add('waiting');
  await world.add('settled', settled);
  await world.add('edited', { ...settled, revision: 2 });
  const version = {
    fields: { title: '', description: '', location: '', when: { start: {}, end: {} }, recurrence: [], guests: [] },
    etag: '"2"',
  };
  await world.add('conflict', {
    ...settled,
    conflict: { fields: ['title'], local: version, remote: version, detectedAtMs: 0 },
  });
  await world.add('elsewhere', { connectionId: 'con_other' });
  expect(await world.ofConnection.counts(connection)).toEqual({ pending: 2, synced: 1, conflicts: 1 });
});
