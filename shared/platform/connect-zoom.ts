import { AttacheError } from '../domain/errors';
import type { ConsentServer } from '../domain/oauth';
import type { DocumentStore } from '../domain/ports';
import type { Zoom } from '../domain/zoom';
import { clock, random } from '../runtime/system';
import { createIntegrationStore, type IntegrationStore } from '../store/integration-store';
import { createOAuthTokenStore, type OAuthTokenStore } from '../store/oauth-token-store';
import { createZoomAccountStore, createZoomUserTokens, type ZoomAccountStore } from '../store/zoom-account-store';
import { createZoomAccountTokens } from '../zoom/account-tokens';
import { createZoomConsent } from '../zoom/zoom-consent';
import { createZoomMeetings } from '../zoom/zoom-meetings';
import { connectCipher, type CipherConfig } from './connect-tokens';

export interface ZoomConfig {
  readonly ZOOM_API_URL: string;
  readonly ZOOM_OAUTH_URL: string;
  readonly ZOOM_ACCOUNT_ID?: string | undefined;
  readonly ZOOM_CLIENT_ID?: string | undefined;
  readonly ZOOM_CLIENT_SECRET?: string | undefined;
}

export function connectZoomConsent({ ZOOM_API_URL, ZOOM_OAUTH_URL }: ZoomConfig): ConsentServer {
  return createZoomConsent({ apiUrl: withSlash(ZOOM_API_URL), oauthUrl: withSlash(ZOOM_OAUTH_URL), clock });
}

/** Zoom by the host's own consent where there is one, else by the deployment's server-to-server app. */
export function connectZoom(
  config: ZoomConfig,
  {
    store,
    users,
  }: {
    readonly store: DocumentStore;
    /** Left out, the server-to-server app is all there is. */
    readonly users?: { readonly integrations: IntegrationStore; readonly tokenStore: OAuthTokenStore };
  },
): { readonly zoom: Zoom; readonly zoomAccounts: ZoomAccountStore } {
  const zoomAccounts = createZoomAccountStore({ store, clock });
  const userTokens =
    users && createZoomUserTokens({ accounts: zoomAccounts, consent: connectZoomConsent(config), ...users });
  const accountTokens = accountTokensOf(config);
  const authorityOf = async (host: string, refused?: string) => {
    const own = await userTokens?.(host, refused);
    if (own !== undefined) return { token: own, userId: 'me' };
    if (accountTokens) return { token: await accountTokens(refused), userId: host };
    throw new AttacheError('forbidden', 'No Zoom account is connected for this host.', {
      code: 'zoomNotConnected',
      fix: 'POST /v1/connections:authorize with provider zoom, or configure a server-to-server app for the deployment.',
    });
  };
  return { zoom: createZoomMeetings({ apiUrl: withSlash(config.ZOOM_API_URL), authorityOf, clock }), zoomAccounts };
}

/**
 * For functions that make meetings; undefined where there is neither a server-to-server app nor a key that opens the tokens
 * of users' own accounts.
 */
export function connectMeetingZoom(config: ZoomConfig & CipherConfig, store: DocumentStore): Zoom | undefined {
  if (config.TOKEN_KMS_KEY === undefined && config.TOKEN_LOCAL_KEYS === undefined) {
    return config.ZOOM_ACCOUNT_ID === undefined ? undefined : connectZoom(config, { store }).zoom;
  }
  const cipher = connectCipher(config);
  const integrations = createIntegrationStore({ store, cipher, clock });
  const tokenStore = createOAuthTokenStore({ store, cipher, clock, random });
  return connectZoom(config, { store, users: { integrations, tokenStore } }).zoom;
}

function accountTokensOf(config: ZoomConfig): ((refused?: string) => Promise<string>) | undefined {
  const { ZOOM_ACCOUNT_ID: accountId, ZOOM_CLIENT_ID: clientId, ZOOM_CLIENT_SECRET: clientSecret } = config;
  if (accountId === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  const app = { accountId, clientId, clientSecret };
  return createZoomAccountTokens({ app, oauthUrl: withSlash(config.ZOOM_OAUTH_URL), clock });
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
