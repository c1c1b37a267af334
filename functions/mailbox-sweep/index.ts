import { createIdTokenVerifier } from '../../shared/google/id-tokens';
import { connectBus, connectLogger, connectStore, dueSettings } from '../../shared/platform/connect';
import { loadConfig } from '../../shared/runtime/config';
import { authorizePlatform } from '../../shared/runtime/platform-identity';
import { registerFunction } from '../../shared/runtime/serve-on-framework';
import { clock } from '../../shared/runtime/system';
import { createMailboxStore } from '../../shared/store/mailbox-store';
import { mailboxSweepConfig } from './config';
import { createMailboxSweepHandler } from './handler';

registerFunction('mailbox-sweep', () => {
  const config = loadConfig(mailboxSweepConfig);
  const store = connectStore(config);
  const authorize = authorizePlatform({
    authentication: config.SCHEDULER_AUTHENTICATION,
    account: config.SCHEDULER_SERVICE_ACCOUNT,
    audience: config.SCHEDULER_AUDIENCE,
    onCloudRun: config.K_SERVICE !== undefined,
    verifyIdToken: createIdTokenVerifier({ certsUrl: config.GOOGLE_CERTS_URL }),
    now: () => clock.now(),
  });
  return createMailboxSweepHandler(
    {
      mailboxStore: createMailboxStore({ store, clock, due: dueSettings(config) }),
      bus: connectBus(config),
      clock,
      notificationsTopic: config.GMAIL_NOTIFICATIONS_TOPIC,
      budgetMs: config.JOB_BUDGET_SECONDS * 1_000,
    },
    { authorize, logger: connectLogger(config) },
  );
});
