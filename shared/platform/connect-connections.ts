import type { Connection } from '../domain/connection';
import type { Provider } from '../domain/integration';
import type { ConsentServer } from '../domain/oauth';
import type { DocumentStore, EventBus } from '../domain/ports';
import type { SyncCalendar } from '../domain/sync-calendar';
import type { TokenCipher } from '../domain/token-cipher';
import { createAccessTokens } from '../google/access-tokens';
import { createGoogleConsent } from '../google/google-consent';
import { createIdTokenVerifier } from '../google/id-tokens';
import { createKmsKeyWrap } from '../google/kms-key-wrap';
import { createSyncCalendars, syncScopes } from '../google/sync-calendar';
import { createTokenSource, type TokenSourceConfig } from '../google/token-sources';
import type { Logger } from '../runtime/logger';
import { clock, random } from '../runtime/system';
import { createConnectionStore, type ConnectionStore } from '../store/connection-store';
import { createConnectionTokens, type ConnectionTokens } from '../store/connection-tokens';
import { createEnvelopeCipher } from '../store/envelope-cipher';
import { createEventOutbox, type EventOutbox } from '../store/event-outbox';
import { createIntegrationStore, type IntegrationStore } from '../store/integration-store';
import { createLocalKeyWrap, type LocalKey } from '../store/local-key-wrap';
import { createOAuthTokenStore, type OAuthTokenStore } from '../store/oauth-token-store';
import { connectZoom, connectZoomConsent, type ConnectedZoom, type ZoomConfig } from './connect-zoom';

interface CipherConfig {
  readonly TOKEN_KMS_KEY?: string | undefined;
  readonly TOKEN_LOCAL_KEYS?: Readonly<Record<string, string>> | undefined;
  readonly KMS_API_URL: string;
}

/** What seals users' tokens: Cloud KMS, or in development the keys of the environment. */
export function connectCipher({ TOKEN_KMS_KEY, TOKEN_LOCAL_KEYS, KMS_API_URL }: CipherConfig): TokenCipher {
  if (TOKEN_KMS_KEY !== undefined) {
    return createEnvelopeCipher(createKmsKeyWrap({ keyName: TOKEN_KMS_KEY, kmsUrl: KMS_API_URL }), clock);
  }
  const [first, ...others] = Object.entries(TOKEN_LOCAL_KEYS ?? {}).map(([id, key]): LocalKey => {
    return { id, key: Buffer.from(key, 'base64') };
  });
  if (!first) throw new Error('The configuration lets no function start without a key.');
  return createEnvelopeCipher(createLocalKeyWrap([first, ...others]), clock);
}

interface ConnectionsConfig extends CipherConfig, TokenSourceConfig, ZoomConfig {
  readonly CALENDAR_API_URL: string;
  readonly CALENDAR_DELEGATED_SERVICE_ACCOUNT?: string | undefined;
  readonly ALLOWED_DOMAINS: readonly string[];
  readonly DENIED_USERS: readonly string[];
  readonly GOOGLE_CERTS_URL: string;
  readonly OAUTH_AUTHORIZATION_URL: string;
  readonly OAUTH_REVOKE_URL: string;
  readonly AGENT_EVENTS_TOPIC: string;
}

export interface Connections extends ConnectedZoom {
  readonly connections: ConnectionStore;
  readonly integrations: IntegrationStore;
  readonly tokenStore: OAuthTokenStore;
  readonly consentServers: Readonly<Record<Provider, ConsentServer>>;
  readonly tokensOf: ConnectionTokens;
  /** The calendars of a connection, by delegation or by consent. */
  readonly calendarOf: (connection: Connection) => SyncCalendar;
  /** Of the events that tell about connections and their tasks. */
  readonly outbox: EventOutbox;
}

/** Everything about connected accounts, on this store and bus. */
export function connectConnections(
  config: ConnectionsConfig,
  { store, bus, logger }: { readonly store: DocumentStore; readonly bus: EventBus; readonly logger: Logger },
): Connections {
  const cipher = connectCipher(config);
  const connections = createConnectionStore({ store, clock });
  const integrations = createIntegrationStore({ store, cipher, clock });
  const tokenStore = createOAuthTokenStore({ store, cipher, clock, random });
  const google = createGoogleConsent({
    authorizationUrl: config.OAUTH_AUTHORIZATION_URL,
    tokenUrl: config.OAUTH_TOKEN_URL,
    revokeUrl: config.OAUTH_REVOKE_URL,
    verifyIdToken: createIdTokenVerifier({ certsUrl: config.GOOGLE_CERTS_URL }),
    clock,
  });
  const outbox = createEventOutbox({
    store,
    bus,
    clock,
    eventsTopic: config.AGENT_EVENTS_TOPIC,
    onFailure: ({ id }, error) => logger.warning('An event waits for the sweep', { eventId: id, error }),
  });
  const tokensOf = createConnectionTokens({ connections, integrations, tokenStore, consent: google, clock, outbox });

  const { ALLOWED_DOMAINS: allowedDomains, DENIED_USERS: deniedUsers, CALENDAR_API_URL: apiUrl } = config;
  const source = createTokenSource(config, { clock, serviceAccount: config.CALENDAR_DELEGATED_SERVICE_ACCOUNT });
  const delegated = createAccessTokens({ source, clock, allowedDomains, deniedUsers });
  const calendarOf = (connection: Connection) => {
    const tokens = connection.kind === 'delegation' ? delegated : tokensOf(connection);
    return createSyncCalendars({ tokens, apiUrl, scopes: syncScopes })(connection.connectedEmail);
  };
  const zoomConsent = connectZoomConsent(config);
  return {
    connections,
    integrations,
    tokenStore,
    consentServers: { google, zoom: zoomConsent },
    tokensOf,
    calendarOf,
    outbox,
    ...connectZoom(config, { store, integrations, tokenStore, consent: zoomConsent }),
  };
}
