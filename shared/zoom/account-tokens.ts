import { AttacheError, isAttacheError } from '../domain/errors';
import type { GrantedTokens, OAuthApp } from '../domain/oauth';
import { askToken, type ZoomOAuthOptions } from './post-form';

export interface ZoomAccountOptions extends ZoomOAuthOptions {
  readonly app: OAuthApp & { readonly accountId: string };
}

const earlyMs = 300_000;

/**
 * Tokens of a server-to-server app, which acts for every user of its Zoom account: kept until five minutes before they
 * expire, one exchange at a time. `refused` is a token that Zoom did not accept.
 */
export function createZoomAccountTokens(options: ZoomAccountOptions): (refused?: string) => Promise<string> {
  const { app, clock } = options;
  let known: GrantedTokens | undefined;
  let underway: Promise<GrantedTokens> | undefined;

  return async (refused) => {
    if (known && known.accessToken !== refused && known.expiresAtMs - earlyMs > clock.now()) return known.accessToken;
    const form = { grant_type: 'account_credentials', account_id: app.accountId };
    try {
      known = await (underway ??= askToken(options, app, form));
      return known.accessToken;
    } catch (error) {
      // There is no consent that could be gone: the app's own credentials are wrong.
      if (!isAttacheError(error, 'unauthorized', 'invalid')) throw error;
      throw new AttacheError('forbidden', error.message, {
        code: 'oauthAppRefused',
        fix: 'Check ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET.',
      });
    } finally {
      underway = undefined;
    }
  };
}
