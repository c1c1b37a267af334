import type { Mailboxes } from '../domain/mailbox';
import { governQuota } from '../domain/quota';
import { createAccessTokens } from '../google/access-tokens';
import { createMailboxes } from '../google/gmail';
import { createTokenSource, type TokenSourceConfig } from '../google/token-sources';
import { clock } from '../runtime/system';

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
