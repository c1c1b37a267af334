import { createHash } from 'node:crypto';
import type * as z from 'zod';
import { isUsable, newConnection, type Connection } from '../../shared/domain/connection';
import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import { requireMailbox, type Caller } from '../../shared/domain/grants';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import { newTask as toTask } from '../../shared/domain/task/task';
import { editTask, emptyContent } from '../../shared/domain/task/edit-task';
import { viewTask, type TaskView } from '../../shared/domain/task/view-task';
import { keyReused } from '../../shared/store/idempotency-keys';
import { loadTask, requestSync } from './change-task';
import type { TasksDependencies } from './dependencies';
import { readContent } from './read-content';
import type { newTask } from './schema';

/**
 * Makes a task, and its connection where delegation covers the user. The same key makes no second one. Errors: `notFound`
 * (user or connection), `invalid` (also for a key that stands for another request).
 */
export async function createTask(
  deps: TasksDependencies,
  caller: Caller,
  key: string | undefined,
  wanted: z.output<typeof newTask>,
): Promise<{ task: TaskView; isReplayed: boolean }> {
  const { email, connectionId, ...request } = wanted;
  const { tasks, clock, newId } = deps;
  requireMailbox(caller, email);
  const connection = await chooseConnection(deps, email, connectionId);
  const content = { ...emptyContent, syncToCalendar: connection?.autoSyncTasks ?? true };
  const taskId = `tsk_${key === undefined ? newId() : hash(`${caller.id}\n${key}`)}`;
  const requestHash = key === undefined ? null : hash(JSON.stringify(wanted));
  const blank = toTask(taskId, { owner: email, connectionId: connection?.connectionId ?? null }, content, clock.now());
  const task = { ...blank, ...editTask(blank, readContent(request, blank), clock.now()), revision: 1 };
  const settledRevision = task.syncToCalendar ? 0 : 1;
  try {
    const { record } = await tasks.create({ ...task, requestHash, settledRevision });
    await requestSync(deps, record);
    return { task: viewTask(record), isReplayed: false };
  } catch (error) {
    if (key === undefined || !isAttacheError(error, 'conflict')) throw error;
    const earlier = await loadTask(deps, caller, taskId);
    if (earlier.requestHash !== requestHash) throw keyReused();
    return { task: viewTask(earlier), isReplayed: true };
  }
}

async function chooseConnection(
  deps: TasksDependencies,
  owner: string,
  connectionId: string | undefined,
): Promise<Connection | undefined> {
  const { connections, clock, bus, syncTopic, isDelegated } = deps;
  const { records } = await connections.listOf({ owners: [owner] }, 50);
  if (connectionId !== undefined) {
    const chosen = records.find((one) => one.connectionId === connectionId);
    if (chosen) return chosen;
    throw new AttacheError('notFound', `${owner} has no connection ${connectionId}.`, {
      code: 'connectionNotFound',
      fix: 'GET /v1/connections lists them; leave connectionId out for the user’s own.',
    });
  }
  // One that is paused, or waits for its user, will be back.
  const known = records.find(isUsable) ?? records.find(({ status }) => status !== 'disconnected');
  if (known || !isDelegated(owner) || records.some(({ kind }) => kind === 'delegation')) return known;

  const connection = newConnection({ kind: 'delegation', owner, connectedEmail: owner }, clock.now());
  try {
    const { record } = await connections.create(connection);
    const job = { kind: 'refreshChannels', connectionId: record.connectionId, force: false } as const;
    await bus.publish(syncTopic, [encodeSyncJob(job)]);
    return record;
  } catch (error) {
    if (!isAttacheError(error, 'conflict')) throw error;
    return (await connections.load(connection.connectionId))?.record;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
