/** Users' own consent (RFC 6749 with PKCE), behind a port. Adapters: `shared/google/google-consent.ts`, `shared/zoom/zoom-consent.ts`. */

/** What an authorization server has given, for a consent or a refresh token. */
export interface GrantedTokens {
  readonly accessToken: string;
  readonly expiresAtMs: number;
  /** Left out, the one before goes on. */
  readonly refreshToken?: string | undefined;
  /** As granted, which may be less than asked for. */
  readonly scopes: readonly string[];
}

export interface OAuthApp {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface ConsentRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  /** S256. */
  readonly codeChallenge: string;
  readonly scopes: readonly string[];
  /** The account that is expected; the user may choose another. */
  readonly loginHint: string;
}

/**
 * Errors of the calls: AttacheError `unauthorized` with code `invalidGrant` (the code or the refresh token is of no use),
 * `forbidden` with code `oauthAppRefused` (the app or its secret is), `rateLimited`, `unavailable`, `bug`.
 */
export interface ConsentServer {
  authorizationUrl(request: ConsentRequest): string;
  /** `account` is the verified address of the account that consented, in lower case. */
  exchangeCode(
    app: OAuthApp,
    answer: { readonly code: string; readonly codeVerifier: string; readonly redirectUri: string },
  ): Promise<GrantedTokens & { readonly account: string }>;
  renew(app: OAuthApp, refreshToken: string): Promise<GrantedTokens>;
  /** `token`: Google takes the refresh token, Zoom the access token. Resolves also where it was dead already. */
  revoke(app: OAuthApp, token: string): Promise<void>;
}

/** What a connection can be good for, and the scopes that it takes. */
export const featureScopes = {
  calendar: [
    'https://www.googleapis.com/auth/calendar.events',
    'https://www.googleapis.com/auth/calendar.calendarlist.readonly',
    'https://www.googleapis.com/auth/calendar.calendars.readonly',
    'https://www.googleapis.com/auth/calendar.freebusy',
  ],
  mail: ['https://www.googleapis.com/auth/gmail.readonly'],
} as const;

export type Feature = keyof typeof featureScopes;

/** What an app of Zoom has to have; for a whole account each with `:admin` at its end. Users are not asked for less. */
export const zoomScopes: readonly string[] = [
  'user:read:user',
  'meeting:read:list_meetings',
  'meeting:write:meeting',
  'meeting:update:meeting',
  'meeting:delete:meeting',
];

/** To be told who consented. */
export const identityScopes: readonly string[] = ['openid', 'email'];

export function scopesFor(features: readonly Feature[]): string[] {
  return [...identityScopes, ...features.flatMap((feature) => featureScopes[feature])];
}

/** Features that were asked for and whose scopes were not all granted. */
export function missingFeatures(features: readonly Feature[], granted: readonly string[]): Feature[] {
  return features.filter((feature) => !featureScopes[feature].every((scope) => granted.includes(scope)));
}

/** Features that the granted scopes are enough for. */
export function grantedFeatures(granted: readonly string[]): Feature[] {
  const all: Feature[] = ['calendar', 'mail'];
  return all.filter((feature) => missingFeatures([feature], granted).length === 0);
}
