/**
 * gmail-sync with everything it has in production but Firestore: functions-framework, Google's Gmail client, tokens and publishing,
 * all over HTTP. Documents are in memory, 20 ms away, because an emulator would use up the machine that is being measured.
 */
import { defaultSyncSettings } from '../functions/gmail-sync/dependencies';
import { createGmailSyncHandler } from '../functions/gmail-sync/handler';
import { createPubSubBus } from '../shared/google/pubsub-bus';
import { connectMailboxes } from '../shared/platform/connect-mailboxes';
import { createLogger } from '../shared/runtime/logger';
import { registerFunction } from '../shared/runtime/serve-on-framework';
import { clock, random } from '../shared/runtime/system';
import { createMailboxStore } from '../shared/store/mailbox-store';
import { createMemoryStore } from '../shared/store/memory';
import { beforeEachCall } from './before-each-call';
import { settledMailbox } from './canned-gmail';

registerFunction('gmail-sync', async () => {
  const google = process.env['BENCHMARK_GOOGLE_URL'] ?? '';
  const memory = createMemoryStore({ now: () => clock.now() });
  const due = { quietMs: 1_800_000, retryAfterMs: 60_000 };
  const registry = createMailboxStore({ store: memory, clock, due });
  for (const mailbox of (process.env['BENCHMARK_MAILBOXES'] ?? '').split(','))
    await registry.create(settledMailbox(mailbox));

  const store = beforeEachCall(memory, () => clock.sleep(Number(process.env['BENCHMARK_DELAY_MS'])));
  return createGmailSyncHandler(
    {
      store,
      mailboxStore: createMailboxStore({ store, clock, due }),
      bus: createPubSubBus({ projectId: 'benchmark', emulatorHost: new URL(google).host }),
      mailboxes: connectMailboxes({
        TOKEN_SOURCE: 'keyless',
        GMAIL_API_URL: google,
        OAUTH_TOKEN_URL: `${google}/token`,
        IAM_CREDENTIALS_API_URL: google,
        GMAIL_DELEGATED_SERVICE_ACCOUNT: 'attache-gmail@benchmark.iam.gserviceaccount.com',
        ALLOWED_DOMAINS: ['example.com'],
        DENIED_USERS: [],
        GMAIL_UNITS_PER_MINUTE_PER_MAILBOX: 6_000,
        GMAIL_UNITS_PER_MINUTE_PER_PROJECT: 120_000_000,
        MAX_INSTANCES: 100,
      }),
      clock,
      random,
      settings: defaultSyncSettings,
    },
    { authorize: async () => {}, logger: createLogger({ now: () => clock.now() }) },
  );
});
