import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type AgentGrants, type Caller, callerOf } from '../domain/grants';
import type { IdTokenVerifier } from '../domain/ports';
import { accountOf, bearerOf, invalidCredentials, missingCredentials } from './id-token';

export interface CallerAuthentication {
  /** The `AGENTS` map. */
  readonly agents: AgentGrants;
  /** Audiences that an agent's ID token may name. */
  readonly audiences: readonly string[];
  readonly verifyIdToken: IdTokenVerifier;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Caller>;

/**
 * Who is calling: `Authorization: Bearer` with a Google ID token or an API key (`atk_…`), or `X-API-Key`, which wins where
 * both are given. Throws AttacheError `unauthorized` with code `missingCredentials` or `invalidCredentials`.
 */
export function authenticateCallers({ agents, audiences, verifyIdToken, now }: CallerAuthentication): Authenticate {
  const callers = Object.entries(agents).map(([agentId, grant]) => ({
    caller: callerOf(agentId, grant),
    emails: grant.emails,
    keyDigests: grant.apiKeySha256.map((digest) => Buffer.from(digest, 'hex')),
  }));

  return async (headers) => {
    const bearer = bearerOf(headers);
    const apiKey = headers['x-api-key'] ?? (bearer?.startsWith('atk_') ? bearer : undefined);

    if (typeof apiKey === 'string') {
      const digest = createHash('sha256').update(apiKey).digest();
      // Every digest is compared, in constant time, so that the time taken says nothing about any of them.
      const [match] = callers.filter(
        ({ keyDigests }) => keyDigests.filter((own) => timingSafeEqual(own, digest)).length > 0,
      );
      if (!match) throw invalidCredentials('The API key is not known.');
      return match.caller;
    }

    if (!bearer) throw missingCredentials('Send Authorization: Bearer with a Google ID token, or X-API-Key.');
    const account = await accountOf(bearer, { audiences, verifyIdToken, now });
    const match = callers.find(({ emails }) => emails.includes(account));
    if (!match) throw invalidCredentials('No agent is configured for the account of this ID token.');
    return match.caller;
  };
}
