import type { Authenticate } from '../../shared/runtime/callers';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveRoutes, type RouteServing } from '../../shared/runtime/serve-routes';
import type { TasksDependencies } from './dependencies';
import { taskRoutes } from './routes';

export interface TasksServing extends Pick<RouteServing, 'checkResponses'> {
  readonly authenticate: Authenticate;
  readonly baseUrl?: string | undefined;
}

/** Agents and CRMs: tasks, and the conflicts that somebody has to settle. */
export function createTasksHandler(dependencies: TasksDependencies, { baseUrl, ...serving }: TasksServing): Handler {
  return serveRoutes(taskRoutes, dependencies, {
    ...serving,
    logger: dependencies.logger,
    now: () => dependencies.clock.now(),
    ready: async () => void (await dependencies.store.get('health/ready')),
    ...(baseUrl !== undefined && { baseUrl }),
  });
}
