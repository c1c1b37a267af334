import { authorizeScheduler } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore, dueSettings } from '../../shared/platform/connect';
import { connectMailboxes, connectMailboxTokens } from '../../shared/platform/connect-mailboxes';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock } from '../../shared/runtime/system';
import { createMailboxStore } from '../../shared/store/mailbox-store';
import { watchRenewalConfig } from './config';
import { createWatchRenewalHandler } from './handler';

export const build = fromEnvironment(watchRenewalConfig, (config) => {
  const store = connectStore(config);
  const bus = connectBus(config);
  const logger = connectLogger(config);
  return createWatchRenewalHandler(
    {
      mailboxStore: createMailboxStore({ store, clock, due: dueSettings(config) }),
      mailboxes: connectMailboxes(config, connectMailboxTokens(config, { store, bus, logger })),
      clock,
      topicName: `projects/${config.GOOGLE_CLOUD_PROJECT}/topics/${config.GMAIL_NOTIFICATIONS_TOPIC}`,
      renewAfterMs: config.WATCH_RENEW_HOURS * 3_600_000,
      budgetMs: config.JOB_BUDGET_SECONDS * 1_000,
    },
    { authorize: authorizeScheduler(config), logger },
  );
});
