import type { Mailboxes } from '../domain/mailbox';
import type { AccessTokens } from '../domain/ports';
import { governQuota } from '../domain/quota';
import { createAccessTokens } from '../google/access-tokens';
import { createMailboxes } from '../google/gmail';
import { createTokenSource, type TokenSourceConfig } from '../google/token-sources';
import { clock } from '../runtime/system';
import { createMailboxTokens } from '../store/connection-tokens';
import { connectTokens, type Backend, type TokensConfig } from './connect-tokens';

interface MailConfig extends TokenSourceConfig {
  readonly GMAIL_API_URL: string;
  readonly GMAIL_DELEGATED_SERVICE_ACCOUNT?: string | undefined;
  readonly ALLOWED_DOMAINS: readonly string[];
  readonly DENIED_USERS: readonly string[];
  readonly GMAIL_UNITS_PER_MINUTE_PER_MAILBOX: number;
  readonly GMAIL_UNITS_PER_MINUTE_PER_PROJECT: number;
  readonly MAX_INSTANCES: number;
}

/**
 * Gmail inside the quota: by domain-wide delegation for users of the allowed domains, by their own consent for everybody
 * else, where there are tokens of those.
 */
export function connectMailboxes(config: MailConfig, consented?: AccessTokens): Mailboxes {
  const source = createTokenSource(config, { clock, serviceAccount: config.GMAIL_DELEGATED_SERVICE_ACCOUNT });
  const { ALLOWED_DOMAINS: allowedDomains, DENIED_USERS: deniedUsers } = config;
  const delegated = createAccessTokens({ source, clock, allowedDomains, deniedUsers });
  const tokens = consented ? byDomain(allowedDomains, delegated, consented) : delegated;
  return governQuota(createMailboxes({ tokens, apiUrl: config.GMAIL_API_URL }), {
    clock,
    mailboxUnitsPerMinute: config.GMAIL_UNITS_PER_MINUTE_PER_MAILBOX,
    projectUnitsPerMinute: config.GMAIL_UNITS_PER_MINUTE_PER_PROJECT / config.MAX_INSTANCES,
    maxWaitMs: 20_000,
  });
}

function byDomain(allowedDomains: readonly string[], delegated: AccessTokens, consented: AccessTokens): AccessTokens {
  const sourceOf = (subject: string) =>
    allowedDomains.includes(subject.slice(subject.lastIndexOf('@') + 1).toLowerCase()) ? delegated : consented;
  return {
    get: (subject, scopes) => sourceOf(subject).get(subject, scopes),
    invalidate: (subject, scopes) => sourceOf(subject).invalidate(subject, scopes),
  };
}

/** Tokens of users who connected their own mailbox; undefined where the configuration has no key to open them with. */
export function connectMailboxTokens(
  config: TokensConfig & { readonly DENIED_USERS: readonly string[] },
  backend: Backend,
): AccessTokens | undefined {
  if (config.TOKEN_KMS_KEY === undefined && config.TOKEN_LOCAL_KEYS === undefined) return undefined;
  return createMailboxTokens({ ...connectTokens(config, backend), deniedUsers: config.DENIED_USERS });
}
