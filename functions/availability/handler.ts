import type { Authenticate } from '../../shared/runtime/callers';
import type { Logger } from '../../shared/runtime/logger';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveRoutes } from '../../shared/runtime/serve-routes';
import { availabilityRoutes, type AvailabilityDependencies } from './routes';

export interface AvailabilityServing {
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly baseUrl?: string | undefined;
}

/** Agents: free time of hosts, and the rules it follows. */
export function createAvailabilityHandler(
  dependencies: AvailabilityDependencies,
  { baseUrl, ...serving }: AvailabilityServing,
): Handler {
  return serveRoutes(availabilityRoutes, dependencies, {
    ...serving,
    now: () => dependencies.clock.now(),
    ready: async () => void (await dependencies.store.get('health/ready')),
    ...(baseUrl !== undefined && { baseUrl }),
  });
}
