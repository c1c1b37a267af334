import type { Logger } from '../../shared/runtime/logger';
import type { Authorize } from '../../shared/runtime/platform-identity';
import type { Handler } from '../../shared/runtime/serve-http';
import { serveJob } from '../../shared/runtime/serve-job';
import { sweepMailboxes, type SweepDependencies } from './sweep-mailboxes';

/** Cloud Scheduler's call, every five minutes: wakes the mailboxes whose time has come. */
export function createMailboxSweepHandler(
  { budgetMs, ...dependencies }: Omit<SweepDependencies, 'deadlineMs'> & { readonly budgetMs: number },
  serving: { readonly authorize: Authorize; readonly logger: Logger },
): Handler {
  const now = () => dependencies.clock.now();
  return serveJob({
    ...serving,
    now,
    handle: async ({ logger }) => {
      const counts = await sweepMailboxes({ ...dependencies, deadlineMs: now() + budgetMs });
      if (counts.lagging > 0) logger.warning('mailboxes lag behind', { count: counts.lagging });
      return { ...counts };
    },
  });
}
