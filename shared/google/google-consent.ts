import * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import type { ConsentServer, GrantedTokens, OAuthApp } from '../domain/oauth';
import type { Clock, IdTokenVerifier } from '../domain/ports';
import { post } from './post';

export interface GoogleRenewalOptions {
  readonly tokenUrl: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Of one call. */
  readonly timeoutMs?: number;
}

export interface GoogleConsentOptions extends GoogleRenewalOptions {
  readonly authorizationUrl: string;
  readonly revokeUrl: string;
  readonly verifyIdToken: IdTokenVerifier;
}

/** Google's authorization code flow for web servers, with PKCE, for access while the user is away. */
export function createGoogleConsent(options: GoogleConsentOptions): ConsentServer {
  const { revokeUrl, verifyIdToken, clock, timeoutMs = 10_000 } = options;
  return {
    authorizationUrl({ clientId, redirectUri, state, codeChallenge, scopes, loginHint }) {
      const url = new URL(options.authorizationUrl);
      const parameters = {
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: scopes.join(' '),
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        // A refresh token, and one each time: without the prompt Google gives it with the first consent only.
        access_type: 'offline',
        prompt: 'consent',
        include_granted_scopes: 'true',
        login_hint: loginHint,
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },

    async exchangeCode(app, { code, codeVerifier, redirectUri }) {
      const form = { grant_type: 'authorization_code', code, code_verifier: codeVerifier, redirect_uri: redirectUri };
      const askedAtMs = clock.now();
      const { id_token, ...answer } = await askToken(options, app, form, codeAnswer);
      const { email, email_verified } = await verifyIdToken(id_token, [app.clientId]);
      if (email === undefined || email_verified !== true) {
        throw new AttacheError('forbidden', 'Google does not vouch for the address of this account.', {
          code: 'addressNotVerified',
          fix: 'Verify the address at myaccount.google.com, and connect again.',
        });
      }
      return { ...granted(answer, askedAtMs), account: email.toLowerCase() };
    },

    ...createGoogleRenewal(options),

    async revoke(_app, refreshToken) {
      const body = new URLSearchParams({ token: refreshToken });
      try {
        await post({ url: revokeUrl, body, answer: z.unknown(), operation: 'The revocation endpoint', timeoutMs });
      } catch (error) {
        if (isAttacheError(error, 'invalid') && error.code === 'invalid_token') return;
        throw error;
      }
    },
  };
}

/** All that is needed to act for users who have consented. */
export function createGoogleRenewal(options: GoogleRenewalOptions): Pick<ConsentServer, 'renew'> {
  return {
    async renew(app, refreshToken) {
      const askedAtMs = options.clock.now();
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
      return granted(await askToken(options, app, form, tokenAnswer), askedAtMs);
    },
  };
}

async function askToken<Answer>(
  { tokenUrl, timeoutMs = 10_000 }: GoogleRenewalOptions,
  app: OAuthApp,
  form: Readonly<Record<string, string>>,
  answer: z.ZodType<Answer>,
): Promise<Answer> {
  const body = new URLSearchParams({ client_id: app.clientId, client_secret: app.clientSecret, ...form });
  try {
    return await post({ url: tokenUrl, body, answer, operation: 'The token endpoint', timeoutMs });
  } catch (error) {
    throw consentFailure(error);
  }
}

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).optional(),
  scope: z.string(),
});

const codeAnswer = tokenAnswer.extend({ id_token: z.string() });

function granted(answer: z.infer<typeof tokenAnswer>, askedAtMs: number): GrantedTokens {
  const { access_token, expires_in, refresh_token, scope } = answer;
  return {
    accessToken: access_token,
    expiresAtMs: askedAtMs + expires_in * 1_000,
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
    scopes: scope.split(' ').filter(Boolean),
  };
}

/** The app's own credentials are its owner's business: no user has to consent again because a secret was changed. */
function consentFailure(error: unknown): unknown {
  if (!isAttacheError(error)) return error;
  switch (error.kind) {
    case 'rateLimited':
    case 'unavailable':
      return error;
    case 'unauthorized':
      if (error.code === 'invalidGrant' || error.code === 'adminPolicyEnforced') return error;
      return appRefused(error);
    default:
      return appRefused(error);
  }
}

function appRefused({ message }: AttacheError): AttacheError {
  return new AttacheError('forbidden', message, {
    code: 'oauthAppRefused',
    fix: 'Check the OAuth app in the Google Cloud console: its client id and secret, and that the redirect address is registered exactly; then PATCH /v1/integrations/{integrationId}.',
  });
}
