import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import { fromGoogleError } from './errors';
import { isLoopback, rootOf } from './loopback';
import { createOwnAuthorization } from './own-authorization';
import { post } from './post';

export interface JwtSigner {
  /** Address of the service account whose key signs. */
  issuer(): Promise<string>;
  /** The claims as a JWT, signed with RS256. */
  sign(claims: object): Promise<string>;
}

export interface IamSignerOptions {
  /** The delegated account, not the one that the function runs as. */
  readonly serviceAccount: string;
  /** Root of the IAM Credentials API. A loopback address is a stand-in, which needs no credentials. */
  readonly iamUrl: string;
  readonly timeoutMs: number;
}

/**
 * Signs through IAM Credentials, so that no private key exists outside Google. Errors: AttacheError `forbidden` (no
 * permission to sign, or no such account), `rateLimited`, `unavailable`, `bug` (the function has no usable credentials).
 */
export function createIamSigner({ serviceAccount, iamUrl, timeoutMs }: IamSignerOptions): JwtSigner {
  const url = new URL(`v1/projects/-/serviceAccounts/${encodeURIComponent(serviceAccount)}:signJwt`, rootOf(iamUrl))
    .href;
  const authorize = isLoopback(url) ? async () => 'Bearer owner' : createOwnAuthorization();
  return {
    issuer: async () => serviceAccount,
    async sign(claims) {
      const authorization = await authorize();
      const body = { payload: JSON.stringify(claims) };
      const request = {
        url,
        body,
        authorization,
        answer: signJwtAnswer,
        operation: 'iamcredentials.signJwt',
        timeoutMs,
      };
      try {
        return (await post(request)).signedJwt;
      } catch (error) {
        throw signingFailure(error);
      }
    },
  };
}

/** Signs with the private key of a downloaded key file, which is read once. For development only. */
export function createKeyFileSigner(path: string): JwtSigner {
  let read: ReturnType<typeof readKeyFile> | undefined;
  const key = () => (read ??= readKeyFile(path));
  return {
    issuer: async () => (await key()).issuer,
    async sign(claims) {
      const { keyId, privateKey } = await key();
      const header = { alg: 'RS256', typ: 'JWT', kid: keyId };
      const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
    },
  };
}

const signJwtAnswer = z.object({ signedJwt: z.string().min(1) });

const keyFileSchema = z.object({ client_email: z.string(), private_key: z.string(), private_key_id: z.string() });

/**
 * What fails here is this deployment's access to its own account. It must not pass for the user's consent (`unauthorized`)
 * or for a message that is gone (`notFound`).
 */
function signingFailure(error: unknown): AttacheError {
  const failure = fromGoogleError(error, 'iamcredentials.signJwt');
  switch (failure.kind) {
    case 'forbidden':
    case 'notFound':
      if (failure.fix !== undefined) return failure;
      return new AttacheError('forbidden', 'The function may not sign as the delegated service account.', {
        code: 'signJwtDenied',
        fix: 'Grant the service account of the function a role with iam.serviceAccounts.signJwt on the delegated service account, and check that this account exists; a grant can take minutes to work.',
      });
    case 'rateLimited':
    case 'unavailable':
      return failure;
    default:
      return new AttacheError('bug', failure.message, { code: failure.code });
  }
}

async function readKeyFile(path: string) {
  try {
    const key = keyFileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return { issuer: key.client_email, keyId: key.private_key_id, privateKey: createPrivateKey(key.private_key) };
  } catch {
    // The parser's own message is not passed on: it may quote the key.
    throw new AttacheError('invalid', 'SERVICE_ACCOUNT_KEY_FILE names no readable key of a service account.', {
      code: 'invalidKeyFile',
      fix: 'Download a JSON key of the delegated service account, for development only, or use TOKEN_SOURCE=keyless.',
    });
  }
}
