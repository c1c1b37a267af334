import type { Authenticate } from '../../shared/runtime/callers';
import type { Logger } from '../../shared/runtime/logger';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveRoutes, type RouteServing } from '../../shared/runtime/serve-routes';
import type { MeetingsDependencies } from './dependencies';
import { meetingRoutes } from './routes';

export interface MeetingsServing extends Pick<RouteServing, 'checkResponses'> {
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly baseUrl?: string | undefined;
}

/** Agents: meetings in the calendars of their hosts. */
export function createMeetingsHandler(
  dependencies: MeetingsDependencies,
  { baseUrl, ...serving }: MeetingsServing,
): Handler {
  return serveRoutes(meetingRoutes, dependencies, {
    ...serving,
    now: () => dependencies.clock.now(),
    ready: async () => void (await dependencies.store.get('health/ready')),
    ...(baseUrl !== undefined && { baseUrl }),
  });
}
