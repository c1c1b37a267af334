import type { DueSettings } from '../domain/mailbox-record';
import type { Mailboxes } from '../domain/mailbox';
import type { DocumentStore, EventBus } from '../domain/ports';
import { governQuota } from '../domain/quota';
import { createAccessTokens } from '../google/access-tokens';
import { createMailboxes } from '../google/gmail';
import { createPubSubBus } from '../google/pubsub-bus';
import { createTokenSource, type TokenSourceConfig } from '../google/token-sources';
import { createLogger, type Logger } from '../runtime/logger';
import { clock } from '../runtime/system';
import { createFirestoreStore } from '../store/firestore';

/** What a deployed function is made of, from its configuration. Nothing is loaded or connected before its first use. */

interface ProjectConfig {
  readonly GOOGLE_CLOUD_PROJECT: string;
  readonly FIRESTORE_DATABASE: string;
  readonly FIRESTORE_EMULATOR_HOST?: string | undefined;
  readonly PUBSUB_EMULATOR_HOST?: string | undefined;
}

export function connectStore(config: ProjectConfig): DocumentStore {
  return createFirestoreStore({ projectId: config.GOOGLE_CLOUD_PROJECT, databaseId: config.FIRESTORE_DATABASE });
}

export function connectBus(config: ProjectConfig): EventBus {
  return createPubSubBus({ projectId: config.GOOGLE_CLOUD_PROJECT, emulatorHost: config.PUBSUB_EMULATOR_HOST });
}

interface MailConfig extends TokenSourceConfig {
  readonly GMAIL_API_URL: string;
  readonly GMAIL_DELEGATED_SERVICE_ACCOUNT?: string | undefined;
  readonly ALLOWED_DOMAINS: readonly string[];
  readonly DENIED_USERS: readonly string[];
  readonly GMAIL_UNITS_PER_MINUTE_PER_MAILBOX: number;
  readonly GMAIL_UNITS_PER_MINUTE_PER_PROJECT: number;
  readonly MAX_INSTANCES: number;
}

/** Gmail by domain-wide delegation, inside the quota. */
export function connectMailboxes(config: MailConfig): Mailboxes {
  const source = createTokenSource(config, { clock, serviceAccount: config.GMAIL_DELEGATED_SERVICE_ACCOUNT });
  const { ALLOWED_DOMAINS: allowedDomains, DENIED_USERS: deniedUsers } = config;
  const tokens = createAccessTokens({ source, clock, allowedDomains, deniedUsers });
  return governQuota(createMailboxes({ tokens, apiUrl: config.GMAIL_API_URL }), {
    clock,
    mailboxUnitsPerMinute: config.GMAIL_UNITS_PER_MINUTE_PER_MAILBOX,
    projectUnitsPerMinute: config.GMAIL_UNITS_PER_MINUTE_PER_PROJECT / config.MAX_INSTANCES,
    maxWaitMs: 20_000,
  });
}

export function connectLogger(config: {
  readonly GOOGLE_CLOUD_PROJECT: string;
  readonly LOG_SEVERITY: 'debug' | 'info' | 'warning' | 'error';
}): Logger {
  return createLogger({
    now: () => clock.now(),
    severity: config.LOG_SEVERITY,
    projectId: config.GOOGLE_CLOUD_PROJECT,
  });
}

export function dueSettings(config: { readonly QUIET_MINUTES: number }): DueSettings {
  return { quietMs: config.QUIET_MINUTES * 60_000, retryAfterMs: 60_000 };
}
