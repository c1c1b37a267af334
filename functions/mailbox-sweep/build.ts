import { authorizeScheduler } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore, dueSettings } from '../../shared/platform/connect';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock } from '../../shared/runtime/system';
import { createMailboxStore } from '../../shared/store/mailbox-store';
import { mailboxSweepConfig } from './config';
import { createMailboxSweepHandler } from './handler';

export const build = fromEnvironment(mailboxSweepConfig, (config) => {
  const store = connectStore(config);
  return createMailboxSweepHandler(
    {
      mailboxStore: createMailboxStore({ store, clock, due: dueSettings(config) }),
      bus: connectBus(config),
      clock,
      notificationsTopic: config.GMAIL_NOTIFICATIONS_TOPIC,
      budgetMs: config.JOB_BUDGET_SECONDS * 1_000,
    },
    { authorize: authorizeScheduler(config), logger: connectLogger(config) },
  );
});
