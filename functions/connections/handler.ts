import type { Authenticate } from '../../shared/runtime/callers';
import type { Logger } from '../../shared/runtime/logger';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveRoutes, type RouteServing } from '../../shared/runtime/serve-routes';
import type { ConnectionsDependencies } from './dependencies';
import { connectionRoutes } from './routes';

export interface ConnectionsServing extends Pick<RouteServing, 'checkResponses' | 'baseUrl'> {
  readonly authenticate: Authenticate;
  readonly logger: Logger;
}

/** People and operators: connected accounts and OAuth apps. The callback is public; its state vouches for it. */
export function createConnectionsHandler(dependencies: ConnectionsDependencies, serving: ConnectionsServing): Handler {
  return serveRoutes(connectionRoutes, dependencies, {
    ...serving,
    now: () => dependencies.clock.now(),
    ready: async () => void (await dependencies.store.get('health/ready')),
  });
}
