import * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import type { Clock } from '../domain/ports';
import type { TokenSource } from './access-tokens';
import { createIamSigner, createKeyFileSigner, type JwtSigner } from './jwt-signers';
import { post } from './post';

/** The keys of the environment that choose a source; `config-fragments.ts` says what each means and which go together. */
export interface TokenSourceConfig {
  readonly TOKEN_SOURCE: 'keyless' | 'keyFile' | 'static';
  readonly SERVICE_ACCOUNT_KEY_FILE?: string | undefined;
  readonly STATIC_ACCESS_TOKEN?: string | undefined;
  readonly OAUTH_TOKEN_URL: string;
  readonly IAM_CREDENTIALS_API_URL: string;
}

export interface TokenSourceOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** The account that domain-wide delegation is granted to, one per set of scopes; `keyless` needs it. */
  readonly serviceAccount?: string | undefined;
  /** Of each of the two calls that a token takes. */
  readonly timeoutMs?: number;
}

/** The source that TOKEN_SOURCE names. Throws AttacheError `invalid` when what that source needs is not configured. */
export function createTokenSource(config: TokenSourceConfig, options: TokenSourceOptions): TokenSource {
  const { clock, serviceAccount, timeoutMs = 10_000 } = options;
  switch (config.TOKEN_SOURCE) {
    case 'keyless': {
      const iamUrl = config.IAM_CREDENTIALS_API_URL;
      const signer = createIamSigner({
        serviceAccount: required(serviceAccount, 'a service account'),
        iamUrl,
        timeoutMs,
      });
      return createDelegatedTokens({ signer, tokenUrl: config.OAUTH_TOKEN_URL, clock, timeoutMs });
    }
    case 'keyFile': {
      const signer = createKeyFileSigner(required(config.SERVICE_ACCOUNT_KEY_FILE, 'SERVICE_ACCOUNT_KEY_FILE'));
      return createDelegatedTokens({ signer, tokenUrl: config.OAUTH_TOKEN_URL, clock, timeoutMs });
    }
    case 'static':
      return createStaticTokens(required(config.STATIC_ACCESS_TOKEN, 'STATIC_ACCESS_TOKEN'), clock);
  }
}

export interface DelegatedTokensOptions {
  readonly signer: JwtSigner;
  /** The token endpoint, which is also the audience of the assertion. */
  readonly tokenUrl: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly timeoutMs: number;
}

/**
 * Domain-wide delegation: a JWT that names the user as its `sub`, signed by the delegated account and exchanged for the
 * user's token (RFC 7523). google-auth-library does this with a private key only, hence the few lines here.
 * Errors: AttacheError `unauthorized` (the user or the delegation is gone), `rateLimited`, `unavailable`, those of the
 * signer, and `bug` for what the token endpoint refuses for any other reason.
 */
export function createDelegatedTokens({ signer, tokenUrl, clock, timeoutMs }: DelegatedTokensOptions): TokenSource {
  return async (subject, scopes) => {
    const issuedAtMs = clock.now();
    const iat = Math.floor(issuedAtMs / 1000);
    const assertion = await signer.sign({
      iss: await signer.issuer(),
      sub: subject,
      scope: scopes.join(' '),
      aud: tokenUrl,
      iat,
      exp: iat + assertionSeconds,
    });
    const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
    try {
      const answer = await post({
        url: tokenUrl,
        body,
        answer: tokenAnswer,
        operation: 'The token endpoint',
        timeoutMs,
      });
      return { subject, token: answer.access_token, expiresAtMs: issuedAtMs + answer.expires_in * 1000 };
    } catch (error) {
      throw exchangeFailure(error, scopes);
    }
  };
}

/** One token for every user, as it is. For development and for stand-ins that do not look at tokens. */
export function createStaticTokens(token: string, clock: Pick<Clock, 'now'>): TokenSource {
  return async (subject) => ({ subject, token, expiresAtMs: clock.now() + staticTokenMs });
}

/** Google takes an hour at most. The assertion is used at once, and the token's own life does not depend on it. */
const assertionSeconds = 3600;

const staticTokenMs = 3_600_000;

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

function required(value: string | undefined, name: string): string {
  if (value) return value;
  throw new AttacheError('invalid', `TOKEN_SOURCE asks for a source that needs ${name}.`, { code: 'invalidConfig' });
}

function exchangeFailure(error: unknown, scopes: readonly string[]): unknown {
  if (!isAttacheError(error) || error.kind === 'rateLimited' || error.kind === 'unavailable') return error;
  const { kind, message, code, fix } = error;
  if (kind !== 'unauthorized') return new AttacheError('bug', message, { code });
  return new AttacheError(kind, message, {
    code,
    ...(fix !== undefined && { fix: `${fix} The scopes are ${scopes.join(' ')}.` }),
  });
}
