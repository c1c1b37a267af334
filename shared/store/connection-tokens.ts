import { connectionIdOf, type Connection } from '../domain/connection';
import { toConnectionNeedsAuthEvent } from '../domain/connection-event';
import { AttacheError } from '../domain/errors';
import type { ConsentServer } from '../domain/oauth';
import type { AccessToken, AccessTokens, Clock, Write } from '../domain/ports';
import type { ConnectionStore } from './connection-store';
import type { EventOutbox, OutgoingEvent } from './event-outbox';
import type { IntegrationStore } from './integration-store';
import type { OAuthTokenStore } from './oauth-token-store';

export type TokenBearer = Pick<Connection, 'connectionId' | 'connectedEmail' | 'integrationId'>;

/** The tokens of one connection, for the adapters of Google's APIs. */
export type ConnectionTokens = (connection: TokenBearer) => AccessTokens;

/** A token is looked up again after so long, so that a disconnected account is not used on for an hour. */
const lookupMs = 60_000;
const maxEntries = 10_000;

/**
 * Access tokens by the users' own consent. Errors of `get`: `unauthorized` (consent gone: the connection is then `needsAuth`,
 * which is announced once, however many callers meet it), `forbidden` with code `scopesNotGranted` or `oauthAppRefused`,
 * `rateLimited`, `unavailable`, `bug`.
 */
export function createConnectionTokens(dependencies: {
  readonly connections: Pick<ConnectionStore, 'change'>;
  readonly integrations: Pick<IntegrationStore, 'openApp'>;
  readonly tokenStore: Pick<OAuthTokenStore, 'get'>;
  readonly consent: Pick<ConsentServer, 'renew'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly outbox: Pick<EventOutbox, 'record' | 'publish'>;
}): ConnectionTokens {
  const { connections, integrations, tokenStore, consent, clock, outbox } = dependencies;
  const recent = new Map<
    string,
    { readonly token: AccessToken; readonly scopes: readonly string[]; readonly untilMs: number }
  >();
  const refused = new Map<string, string>();

  async function markNeedsAuth(connectionId: string, statusReason: string, guard: Write): Promise<void> {
    let event: OutgoingEvent | undefined;
    await connections.change(connectionId, (connection) => {
      event = undefined;
      if (connection.status !== 'active') return undefined;
      const patch = { status: 'needsAuth', statusReason } as const;
      event = announcement({ ...connection, ...patch }, clock.now());
      return { patch, writes: [outbox.record(event), guard] };
    });
    if (event) await outbox.publish(event);
  }

  async function lookUp({ connectionId, connectedEmail, integrationId }: TokenBearer) {
    const known = recent.get(connectionId);
    if (known && known.untilMs > clock.now() && known.token.subject === connectedEmail) return known;
    const stored = await tokenStore.get({
      id: connectionId,
      account: connectedEmail,
      refused: refused.get(connectionId),
      renew: async (refreshToken) => consent.renew(await integrations.openApp(integrationId), refreshToken),
      onRefused: (code, guard) => markNeedsAuth(connectionId, code, guard),
    });
    const { accessToken, expiresAtMs, scopes } = stored;
    const found = {
      token: { subject: connectedEmail, token: accessToken, expiresAtMs },
      scopes,
      untilMs: Math.min(clock.now() + lookupMs, expiresAtMs),
    };
    recent.delete(connectionId);
    recent.set(connectionId, found);
    for (const oldest of recent.keys()) {
      if (recent.size <= maxEntries) break;
      recent.delete(oldest);
      refused.delete(oldest);
    }
    return found;
  }

  return (connection) => ({
    async get(subject, scopes) {
      if (subject.toLowerCase() !== connection.connectedEmail) {
        throw new AttacheError('bug', 'A token of another user was asked of a connection.', { code: 'wrongSubject' });
      }
      const missingOf = (granted: readonly string[]) => scopes.filter((scope) => !granted.includes(scope));
      let found = await lookUp(connection);
      if (missingOf(found.scopes).length > 0) {
        // The user may have granted them since.
        recent.delete(connection.connectionId);
        found = await lookUp(connection);
      }
      const missing = missingOf(found.scopes);
      if (missing.length === 0) return found.token;
      throw new AttacheError('forbidden', `The user has not granted ${missing.join(' ')}.`, {
        code: 'scopesNotGranted',
        fix: 'Connect the account again, POST /v1/connections:authorize, and leave every box ticked.',
      });
    },

    invalidate() {
      const { connectionId } = connection;
      const known = recent.get(connectionId);
      if (known) refused.set(connectionId, known.token.token);
      recent.delete(connectionId);
    },
  });
}

/**
 * Tokens by mailbox, of the connection that its user made for her own account. Errors: those of ConnectionTokens, and
 * `forbidden` with code `userDenied`.
 */
export function createMailboxTokens({
  connections,
  tokensOf,
  deniedUsers,
}: {
  readonly connections: Pick<ConnectionStore, 'load'>;
  readonly tokensOf: ConnectionTokens;
  readonly deniedUsers: readonly string[];
}): AccessTokens {
  const bearerOf = (subject: string): TokenBearer => {
    const connectedEmail = subject.toLowerCase();
    return { connectionId: connectionIdOf(connectedEmail, connectedEmail), connectedEmail, integrationId: null };
  };
  return {
    async get(subject, scopes) {
      const { connectionId, connectedEmail } = bearerOf(subject);
      if (deniedUsers.includes(connectedEmail)) {
        throw new AttacheError('forbidden', 'This user is never acted for.', { code: 'userDenied' });
      }
      const record = (await connections.load(connectionId))?.record;
      if (record?.kind === 'oauth' && record.status !== 'disconnected') return tokensOf(record).get(subject, scopes);
      throw new AttacheError('unauthorized', 'Neither delegation nor a consent covers this mailbox.', {
        code: 'notConnected',
        fix: 'Have the user consent, POST /v1/connections:authorize with the feature mail, or allow the domain.',
      });
    },
    invalidate: (subject, scopes) => tokensOf(bearerOf(subject)).invalidate(subject, scopes),
  };
}

function announcement(connection: Connection, nowMs: number): OutgoingEvent {
  const event = toConnectionNeedsAuthEvent(connection, nowMs);
  return { id: event.id, mailbox: connection.owner, type: event.type, json: JSON.stringify(event) };
}
