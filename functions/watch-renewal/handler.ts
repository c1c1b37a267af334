import type { Logger } from '../../shared/runtime/logger';
import type { Authorize } from '../../shared/runtime/platform-identity';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveJob } from '../../shared/runtime/serve-job';
import { renewWatches, type RenewalDependencies } from './renew-watches';

/** Cloud Scheduler's call, daily and hourly: renews the watches that are due, failed ones within minutes. */
export function createWatchRenewalHandler(
  { budgetMs, ...dependencies }: Omit<RenewalDependencies, 'deadlineMs'> & { readonly budgetMs: number },
  serving: { readonly authorize: Authorize; readonly logger: Logger },
): Handler {
  const now = () => dependencies.clock.now();
  return serveJob({
    ...serving,
    now,
    handle: async ({ logger }) => {
      const deadlineMs = now() + budgetMs;
      return { ...(await renewWatches({ ...dependencies, deadlineMs }, logger)) };
    },
  });
}
