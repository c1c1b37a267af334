import type { IncomingHttpHeaders } from 'node:http';
import type { TasksDependencies } from '../../functions/tasks/dependencies';
import { taskRoutes } from '../../functions/tasks/routes';
import { asAttacheError } from '../../shared/domain/errors';
import { CAPABILITIES, type Caller } from '../../shared/domain/grants';
import { callRoute } from '../../shared/runtime/call-route';
import { createLogger } from '../../shared/runtime/logger';
import { Reply } from '../../shared/runtime/route';
import type { TaskView } from '../../shared/domain/task/view-task';
import { ann, TaskWorld } from './simulation';

export const owner: Caller = { id: 'crm', capabilities: [...CAPABILITIES], mailboxes: [ann], domains: [] };

export interface TaskAnswer extends TaskView {
  readonly status: TaskView['status'];
  /** Of a refusal. */
  readonly kind?: string;
  readonly code?: string;
  readonly paths?: readonly string[];
  readonly tasks?: readonly TaskView[];
  readonly replayed?: string | undefined;
}

/** The `tasks` function on a world in which `task-sync` works too. */
export async function createTasksApi() {
  const world = new TaskWorld(1);
  await world.start();
  let ids = 0;
  const logger = createLogger({ now: () => world.nowMs, write: () => undefined });
  const deps: TasksDependencies = {
    store: world.store,
    tasks: world.tasks,
    connections: world.connections,
    bus: { publish: async (_, messages) => messages.map(({ data }) => (world.publish(data), '')) },
    clock: { now: () => world.nowMs },
    syncTopic: 'task-sync',
    managedBy: 'Attaché',
    isDelegated: (email) => email.endsWith('@example.com'),
    newId: () => `id${(ids += 1)}`,
    logger,
  };

  async function call(
    operationId: string,
    {
      params = {},
      query = {},
      body,
      headers = {},
      caller = owner,
    }: {
      readonly params?: Record<string, string>;
      readonly query?: Record<string, unknown>;
      readonly body?: unknown;
      readonly headers?: IncomingHttpHeaders;
      readonly caller?: Caller;
    } = {},
  ): Promise<TaskAnswer> {
    const route = taskRoutes.find((one) => one.operationId === operationId)!;
    const input = { params, query, headers, readBody: async () => body };
    try {
      const result = await callRoute(route, deps, input, {
        caller,
        logger,
        requestId: 'r',
        signal: new AbortController().signal,
      });
      const answer = result instanceof Reply ? (result as Reply<object>) : { body: result as object, headers: {} };
      const checked = route.response.schema ? route.response.schema.parse(answer.body) : {};
      return {
        ...(checked as TaskAnswer),
        replayed: (answer.headers as Record<string, string>)['idempotency-replayed'],
      };
    } catch (thrown) {
      const { kind, code, errors, details } = asAttacheError(thrown);
      return { ...(details['current'] as TaskAnswer), kind, code, paths: errors.map(({ path }) => path) };
    }
  }

  return {
    world,
    call,
    create: (body: object, headers: IncomingHttpHeaders = {}) =>
      call('createTask', { body: { email: ann, title: 'Call Bob', ...body }, headers }),
    get: (taskId: string) => call('getTask', { params: { taskId } }),
    change: (taskId: string, body: object, headers: IncomingHttpHeaders = {}) =>
      call('changeTask', { params: { taskId }, body, headers }),
    /** The one event of a task. */
    eventOf: ({ googleCalendarEventId, googleCalendarId }: TaskView) =>
      world.calendar.events.get(ann, googleCalendarId ?? '', googleCalendarEventId ?? ''),
  };
}
