import type * as z from 'zod';
import { requireMailbox, type Caller } from '../../shared/domain/grants';
import type { Task } from '../../shared/domain/task/task';
import { viewTask } from '../../shared/domain/task/view-task';
import { visiblePage, type OwnerScope } from '../../shared/domain/visible-page';
import { defineRoute, reply, type Route } from '../../shared/runtime/route';
import { changeTask, loadTask, removeTask, settleConflict } from './change-task';
import { createTask } from './create-task';
import type { TasksDependencies } from './dependencies';
import * as schema from './schema';

type Deps = TasksDependencies;

const path = '/v1/tasks/{taskId}';
const etagHeader = { ETag: 'The task’s `etag`, for `If-Match`.' };

export const taskRoutes: readonly Route<Deps>[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/tasks',
    operationId: 'createTask',
    summary: 'Makes a task, and with `syncToCalendar` its event, which follows it from then on',
    capability: 'tasks.write',
    headers: schema.idempotencyKey,
    body: schema.newTask,
    response: {
      status: 201,
      schema: schema.task,
      headers: { ...etagHeader, 'Idempotency-Replayed': '`true`: the task of an earlier request with this key.' },
    },
    errors: [404],
    handle: async (deps: Deps, { caller, headers, body }) => {
      const { task, isReplayed } = await createTask(deps, caller, headers['Idempotency-Key'], body);
      return reply(task, { headers: { etag: task.etag, ...(isReplayed && { 'idempotency-replayed': 'true' }) } });
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/tasks',
    operationId: 'listTasks',
    summary: 'The tasks of the users you may act for, by id',
    capability: 'tasks.read',
    query: schema.page,
    response: { status: 200, schema: schema.taskList },
    errors: [404],
    handle: async (deps: Deps, { caller, query }) =>
      list(caller, query, (scope, limit, after) => deps.tasks.listOf(scope, limit, after)),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/tasks/conflicts',
    operationId: 'listTaskConflicts',
    summary: 'Tasks that were changed on both sides, with both versions',
    capability: 'tasks.read',
    query: schema.page,
    response: { status: 200, schema: schema.taskList },
    errors: [404],
    handle: async (deps: Deps, { caller, query }) =>
      list(caller, query, (scope, limit, after) => deps.tasks.listConflicts(scope, limit, after)),
  }),
  defineRoute({
    method: 'GET',
    path,
    operationId: 'getTask',
    summary: 'One task',
    capability: 'tasks.read',
    params: schema.taskParam,
    response: { status: 200, schema: schema.task, headers: etagHeader },
    errors: [404],
    handle: async (deps: Deps, { caller, params }) => tagged(viewTask(await loadTask(deps, caller, params.taskId))),
  }),
  defineRoute({
    method: 'PATCH',
    path,
    operationId: 'changeTask',
    summary: 'Changes a task; what is left out stays, and its event follows',
    capability: 'tasks.write',
    params: schema.taskParam,
    headers: schema.ifMatch,
    body: schema.taskChange,
    response: { status: 200, schema: schema.task, headers: etagHeader },
    errors: [404, 412],
    handle: async (deps: Deps, { caller, params, headers, body }) =>
      tagged(await changeTask(deps, caller, params.taskId, headers['If-Match'], body)),
  }),
  defineRoute({
    method: 'DELETE',
    path,
    operationId: 'deleteTask',
    summary: 'Deletes a task and its event; an event that somebody else made stays',
    capability: 'tasks.write',
    params: schema.taskParam,
    headers: schema.ifMatch,
    response: { status: 204 },
    errors: [404, 412],
    handle: async (deps: Deps, { caller, params, headers }) => {
      await removeTask(deps, caller, params.taskId, headers['If-Match']);
      return undefined;
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}:complete`,
    operationId: 'completeTask',
    summary: 'Marks a task as completed; its event stays',
    capability: 'tasks.write',
    params: schema.taskParam,
    headers: schema.ifMatch,
    response: { status: 200, schema: schema.task, headers: etagHeader },
    errors: [404, 412],
    handle: async (deps: Deps, { caller, params, headers }) =>
      tagged(await changeTask(deps, caller, params.taskId, headers['If-Match'], { status: 'completed' })),
  }),
  defineRoute({
    method: 'POST',
    path: `${path}:reschedule`,
    operationId: 'rescheduleTask',
    summary: 'Moves a task to another time',
    capability: 'tasks.write',
    params: schema.taskParam,
    headers: schema.ifMatch,
    body: schema.reschedule,
    response: { status: 200, schema: schema.task, headers: etagHeader },
    errors: [404, 412],
    handle: async (deps: Deps, { caller, params, headers, body }) =>
      tagged(await changeTask(deps, caller, params.taskId, headers['If-Match'], body)),
  }),
  defineRoute({
    method: 'POST',
    path: `${path}:resolveConflict`,
    operationId: 'resolveTaskConflict',
    summary: 'Settles a conflict: the task’s version, the calendar’s, or a choice field by field',
    description: 'Where the event has changed once more since, that is a new conflict.',
    capability: 'tasks.write',
    params: schema.taskParam,
    headers: schema.ifMatch,
    body: schema.conflictResolution,
    response: { status: 200, schema: schema.task, headers: etagHeader },
    errors: [404, 409, 412],
    handle: async (deps: Deps, { caller, params, headers, body }) =>
      tagged(await settleConflict(deps, caller, params.taskId, headers['If-Match'], body)),
  }),
];

async function list(
  caller: Caller,
  { email, pageSize, pageToken }: z.output<typeof schema.page>,
  query: (scope: OwnerScope, limit: number, after?: { id: string }) => Promise<{ records: Task[] }>,
) {
  if (email !== undefined) requireMailbox(caller, email);
  const { records, nextPageToken } = await visiblePage(
    email === undefined ? caller : { mailboxes: [email], domains: [] },
    ({ taskId }: Task) => taskId,
    async (scope, limit) =>
      (await query(scope, limit, pageToken === undefined ? undefined : { id: pageToken })).records,
    pageSize,
  );
  return { tasks: records.filter(({ deleted }) => !deleted).map(viewTask), nextPageToken };
}

function tagged<Task extends { readonly etag: string }>(task: Task) {
  return reply(task, { headers: { etag: task.etag } });
}
