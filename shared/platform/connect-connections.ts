import type { Connection } from '../domain/connection';
import type { Provider } from '../domain/integration';
import type { ConsentServer } from '../domain/oauth';
import type { SyncCalendar } from '../domain/sync-calendar';
import { createAccessTokens } from '../google/access-tokens';
import { createGoogleConsent } from '../google/google-consent';
import { createIdTokenVerifier } from '../google/id-tokens';
import { createSyncCalendars, syncScopes } from '../google/sync-calendar';
import { createTokenSource, type TokenSourceConfig } from '../google/token-sources';
import { clock } from '../runtime/system';
import { connectTokens, type Backend, type TokensConfig } from './connect-tokens';
import { connectZoom, connectZoomConsent, type ZoomConfig } from './connect-zoom';

interface ConnectionsConfig extends TokensConfig, TokenSourceConfig, ZoomConfig {
  readonly CALENDAR_API_URL: string;
  readonly CALENDAR_DELEGATED_SERVICE_ACCOUNT?: string | undefined;
  readonly ALLOWED_DOMAINS: readonly string[];
  readonly DENIED_USERS: readonly string[];
}

/** Connected accounts on this store and bus: their calendars, by delegation or by consent, and Zoom. */
export function connectConnections(config: ConnectionsConfig, backend: Backend) {
  const connected = connectTokens(config, backend);
  const { ALLOWED_DOMAINS: allowedDomains, DENIED_USERS: deniedUsers, CALENDAR_API_URL: apiUrl } = config;
  const source = createTokenSource(config, { clock, serviceAccount: config.CALENDAR_DELEGATED_SERVICE_ACCOUNT });
  const delegated = createAccessTokens({ source, clock, allowedDomains, deniedUsers });
  return {
    ...connected,
    ...connectZoom(config, { store: backend.store, users: connected }),
    calendarOf(connection: Connection): SyncCalendar {
      const tokens = connection.kind === 'delegation' ? delegated : connected.tokensOf(connection);
      return createSyncCalendars({ tokens, apiUrl, scopes: syncScopes })(connection.connectedEmail);
    },
  };
}

interface ConsentConfig extends ZoomConfig {
  readonly OAUTH_AUTHORIZATION_URL: string;
  readonly OAUTH_TOKEN_URL: string;
  readonly OAUTH_REVOKE_URL: string;
  readonly GOOGLE_CERTS_URL: string;
}

/** Where users are asked for consent. */
export function connectConsentServers(config: ConsentConfig): Readonly<Record<Provider, ConsentServer>> {
  const google = createGoogleConsent({
    authorizationUrl: config.OAUTH_AUTHORIZATION_URL,
    tokenUrl: config.OAUTH_TOKEN_URL,
    revokeUrl: config.OAUTH_REVOKE_URL,
    verifyIdToken: createIdTokenVerifier({ certsUrl: config.GOOGLE_CERTS_URL }),
    clock,
  });
  return { google, zoom: connectZoomConsent(config) };
}
