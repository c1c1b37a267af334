import { createHash, randomBytes } from 'node:crypto';
import type { WorkspaceClock } from '../clock';

export interface ZoomApp {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of a server-to-server app, which needs no consent. */
  readonly accountId?: string | undefined;
  readonly redirectUris: readonly string[];
}

export interface ZoomMeetingRecord {
  readonly id: number;
  readonly host: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An error in Zoom's own format: `code` with the API, `error` at the token endpoint. */
export class ZoomError extends Error {
  override readonly name = 'ZoomError';
  constructor(
    readonly status: number,
    readonly body: Readonly<Record<string, unknown>>,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(String(body['message'] ?? body['reason']));
  }
}

interface Grant {
  readonly clientId: string;
  /** Undefined: every user of the account. */
  readonly user: string | undefined;
  readonly expiresAtMs: number;
}

interface Code extends Grant {
  readonly redirectUri: string;
  readonly codeChallenge: string | undefined;
}

const lifetimeMs = 3_600_000;
const codeLifetimeMs = 300_000;
const meetingsPerUserAndDay = 100;

/** Zoom, as far as the product uses it: apps, tokens whose refresh tokens rotate, and scheduled meetings. */
export class ZoomModel {
  readonly apps = new Map<string, ZoomApp>();
  readonly users = new Set<string>();
  readonly meetings = new Map<number, ZoomMeetingRecord>();
  /** Attempts to renew with a refresh token that had been replaced. */
  staleRenewals = 0;
  readonly #accessTokens = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #codes = new Map<string, Code>();
  readonly #createdToday = new Map<string, number>();
  #nextId = 81_000_000_001;

  constructor(private readonly clock: WorkspaceClock) {}

  authorize(request: {
    readonly clientId: string;
    readonly redirectUri: string;
    readonly user: string;
    readonly codeChallenge: string | undefined;
  }): string {
    const app = this.apps.get(request.clientId);
    if (!app?.redirectUris.includes(request.redirectUri)) throw tokenError(400, 'invalid_request', 'Invalid redirect');
    const code = randomBytes(24).toString('base64url');
    const { clientId, user, redirectUri, codeChallenge } = request;
    const expiresAtMs = this.clock.now() + codeLifetimeMs;
    this.#codes.set(code, { clientId, user: this.#knownUser(user), redirectUri, codeChallenge, expiresAtMs });
    return code;
  }

  token(authorization: string | undefined, form: URLSearchParams) {
    const app = this.#appOf(authorization);
    const get = (name: string) => form.get(name) ?? '';
    switch (get('grant_type')) {
      case 'account_credentials':
        if (app.accountId === undefined || app.accountId !== get('account_id')) {
          throw tokenError(400, 'invalid_request', 'Bad account');
        }
        return this.#issue(app.clientId, undefined, false);
      case 'authorization_code': {
        const code = this.#codes.get(get('code'));
        this.#codes.delete(get('code'));
        const verifier = createHash('sha256').update(get('code_verifier')).digest('base64url');
        const isGood =
          code?.clientId === app.clientId &&
          code.redirectUri === get('redirect_uri') &&
          (code.codeChallenge === undefined || code.codeChallenge === verifier) &&
          code.expiresAtMs > this.clock.now();
        if (!isGood) throw tokenError(400, 'invalid_grant', 'Invalid authorization code');
        return this.#issue(app.clientId, code.user, true);
      }
      case 'refresh_token': {
        const grant = this.#refreshTokens.get(get('refresh_token'));
        // The old one is dead at once.
        this.#refreshTokens.delete(get('refresh_token'));
        if (grant?.clientId !== app.clientId) {
          this.staleRenewals += 1;
          throw tokenError(400, 'invalid_grant', 'Invalid Token!');
        }
        return this.#issue(app.clientId, grant.user, true);
      }
      default:
        throw tokenError(400, 'unsupported_grant_type', 'unsupported grant type');
    }
  }

  /** Takes access tokens only. All that the user has granted to the app ends. */
  revoke(authorization: string | undefined, token: string) {
    const app = this.#appOf(authorization);
    const revoked = this.#accessTokens.get(token);
    if (revoked?.clientId !== app.clientId) throw tokenError(400, 'invalid_request', 'Invalid Token!');
    for (const tokens of [this.#accessTokens, this.#refreshTokens]) {
      for (const [key, { clientId, user }] of tokens) {
        if (clientId === app.clientId && user === revoked.user) tokens.delete(key);
      }
    }
    return { status: 'success' };
  }

  /** As the user does on Zoom's pages. */
  revokeConsents(user: string): void {
    for (const tokens of [this.#accessTokens, this.#refreshTokens]) {
      for (const [key, grant] of tokens) if (grant.user === user.toLowerCase()) tokens.delete(key);
    }
  }

  /** Access tokens stop working before their time. */
  forgetAccessTokens(): void {
    this.#accessTokens.clear();
  }

  userOf(authorization: string | undefined, userId: string): string {
    const { user } = this.#grantOf(authorization);
    if (userId === 'me') {
      if (user === undefined) throw apiError(400, 124, 'This API does not support me for account credentials.');
      return user;
    }
    const wanted = this.#knownUser(userId);
    if (user !== undefined && user !== wanted)
      throw apiError(400, 4711, 'Invalid access token, does not contain scopes.');
    return wanted;
  }

  createMeeting(host: string, fields: Readonly<Record<string, unknown>>): ZoomMeetingRecord {
    const created = (this.#createdToday.get(host) ?? 0) + 1;
    if (created > meetingsPerUserAndDay) {
      throw apiError(
        429,
        429,
        'You have exceeded the daily rate limit of (100) for Meeting Create/Update API requests.',
        {
          'retry-after': new Date(this.clock.now() + 86_400_000).toISOString(),
        },
      );
    }
    this.#createdToday.set(host, created);
    const meeting = { id: this.#nextId++, host, fields };
    this.meetings.set(meeting.id, meeting);
    return meeting;
  }

  meetingOf(authorization: string | undefined, id: string): ZoomMeetingRecord {
    const { user } = this.#grantOf(authorization);
    const meeting = this.meetings.get(Number(id));
    if (meeting && (user === undefined || user === meeting.host)) return meeting;
    throw apiError(404, 3001, `Meeting does not exist: ${id}.`);
  }

  #knownUser(anyCaseUser: string): string {
    const user = anyCaseUser.toLowerCase();
    if (this.users.has(user)) return user;
    throw apiError(404, 1001, `User does not exist: ${user}.`);
  }

  #grantOf(authorization: string | undefined): Grant {
    const grant = this.#accessTokens.get(authorization?.replace(/^Bearer /, '') ?? '');
    if (grant && grant.expiresAtMs > this.clock.now()) return grant;
    throw apiError(401, 124, 'Invalid access token.');
  }

  #appOf(authorization: string | undefined): ZoomApp {
    const given = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    const app = this.apps.get(given.split(':')[0] ?? '');
    if (app && given === `${app.clientId}:${app.clientSecret}`) return app;
    throw tokenError(401, 'invalid_client', 'Invalid client_id or client_secret');
  }

  #issue(clientId: string, user: string | undefined, withRefreshToken: boolean) {
    const grant = { clientId, user, expiresAtMs: this.clock.now() + lifetimeMs };
    const accessToken = `zat_${randomBytes(24).toString('base64url')}`;
    const refreshToken = `zrt_${randomBytes(24).toString('base64url')}`;
    this.#accessTokens.set(accessToken, grant);
    if (withRefreshToken) this.#refreshTokens.set(refreshToken, grant);
    return {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: lifetimeMs / 1_000 - 1,
      scope: 'meeting:read meeting:write user:read',
      ...(withRefreshToken && { refresh_token: refreshToken }),
    };
  }
}

function apiError(status: number, code: number, message: string, headers?: Readonly<Record<string, string>>) {
  return new ZoomError(status, { code, message }, headers);
}

function tokenError(status: number, error: string, reason: string) {
  return new ZoomError(status, { reason, error });
}
