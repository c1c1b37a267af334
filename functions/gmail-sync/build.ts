import { authorizePush } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore, dueSettings } from '../../shared/platform/connect';
import { connectMailboxes, connectMailboxTokens } from '../../shared/platform/connect-mailboxes';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock, random } from '../../shared/runtime/system';
import { createMailboxStore } from '../../shared/store/mailbox-store';
import { gmailSyncConfig } from './config';
import { defaultSyncSettings } from './dependencies';
import { createGmailSyncHandler } from './handler';

export const build = fromEnvironment(gmailSyncConfig, (config) => {
  const store = connectStore(config);
  const bus = connectBus(config);
  const logger = connectLogger(config);
  return createGmailSyncHandler(
    {
      store,
      mailboxStore: createMailboxStore({ store, clock, due: dueSettings(config) }),
      bus,
      mailboxes: connectMailboxes(config, connectMailboxTokens(config, { store, bus, logger })),
      clock,
      random,
      settings: {
        ...defaultSyncSettings,
        notificationsTopic: config.GMAIL_NOTIFICATIONS_TOPIC,
        eventsTopic: config.AGENT_EVENTS_TOPIC,
        budgetMs: config.SYNC_BUDGET_SECONDS * 1_000,
        leaseMs: config.LEASE_SECONDS * 1_000,
        reconcileIntervalMs: config.RECONCILE_HOURS * 3_600_000,
      },
    },
    { authorize: authorizePush(config), logger },
  );
});
