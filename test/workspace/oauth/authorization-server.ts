import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { WorkspaceClock } from '../clock';
import { GoogleApiError } from '../google-api-error';
import { OAuthError } from '../router';
import type { Grant } from '../router';
import { claimsOf } from './signing-key';
import type { SigningKey } from './signing-key';

/** A service account with domain-wide delegation. */
export interface ServiceAccount {
  readonly email: string;
  /** What the Admin console authorises it for. */
  readonly scopes: readonly string[];
  readonly projectId: string;
}

export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly projectId: string;
}

export interface TokenResponse {
  readonly access_token: string;
  readonly expires_in: number;
  readonly token_type: 'Bearer';
  readonly scope?: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly email: string;
  readonly scopes: readonly string[];
  /** PKCE, S256. */
  readonly codeChallenge?: string | undefined;
  /** Whether a refresh token is wanted; with `prompt` one comes even where the user has consented before. Default both. */
  readonly offline?: boolean;
  readonly prompt?: boolean;
  readonly includeGrantedScopes?: boolean;
}

/** What people do on the consent page, where nobody clicks. */
export interface ConsentSettings {
  /** Boxes that are not ticked. */
  withheldScopes: readonly string[];
  isDenied: boolean;
}

export interface AuthorizationServerOptions {
  readonly clock: WorkspaceClock;
  readonly key: SigningKey;
  readonly hasUser: (email: string) => boolean;
  /** What an assertion may name as its audience. */
  readonly isTokenUrl: (url: string) => boolean;
}

const lifetimeMs = 3_600_000;
const refreshTokenIdleMs = 182 * 24 * 3_600_000;
const refreshTokensPerUserAndClient = 100;
const codeLifetimeMs = 600_000;

interface AccessGrant extends Grant {
  readonly expiresAtMs: number;
  /** By delegation, or by the user's own consent. */
  readonly delegated: boolean;
}

interface Consent extends AuthorizationRequest {
  usedAtMs: number;
  readonly wantsRefreshToken: boolean;
}

/** Google's token endpoint: domain-wide delegation and users' consents, with their access and refresh tokens. */
export class AuthorizationServer {
  readonly serviceAccounts = new Map<string, ServiceAccount>();
  readonly clients = new Map<string, OAuthClient>();
  readonly consent: ConsentSettings = { withheldScopes: [], isDenied: false };
  readonly #accessTokens = new Map<string, AccessGrant>();
  readonly #codes = new Map<string, Consent>();
  /** In the order they were given out. */
  readonly #refreshTokens = new Map<string, Consent>();
  /** Scopes that a user has ever granted to a client. */
  readonly #granted = new Map<string, ReadonlySet<string>>();
  /** The error that delegation answers for a user. */
  readonly #revokedUsers = new Map<string, 'unauthorized_client' | 'invalid_grant'>();

  constructor(private readonly options: AuthorizationServerOptions) {}

  /** The grant of `Bearer TOKEN`. Throws Google's 401. */
  authenticate(authorization: string | undefined): Grant {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new GoogleApiError(401, 'required', 'Request is missing required authentication credential.');
    }
    const grant = this.#accessTokens.get(token);
    if (!grant || grant.expiresAtMs <= this.options.clock.now()) {
      throw new GoogleApiError(401, 'authError', 'Request had invalid authentication credentials.');
    }
    return grant;
  }

  issueAccessToken(subject: string, scopes: readonly string[], projectId: string, delegated = true): TokenResponse {
    const token = `ya29.${randomBytes(24).toString('base64url')}`;
    this.#accessTokens.set(token, {
      subject: subject.toLowerCase(),
      scopes: new Set(scopes),
      projectId,
      delegated,
      expiresAtMs: this.options.clock.now() + lifetimeMs,
    });
    return { access_token: token, expires_in: lifetimeMs / 1_000 - 1, token_type: 'Bearer' };
  }

  /** The `jwt-bearer` grant (RFC 7523). Without `sub` the service account acts for itself and has no mailbox. */
  exchangeAssertion(assertion: string): TokenResponse {
    const { clock, key, hasUser, isTokenUrl } = this.options;
    const parsed = assertionSchema.safeParse(claimsOf(assertion));
    if (!parsed.success) throw invalidGrant('Invalid JWT.');
    const { iss, sub, scope, aud, iat, exp } = parsed.data;
    const account = this.serviceAccounts.get(iss);
    if (!account) throw invalidGrant('Invalid grant: account not found');
    if (!key.verify(assertion)) throw invalidGrant('Invalid JWT Signature.');
    // Who signs does not know how far this workspace's clock was moved, so either time will do.
    const isTimely = [clock.base(), clock.now()].some((nowMs) => exp * 1_000 > nowMs && iat * 1_000 <= nowMs + 60_000);
    if (!isTimely || exp - iat > 3_600) {
      throw invalidGrant('Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.');
    }
    if (!isTokenUrl(aud)) throw invalidGrant('Invalid JWT: Failed audience check.');
    const scopes = scope.split(' ').filter(Boolean);
    if (scopes.length === 0) throw new OAuthError(400, 'invalid_scope', 'Empty or missing scope not allowed.');
    if (sub === undefined) return this.issueAccessToken(iss, scopes, account.projectId);
    const revoked = this.#revokedUsers.get(sub.toLowerCase());
    if (!hasUser(sub) || revoked === 'invalid_grant') throw invalidGrant('Invalid email or User ID');
    if (revoked || !scopes.every((one) => account.scopes.includes(one))) {
      throw new OAuthError(
        401,
        'unauthorized_client',
        'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
      );
    }
    return this.issueAccessToken(sub, scopes, account.projectId);
  }

  /** Delegation for the user ends: her tokens are dead and new ones are refused with `error`. */
  revokeDelegation(email: string, error: 'unauthorized_client' | 'invalid_grant' = 'unauthorized_client'): void {
    this.#revokedUsers.set(email.toLowerCase(), error);
    this.#deleteAccessTokens((grant) => grant.delegated && grant.subject === email.toLowerCase());
  }

  restoreDelegation(email: string): void {
    this.#revokedUsers.delete(email.toLowerCase());
  }

  /** The user consents. Returns the code that the redirect carries. */
  authorize(request: AuthorizationRequest): string {
    const client = this.clients.get(request.clientId);
    if (!client) throw new OAuthError(401, 'invalid_client', 'The OAuth client was not found.');
    if (!client.redirectUris.includes(request.redirectUri)) {
      throw new OAuthError(400, 'redirect_uri_mismatch', `Not registered for this client: ${request.redirectUri}`);
    }
    if (!this.options.hasUser(request.email) || this.consent.isDenied) {
      throw new OAuthError(400, 'access_denied', 'The user did not consent.');
    }
    const { offline = true, prompt = true, includeGrantedScopes = false } = request;
    const email = request.email.toLowerCase();
    const before = this.#granted.get(grantKey(request.clientId, email));
    const granted = request.scopes.filter((scope) => !this.consent.withheldScopes.includes(scope));
    const scopes = [...new Set(includeGrantedScopes && before ? [...before, ...granted] : granted)];
    this.#granted.set(grantKey(request.clientId, email), new Set([...(before ?? []), ...granted]));
    const code = `4/0${randomBytes(24).toString('base64url')}`;
    const wantsRefreshToken = offline && (prompt || !before);
    this.#codes.set(code, { ...request, email, scopes, wantsRefreshToken, usedAtMs: this.options.clock.now() });
    return code;
  }

  /** What a code's redirect names as granted. */
  scopesOf(code: string): readonly string[] {
    return this.#codes.get(code)?.scopes ?? [];
  }

  exchangeCode(
    clientId: string,
    clientSecret: string,
    request: { readonly code: string; readonly redirectUri: string; readonly codeVerifier?: string | undefined },
  ): TokenResponse {
    const client = this.#checkClient(clientId, clientSecret);
    const nowMs = this.options.clock.now();
    const consent = this.#codes.get(request.code);
    this.#codes.delete(request.code);
    if (!consent || consent.clientId !== clientId || nowMs - consent.usedAtMs >= codeLifetimeMs) {
      throw invalidGrant('Malformed auth code.');
    }
    if (consent.redirectUri !== request.redirectUri) {
      throw new OAuthError(400, 'redirect_uri_mismatch', 'Not the URI that the code was sent to.');
    }
    const challenge = createHash('sha256')
      .update(request.codeVerifier ?? '')
      .digest('base64url');
    if (consent.codeChallenge !== undefined && consent.codeChallenge !== challenge) {
      throw invalidGrant('Invalid code verifier.');
    }
    if (!consent.wantsRefreshToken) return this.#answerConsent(consent, client);
    const refreshToken = `1//0${randomBytes(24).toString('base64url')}`;
    this.#refreshTokens.set(refreshToken, { ...consent, usedAtMs: nowMs });
    const siblings = [...this.#refreshTokens].filter(
      ([, other]) => other.clientId === clientId && other.email === consent.email,
    );
    for (const [oldest] of siblings.slice(0, -refreshTokensPerUserAndClient)) this.#refreshTokens.delete(oldest);
    return { ...this.#answerConsent(consent, client), refresh_token: refreshToken };
  }

  refresh(clientId: string, clientSecret: string, refreshToken: string): TokenResponse {
    const client = this.#checkClient(clientId, clientSecret);
    const nowMs = this.options.clock.now();
    const consent = this.#refreshTokens.get(refreshToken);
    const isAlive = consent?.clientId === clientId && nowMs - consent.usedAtMs < refreshTokenIdleMs;
    if (!consent || !isAlive || !this.options.hasUser(consent.email)) {
      throw invalidGrant('Token has been expired or revoked.');
    }
    consent.usedAtMs = nowMs;
    return this.#answerConsent(consent, client);
  }

  /** Ends all grants of the token's user to the client, as Google does, whichever token is given. */
  revoke(token: string): void {
    const refresh = this.#refreshTokens.get(token);
    const access = this.#accessTokens.get(token);
    if (!refresh && !access) throw new OAuthError(400, 'invalid_token', 'Token expired or revoked');
    this.revokeConsents(refresh?.email ?? access?.subject ?? '');
    this.#accessTokens.delete(token);
  }

  /** As the user does on her account's page: every refresh token answers `invalid_grant` from now on. */
  revokeConsents(anyCaseEmail: string): void {
    const email = anyCaseEmail.toLowerCase();
    for (const [token, consent] of this.#refreshTokens) if (consent.email === email) this.#refreshTokens.delete(token);
    for (const key of this.#granted.keys()) if (key.endsWith(` ${email}`)) this.#granted.delete(key);
    this.#deleteAccessTokens((grant) => !grant.delegated && grant.subject === email);
  }

  /** A Google-signed ID token; `claims` go over the usual ones. */
  mintIdToken(email: string, audience: string, claims: Readonly<Record<string, unknown>> = {}): string {
    const iat = Math.floor(this.options.clock.base() / 1_000);
    const sub = BigInt(`0x${createHash('sha256').update(email).digest('hex').slice(0, 17)}`).toString();
    const usual = {
      iss: 'https://accounts.google.com',
      aud: audience,
      azp: audience,
      sub,
      email,
      email_verified: true,
    };
    return this.options.key.sign({ ...usual, iat, exp: iat + 3_600, ...claims });
  }

  #answerConsent({ email, scopes, clientId }: Consent, { projectId }: OAuthClient): TokenResponse {
    return {
      ...this.issueAccessToken(email, scopes, projectId, false),
      scope: scopes.join(' '),
      ...(scopes.includes('openid') && { id_token: this.mintIdToken(email, clientId) }),
    };
  }

  #checkClient(clientId: string, clientSecret: string): OAuthClient {
    const client = this.clients.get(clientId);
    if (client?.clientSecret === clientSecret) return client;
    throw new OAuthError(401, 'invalid_client', 'The OAuth client was not found, or its secret is wrong.');
  }

  #deleteAccessTokens(isDead: (grant: AccessGrant) => boolean): void {
    for (const [token, grant] of this.#accessTokens) if (isDead(grant)) this.#accessTokens.delete(token);
  }
}

const assertionSchema = z.object({
  iss: z.string(),
  sub: z.string().optional(),
  scope: z.string().default(''),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
});

function grantKey(clientId: string, email: string): string {
  return `${clientId} ${email}`;
}

function invalidGrant(description: string): OAuthError {
  return new OAuthError(400, 'invalid_grant', description);
}
