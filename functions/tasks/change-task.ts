import type * as z from 'zod';
import { AttacheError } from '../../shared/domain/errors';
import { sees, type Caller } from '../../shared/domain/grants';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import { deleteTask, editTask } from '../../shared/domain/task/edit-task';
import {
  resolveConflict,
  restateConflict,
  undecidedFields,
  type Resolution,
} from '../../shared/domain/task/follow-event';
import type { MappingContext } from '../../shared/domain/task/map-event';
import { needsPush, type Task } from '../../shared/domain/task/task';
import { taskEtag, viewTask, type TaskView } from '../../shared/domain/task/view-task';
import type { TasksDependencies } from './dependencies';
import { readContent } from './read-content';
import type { taskChange } from './schema';

/** A task of a user whom the caller sees; any other answers exactly as one that does not exist. */
export async function loadTask(
  { tasks }: Pick<TasksDependencies, 'tasks'>,
  caller: Caller,
  taskId: string,
): Promise<Task> {
  const stored = await tasks.load(taskId);
  if (stored && sees(caller, stored.record.owner) && !stored.record.deleted) return stored.record;
  throw unknownTask(taskId);
}

export async function changeTask(
  deps: TasksDependencies,
  caller: Caller,
  taskId: string,
  ifMatch: string | undefined,
  request: z.output<typeof taskChange>,
): Promise<TaskView> {
  return change(deps, caller, taskId, ifMatch, async (task) => {
    const patch = editTask(task, readContent(request, task), deps.clock.now());
    if (!patch || task.conflict === null) return patch;
    return { ...patch, ...restateConflict({ ...task, ...patch }, await contextOf(deps, task)) };
  });
}

export async function removeTask(
  deps: TasksDependencies,
  caller: Caller,
  taskId: string,
  ifMatch: string | undefined,
): Promise<void> {
  await change(deps, caller, taskId, ifMatch, (task) => deleteTask(task, deps.clock.now()));
}

/** Errors: `conflict` code `noConflict`; `invalid` for a merge that leaves a conflicting field open. */
export async function settleConflict(
  deps: TasksDependencies,
  caller: Caller,
  taskId: string,
  ifMatch: string | undefined,
  choice: Resolution,
): Promise<TaskView> {
  const context = await contextOf(deps, await loadTask(deps, caller, taskId));
  return change(deps, caller, taskId, ifMatch, (task) => {
    const undecided = undecidedFields(task, choice);
    if (undecided.length > 0) {
      throw new AttacheError('invalid', `Both sides have changed ${undecided.join(', ')}.`, {
        code: 'fieldsUndecided',
        errors: undecided.map((field) => ({ path: `body.fields.${field}`, message: 'required' })),
        fix: 'Say for each of these fields whether local or remote holds.',
      });
    }
    const settled = resolveConflict(task, choice, context);
    if (settled) return settled;
    throw new AttacheError('conflict', 'This task has no conflict.', {
      code: 'noConflict',
      fix: 'GET /v1/tasks/conflicts lists the tasks that have one.',
    });
  });
}

/** Never fails: what is not sent now is found by the sweep. */
export async function requestSync(
  { bus, syncTopic, logger }: TasksDependencies,
  { connectionId, taskId, ...task }: Task,
): Promise<void> {
  if (connectionId === null || !(task.deleted || needsPush({ connectionId, taskId, ...task }))) return;
  try {
    await bus.publish(syncTopic, [encodeSyncJob({ kind: 'syncTask', connectionId, taskId })]);
  } catch (error) {
    logger.warning('a task waits for the sweep', { error });
  }
}

async function change(
  deps: TasksDependencies,
  caller: Caller,
  taskId: string,
  ifMatch: string | undefined,
  decide: (task: Task) => Partial<Task> | undefined | Promise<Partial<Task> | undefined>,
): Promise<TaskView> {
  const changed = await deps.tasks.change(taskId, (task) => {
    if (!sees(caller, task.owner) || task.deleted) throw unknownTask(taskId);
    if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== taskEtag(task)) throw hasChanged(task);
    return decide(task);
  });
  if (!changed) throw unknownTask(taskId);
  await requestSync(deps, changed.record);
  return viewTask(changed.record);
}

async function contextOf(
  { connections, managedBy, clock }: TasksDependencies,
  { connectionId }: Task,
): Promise<MappingContext> {
  const connection = connectionId === null ? undefined : (await connections.load(connectionId))?.record;
  return {
    timeZone: connection?.timeZone ?? 'UTC',
    taskTypeColors: connection?.taskTypeColors ?? {},
    managedBy,
    nowMs: clock.now(),
  };
}

function hasChanged(task: Task): AttacheError {
  return new AttacheError('preconditionFailed', 'The task has changed since it was read.', {
    code: 'taskChanged',
    details: { current: viewTask(task) },
    fix: 'Look at current, and send the change again with its etag in If-Match.',
  });
}

function unknownTask(taskId: string): AttacheError {
  return new AttacheError('notFound', `There is no task ${taskId} among those you may use.`, {
    code: 'taskNotFound',
    fix: 'GET /v1/tasks lists them.',
  });
}
