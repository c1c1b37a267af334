import { AttacheError } from '../../shared/domain/errors';
import type { SettleDependencies } from '../../shared/domain/meeting/settle-meeting';
import type { Logger } from '../../shared/runtime/logger';
import type { Authorize } from '../../shared/runtime/platform-identity';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveJob, type JobContext } from '../../shared/runtime/serve-job';
import { settleMeetings } from './settle-meetings';

export interface CalendarSweepDependencies extends SettleDependencies {
  readonly budgetMs: number;
}

type Job = (
  deps: CalendarSweepDependencies,
  context: Pick<JobContext, 'logger'> & { readonly deadlineMs: number },
) => Promise<Readonly<Record<string, number>>>;

/** By path, as Cloud Scheduler calls them. */
export const calendarJobs: Readonly<Record<string, Job>> = {
  '/expired-holds': async (deps, context) => ({ ...(await settleMeetings({ ...deps, ...context })) }),
};

export function createCalendarSweepHandler(
  dependencies: CalendarSweepDependencies,
  serving: { readonly authorize: Authorize; readonly logger: Logger },
): Handler {
  const now = () => dependencies.clock.now();
  return serveJob({
    ...serving,
    now,
    handle: async ({ path, logger }) => {
      const job = calendarJobs[path];
      if (!job) {
        throw new AttacheError('notFound', `There is no job ${path}.`, {
          fix: `The jobs are ${Object.keys(calendarJobs).join(', ')}.`,
        });
      }
      return job(dependencies, { logger, deadlineMs: now() + dependencies.budgetMs });
    },
  });
}
