import type { IncomingHttpHeaders } from 'node:http';
import { AttacheError } from '../domain/errors';
import type { IdTokenVerifier } from '../domain/ports';
import { accountOf, bearerOf, invalidCredentials, missingCredentials } from './id-token';

export interface PlatformIdentity {
  /** `none` accepts every call: emulators only, and refused by the configuration on Cloud Run. */
  readonly authentication: 'oidc' | 'none';
  /** The one service account that may call. */
  readonly account: string | undefined;
  readonly audience: string | undefined;
  /** Whether this runs on Cloud Run (`K_SERVICE` is set), which checks signatures itself and removes them. */
  readonly onCloudRun: boolean;
  readonly verifyIdToken: IdTokenVerifier;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export type Authorize = (headers: IncomingHttpHeaders) => Promise<void>;

/**
 * Whether a call comes from the platform: the push subscription's or the scheduler's own account, with a token for exactly
 * this audience. Cloud Run has checked the signature before (the service is private) and removed it; a signature that is
 * still there is verified here. Throws AttacheError `unauthorized`.
 */
export function authorizePlatform(identity: PlatformIdentity): Authorize {
  const { authentication, account, audience, onCloudRun, verifyIdToken, now } = identity;
  if (authentication === 'none') {
    if (onCloudRun)
      throw new AttacheError('invalid', 'Calls must be authenticated on Cloud Run.', { code: 'invalidConfig' });
    return async () => {};
  }
  if (!account || !audience) {
    throw new AttacheError('invalid', 'The caller’s account and audience are not configured.', {
      code: 'invalidConfig',
    });
  }
  return async (headers) => {
    const token = bearerOf(headers);
    if (!token) throw missingCredentials('Call with an OIDC token of the configured service account.');
    const caller = await accountOf(token, {
      audiences: [audience],
      verifyIdToken,
      now,
      acceptRemovedSignature: onCloudRun,
    });
    if (caller !== account.toLowerCase()) throw invalidCredentials('The ID token belongs to another account.');
  };
}
