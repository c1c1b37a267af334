import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { defaultTaskSyncSettings, type TaskSyncDependencies } from '../../functions/task-sync/dependencies';
import { handleJob } from '../../functions/task-sync/handle-job';
import { newConnection } from '../../shared/domain/connection';
import { encodeSyncJob, type SyncJob } from '../../shared/domain/sync-job';
import { emptyContent } from '../../shared/domain/task/edit-task';
import { createMarks } from '../../shared/domain/task/mark';
import { newTask } from '../../shared/domain/task/task';
import { createLogger } from '../../shared/runtime/logger';
import { createConnectionStore } from '../../shared/store/connection-store';
import { createFirestoreStore } from '../../shared/store/firestore';
import { createTaskStore } from '../../shared/store/task-store';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { CalendarModel } from '../workspace/calendar/model';
import { calendarOnModel } from './calendar-port';

const ann = 'ann@example.com';
const count = 500;

emulatedDescribe('firestore', 'Five hundred tasks on the Firestore emulator', (emulatorHost) => {
  test('and five hundred edits in the calendar are equal in the end, although a worker is killed on the way', async () => {
    const store = createFirestoreStore({ projectId: `tasks-${randomUUID().slice(0, 8)}`, emulatorHost });
    const clock = { now: () => Date.now(), sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)) };
    const calendar = new CalendarModel({ now: clock.now, notify: () => undefined });
    calendar.createUser(ann, 'Europe/Berlin');
    const outbox = {
      record: (event: { id: string }) => ({ op: 'create', path: `told/${event.id}`, data: { id: event.id } }) as const,
      publish: async () => undefined,
    };
    const connections = createConnectionStore({ store, clock });
    const tasks = createTaskStore({ store, clock, outbox });
    const connection = newConnection({ kind: 'delegation', owner: ann, connectedEmail: ann }, clock.now());
    const { connectionId } = connection;
    await connections.create(connection);

    const queue: SyncJob[] = [];
    /** After so many calls of the calendar its worker is dead: nothing that it has begun ever comes to an end. */
    let callsLeft = Infinity;
    const deps: TaskSyncDependencies = {
      store,
      tasks,
      connections,
      calendarOf: () =>
        calendarOnModel(
          calendar,
          ann,
          (_, run) => ((callsLeft -= 1) < 0 ? new Promise(() => undefined) : run()),
          clock.now,
        ),
      zoom: undefined,
      marks: createMarks('emulated', 'k'.repeat(32)),
      bus: {
        publish: async (_, messages) => messages.map(({ data }) => (queue.push(JSON.parse(data) as SyncJob), '')),
      },
      clock,
      random: { next: Math.random },
      newToken: () => 'token',
      settings: {
        ...defaultTaskSyncSettings,
        deployment: 'emulated',
        webhookUrl: 'https://example.com/',
        leaseMs: 2_000,
      },
    };
    const logger = createLogger({ now: clock.now, write: () => undefined });
    const work = (job: SyncJob) =>
      handleJob(deps, { messageId: randomUUID(), data: encodeSyncJob(job).data, publishTimeMs: clock.now() }, logger);
    const ids = Array.from({ length: count }, (_, i) => `tsk_${i}`);
    const pushAll = () =>
      pMap(ids, (taskId) => work({ kind: 'syncTask', connectionId, taskId }).catch(() => undefined), {
        concurrency: 16,
      });

    await pMap(
      ids,
      (taskId) =>
        tasks.create(
          newTask(
            taskId,
            { owner: ann, connectionId },
            { ...emptyContent, title: taskId, due: '2026-12-01' },
            clock.now(),
          ),
        ),
      { concurrency: 16 },
    );
    callsLeft = 300;
    void pushAll();
    while (callsLeft >= 0) await clock.sleep(50);
    await clock.sleep(2_500);
    callsLeft = Infinity;
    await pushAll();

    const events = [...calendar.calendar(ann).events.values()];
    expect(events).toHaveLength(count);
    for (const { id, resource } of events)
      calendar.events.patch(ann, ann, id, { location: `Room of ${resource.summary}` });
    await work({ kind: 'pullCalendar', connectionId, calendarId: ann });
    await pMap(queue, work, { concurrency: 16 });

    const after = await pMap(ids, async (taskId) => (await tasks.load(taskId))!.record, { concurrency: 16 });
    expect(after.filter(({ location, title }) => location !== `Room of ${title}`)).toEqual([]);
    expect(after.filter(({ conflict, lease }) => conflict !== null || lease !== null)).toEqual([]);
    expect((await connections.load(connectionId))?.record.lease).toBeNull();
    expect(
      [...calendar.calendar(ann).events.values()].filter(({ resource }) => resource.status !== 'cancelled'),
    ).toHaveLength(count);
  }, 180_000);
});
