import pMap from 'p-map';
import type { Connection } from '../../shared/domain/connection';
import { encodeSyncJob, type SyncJob } from '../../shared/domain/sync-job';
import { needsPush, wantsEvent, type Task } from '../../shared/domain/task/task';
import type { TaskSyncDependencies } from './dependencies';
import { targetOf } from './look-at-event';

/**
 * Hands on what has waited while a connection was not there, paused, or refused: what people did in its calendars, unsent
 * tasks, the user's tasks that had no connection yet, and tasks whose events belong into another calendar by now.
 */
export async function catchUp(
  { tasks, bus, settings }: Pick<TaskSyncDependencies, 'tasks' | 'bus' | 'settings'>,
  connection: Connection,
): Promise<void> {
  const { connectionId, owner, channels } = connection;
  const send = async (jobs: readonly SyncJob[]) => {
    if (jobs.length > 0) await bus.publish(settings.syncTopic, jobs.map(encodeSyncJob));
  };
  await send(Object.keys(channels).map((calendarId) => ({ kind: 'pullCalendar', connectionId, calendarId })));
  let next: Parameters<typeof tasks.listOf>[2];
  do {
    const page = await tasks.listOf({ owners: [owner] }, 300, next);
    const waiting = page.records.filter((task) => resume(task, connection) !== undefined);
    await pMap(waiting, ({ taskId }) => tasks.change(taskId, (task) => resume(task, connection)), { concurrency });
    await send(waiting.map(({ taskId }) => ({ kind: 'syncTask', connectionId, taskId })));
    next = page.next;
  } while (next !== undefined);
}

const concurrency = 10;

/** A task that has waited, without the patience that it has gathered. */
function resume(task: Task, connection: Connection): Partial<Task> | undefined {
  const { connectionId } = connection;
  const isForIt = task.connectionId === connectionId || (task.connectionId === null && wantsEvent(task));
  if (!isForIt || task.conflict !== null || task.syncError !== null) return undefined;
  const { link, revision } = task;
  const isMisplaced = wantsEvent(task) && link?.etag != null && link.calendarId !== targetOf(connection, task);
  if (!isMisplaced && !needsPush(task)) return undefined;
  return { connectionId, failures: 0, ...(!needsPush(task) && { revision: revision + 1 }) };
}
