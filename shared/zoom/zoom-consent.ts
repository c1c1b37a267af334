import * as z from 'zod';
import { isAttacheError } from '../domain/errors';
import type { ConsentServer } from '../domain/oauth';
import { callZoom } from './call-zoom';
import { askToken, postForm, type ZoomOAuthOptions } from './post-form';

export interface ZoomConsentOptions extends ZoomOAuthOptions {
  /** Root of the API, with a slash at its end: `https://api.zoom.us/v2/`. */
  readonly apiUrl: string;
}

/** Zoom's authorization code flow. The app decides on the scopes, and every renewal brings a new refresh token. */
export function createZoomConsent(options: ZoomConsentOptions): ConsentServer {
  const { oauthUrl, apiUrl, clock, timeoutMs = 10_000 } = options;
  return {
    authorizationUrl({ clientId, redirectUri, state, codeChallenge }) {
      const url = new URL('authorize', oauthUrl);
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
      }).toString();
      return url.href;
    },

    async exchangeCode(app, { code, codeVerifier, redirectUri }) {
      const form = { grant_type: 'authorization_code', code, code_verifier: codeVerifier, redirect_uri: redirectUri };
      const tokens = await askToken(options, app, form);
      const request = {
        method: 'GET' as const,
        url: new URL('users/me', apiUrl).href,
        authorization: `Bearer ${tokens.accessToken}`,
        answer: z.object({ email: z.string().min(1) }),
        operation: 'zoom.users.get',
        timeoutMs,
      };
      return { ...tokens, account: (await callZoom(request, clock.now())).email.toLowerCase() };
    },

    renew: (app, refreshToken) => askToken(options, app, { grant_type: 'refresh_token', refresh_token: refreshToken }),

    async revoke(app, accessToken) {
      try {
        await postForm(options, app, 'revoke', { token: accessToken }, z.unknown());
      } catch (error) {
        // It was dead already.
        if (!isAttacheError(error, 'invalid', 'unauthorized')) throw error;
      }
    },
  };
}
