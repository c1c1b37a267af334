import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import type { IdTokenClaims, IdTokenVerifier } from '../domain/ports';

/** Cloud Run puts this in place of the signature once it has checked a token itself. */
const REMOVED_SIGNATURE = 'SIGNATURE_REMOVED_BY_GOOGLE';

const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];

export interface IdTokenCheck {
  readonly audiences: readonly string[];
  readonly verifyIdToken: IdTokenVerifier;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Whether a signature that Cloud Run has checked and removed is good enough. Only ever true on Cloud Run. */
  readonly acceptRemovedSignature?: boolean;
}

/**
 * The account, in lower case, that Google vouches for in an ID token. Throws AttacheError `unauthorized` with code
 * `invalidCredentials`, or `unavailable` where the certificates cannot be had.
 */
export async function accountOf(token: string, check: IdTokenCheck): Promise<string> {
  const { alg, signature, claims: unverified } = parseIdToken(token);
  if (alg !== 'RS256') throw invalidCredentials('The ID token is not signed the way Google signs (RS256).');

  const isChecked = check.acceptRemovedSignature === true && signature === REMOVED_SIGNATURE;
  // The token's own claims are looked at only where Cloud Run has vouched for them.
  const claims = isChecked ? unverified : await verified(token, check);

  if (!ISSUERS.includes(claims.iss)) throw invalidCredentials('The ID token was not issued by Google.');
  if (!check.audiences.includes(claims.aud)) throw invalidCredentials('The ID token is for another audience.');
  if (claims.exp * 1000 <= check.now()) throw invalidCredentials('The ID token has expired.');
  if (claims.email_verified !== true || !claims.email) {
    throw invalidCredentials('The ID token carries no verified address: ask for it with the email included.');
  }
  return claims.email.toLowerCase();
}

/** The token of `Authorization: Bearer …`; undefined where there is none. */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

export function missingCredentials(fix: string): AttacheError {
  return new AttacheError('unauthorized', 'This request carries no credentials.', { code: 'missingCredentials', fix });
}

export function invalidCredentials(message: string, cause?: unknown): AttacheError {
  return new AttacheError('unauthorized', message, {
    code: 'invalidCredentials',
    fix: 'Send an API key of an agent of this deployment, or a new ID token for its audience.',
    cause,
  });
}

async function verified(token: string, { verifyIdToken, audiences }: IdTokenCheck): Promise<IdTokenClaims> {
  try {
    return await verifyIdToken(token, audiences);
  } catch (error) {
    if (isAttacheError(error, 'unauthorized')) {
      throw invalidCredentials('The ID token is not one that Google signed for this audience.', error);
    }
    throw error;
  }
}

const tokenHeader = z.object({ alg: z.string() });

const tokenClaims = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  exp: z.number(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
});

function parseIdToken(token: string): { alg: string; claims: IdTokenClaims; signature: string } {
  const [header, claims, signature, ...rest] = token.split('.');
  if (header && claims && signature && rest.length === 0) {
    try {
      return { alg: tokenHeader.parse(decoded(header)).alg, claims: tokenClaims.parse(decoded(claims)), signature };
    } catch {
      // Not JSON, or not the claims of an ID token: refused below, without quoting it.
    }
  }
  throw invalidCredentials('These credentials are neither an API key nor an ID token that is signed.');
}

function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
}
