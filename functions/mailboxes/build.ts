import { authenticateAgents } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore, dueSettings } from '../../shared/platform/connect';
import { connectMailboxes, connectMailboxTokens } from '../../shared/platform/connect-mailboxes';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock } from '../../shared/runtime/system';
import { createMailboxStore } from '../../shared/store/mailbox-store';
import { mailboxesConfig } from './config';
import { createMailboxesHandler } from './handler';

export const build = fromEnvironment(mailboxesConfig, (config) => {
  const store = connectStore(config);
  const bus = connectBus(config);
  const logger = connectLogger(config);
  return createMailboxesHandler(
    {
      store,
      mailboxStore: createMailboxStore({ store, clock, due: dueSettings(config) }),
      bus,
      mailboxes: connectMailboxes(config, connectMailboxTokens(config, { store, bus, logger })),
      clock,
      notificationsTopic: config.GMAIL_NOTIFICATIONS_TOPIC,
      topicName: `projects/${config.GOOGLE_CLOUD_PROJECT}/topics/${config.GMAIL_NOTIFICATIONS_TOPIC}`,
      watchRenewAfterMs: config.WATCH_RENEW_HOURS * 3_600_000,
    },
    { authenticate: authenticateAgents(config), logger, baseUrl: config.BASE_URL },
  );
});
