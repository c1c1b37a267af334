import { AttacheError } from '../domain/errors';
import type { AccessToken, AccessTokens, Clock } from '../domain/ports';

/** Asks for a new token of `subject`. Errors: AttacheError `unauthorized`, `forbidden`, `rateLimited`, `unavailable`. */
export type TokenSource = (subject: string, scopes: readonly string[]) => Promise<AccessToken>;

export interface AccessTokensOptions {
  readonly source: TokenSource;
  readonly clock: Pick<Clock, 'now'>;
  /** Compared as a whole: a subdomain is another domain. Users of any other domain are refused; none listed, all are. */
  readonly allowedDomains: readonly string[];
  readonly deniedUsers: readonly string[];
  readonly maxEntries?: number;
}

/** A token is not handed out in its last seconds, so that it outlives the call that it was taken for. */
const marginMs = 30_000;

/**
 * Tokens by subject and scopes, kept until 30 seconds before they expire, the least recently used dropped first. Callers
 * that want the same token at the same time share one exchange, and its failure, which is not kept.
 * Who may be acted for at all is decided here, before any token is asked for.
 */
export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { source, clock, maxEntries = 10_000 } = options;
  const allowedDomains = new Set(options.allowedDomains.map((domain) => domain.toLowerCase()));
  const deniedUsers = new Set(options.deniedUsers.map((user) => user.toLowerCase()));
  // A Map iterates in the order of insertion, so that the first key is the least recently used one.
  const tokens = new Map<string, AccessToken>();
  const exchanges = new Map<string, Promise<AccessToken>>();

  async function exchange(subject: string, scopes: readonly string[]): Promise<AccessToken> {
    const token = await source(subject, scopes);
    if (token.subject.toLowerCase() !== subject) {
      throw new AttacheError('bug', 'The token source answered with a token of another user.', {
        code: 'wrongSubject',
      });
    }
    return { ...token, subject };
  }

  function remember(key: string, token: AccessToken): void {
    tokens.delete(key);
    tokens.set(key, token);
    for (const oldest of tokens.keys()) {
      if (tokens.size <= maxEntries) break;
      tokens.delete(oldest);
    }
  }

  return {
    async get(anyCaseSubject, scopes) {
      const subject = anyCaseSubject.toLowerCase();
      refuseUnlessAllowed(subject, allowedDomains, deniedUsers);

      const key = keyOf(subject, scopes);
      const token = tokens.get(key);
      if (token && token.expiresAtMs - marginMs > clock.now()) {
        remember(key, token);
        return token;
      }
      const underway = exchanges.get(key);
      if (underway) return underway;

      const started = exchange(subject, scopes);
      exchanges.set(key, started);
      try {
        const fresh = await started;
        // An invalidate() in between took this exchange out: what it brought may be what was just refused.
        if (exchanges.get(key) === started) remember(key, fresh);
        return fresh;
      } finally {
        if (exchanges.get(key) === started) exchanges.delete(key);
      }
    },

    invalidate(subject, scopes) {
      const key = keyOf(subject.toLowerCase(), scopes);
      tokens.delete(key);
      exchanges.delete(key);
    },
  };
}

function refuseUnlessAllowed(subject: string, allowedDomains: Set<string>, deniedUsers: Set<string>): void {
  const at = subject.lastIndexOf('@');
  if (at < 1 || !allowedDomains.has(subject.slice(at + 1))) {
    throw new AttacheError('forbidden', 'Mailboxes of this domain may not be acted for.', {
      code: 'domainNotAllowed',
      fix: 'If they should be, add the domain to the allowed domains and deploy again.',
    });
  }
  if (deniedUsers.has(subject)) {
    throw new AttacheError('forbidden', 'This user is never acted for.', {
      code: 'userDenied',
      fix: 'If this user should be, take the address off the denied users and deploy again.',
    });
  }
}

function keyOf(subject: string, scopes: readonly string[]): string {
  return [subject, ...[...scopes].sort()].join(' ');
}
