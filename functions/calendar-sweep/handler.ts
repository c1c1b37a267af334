import * as z from 'zod';
import { AttacheError } from '../../shared/domain/errors';
import type { SettleDependencies } from '../../shared/domain/meeting/settle-meeting';
import type { Logger } from '../../shared/runtime/logger';
import type { Authorize } from '../../shared/runtime/platform-identity';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveJob, type JobContext } from '../../shared/runtime/serve-job';
import { refreshDueChannels, sweepOrphans, syncPending, type FanOutDependencies } from './fan-out';
import { settleMeetings } from './settle-meetings';

export interface CalendarSweepDependencies
  extends SettleDependencies, Omit<FanOutDependencies, 'deadlineMs' | 'clock'> {
  readonly budgetMs: number;
}

type Job = (
  deps: CalendarSweepDependencies,
  context: Pick<JobContext, 'logger' | 'body'> & { readonly deadlineMs: number },
) => Promise<Readonly<Record<string, number>>>;

/** By path, as Cloud Scheduler calls them. */
const calendarJobs: Readonly<Record<string, Job>> = {
  '/expired-holds': async (deps, context) => ({ ...(await settleMeetings({ ...deps, ...context })) }),
  '/refresh-channels': async (deps, context) => ({ ...(await refreshDueChannels({ ...deps, ...context })) }),
  '/sync-pending': async (deps, context) => ({ ...(await syncPending({ ...deps, ...context })) }),
  '/sync-orphaned': async (deps, { body, ...context }) => ({
    ...(await sweepOrphans({ ...deps, ...context }, orphansRequest.parse(body ?? {}))),
  }),
};

/** A dry run says in the log what a sweep would do. */
const orphansRequest = z.object({ dryRun: z.boolean().default(false) });

export function createCalendarSweepHandler(
  dependencies: CalendarSweepDependencies,
  serving: { readonly authorize: Authorize; readonly logger: Logger },
): Handler {
  const now = () => dependencies.clock.now();
  return serveJob({
    ...serving,
    now,
    handle: async ({ path, body, logger }) => {
      const job = calendarJobs[path];
      if (!job) {
        throw new AttacheError('notFound', `There is no job ${path}.`, {
          fix: `The jobs are ${Object.keys(calendarJobs).join(', ')}.`,
        });
      }
      return job(dependencies, { logger, body, deadlineMs: now() + dependencies.budgetMs });
    },
  });
}
