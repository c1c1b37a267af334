import type { OAuth2Client } from 'google-auth-library';
import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import type { IdTokenClaims, IdTokenVerifier } from '../domain/ports';
import { fromGoogleError } from './errors';

export interface IdTokenVerifierOptions {
  /** Google's certificates in PEM form, by key id: `https://www.googleapis.com/oauth2/v1/certs` or a stand-in. */
  readonly certsUrl: string;
  readonly timeoutMs?: number;
}

/**
 * Verifies ID tokens that Google signed: signature, issuer, audience and expiry (with the library's five minutes of
 * tolerance, by the machine's clock). The certificates are fetched once for as long as their answer may be kept.
 * Errors: AttacheError `unauthorized`, which says nothing about the token, and `unavailable` without certificates.
 */
export function createIdTokenVerifier({ certsUrl, timeoutMs = 10_000 }: IdTokenVerifierOptions): IdTokenVerifier {
  let loading: ReturnType<typeof loadClient> | undefined;
  let fetching: ReturnType<OAuth2Client['getFederatedSignonCertsAsync']> | undefined;

  /** The library keeps them, but has every caller fetch who comes before the first answer: here they share it. */
  async function certificates(client: OAuth2Client) {
    try {
      return (await (fetching ??= client.getFederatedSignonCertsAsync())).certs;
    } catch (error) {
      // Whatever went wrong here is not the caller's fault, and may pass.
      const { code } = fromGoogleError(error, 'Fetching the certificates');
      throw new AttacheError('unavailable', 'The certificates of Google’s keys cannot be fetched.', { code });
    } finally {
      fetching = undefined;
    }
  }

  return async (token, audiences): Promise<IdTokenClaims> => {
    const client = await (loading ??= loadClient(certsUrl, timeoutMs));
    const certs = await certificates(client);
    try {
      const ticket = await client.verifySignedJwtWithCertsAsync(token, certs, [...audiences], issuers);
      return claimsSchema.parse(ticket.getPayload());
    } catch {
      // The library's messages quote the token.
      throw new AttacheError('unauthorized', 'The ID token is not one that Google signed for this audience.', {
        code: 'invalidIdToken',
        fix: 'Ask for a new ID token with the audience of this service.',
      });
    }
  };
}

const issuers = ['https://accounts.google.com', 'accounts.google.com'];

const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string().min(1),
  exp: z.number(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
});

async function loadClient(certsUrl: string, timeoutMs: number) {
  const { OAuth2Client } = await import('./auth-library');
  return new OAuth2Client({
    endpoints: { oauth2FederatedSignonPemCertsUrl: certsUrl },
    transporterOptions: { fetchImplementation: fetch, timeout: timeoutMs },
  });
}
