import type { Authenticate } from '../../shared/runtime/callers';
import type { Logger } from '../../shared/runtime/logger';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveRoutes, type RouteServing } from '../../shared/runtime/serve-routes';
import { mailboxRoutes, type MailboxesDependencies } from './routes';

export interface MailboxesServing extends Pick<RouteServing, 'checkResponses'> {
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly baseUrl?: string | undefined;
}

/** Agents and operators: mailboxes, messages, the event feed and the status. */
export function createMailboxesHandler(
  dependencies: MailboxesDependencies,
  { baseUrl, ...serving }: MailboxesServing,
): Handler {
  return serveRoutes(mailboxRoutes, dependencies, {
    ...serving,
    now: () => dependencies.clock.now(),
    ready: async () => void (await dependencies.store.get('health/ready')),
    ...(baseUrl !== undefined && { baseUrl }),
  });
}
