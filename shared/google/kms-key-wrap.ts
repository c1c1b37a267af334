import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import type { KeyWrap } from '../domain/token-cipher';
import { fromGoogleError } from './errors';
import { isLoopback, rootOf } from './loopback';
import { createOwnAuthorization } from './own-authorization';
import { post } from './post';

export interface KmsKeyWrapOptions {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…`: its primary version wraps, any enabled version unwraps. */
  readonly keyName: string;
  /** Root of the Cloud KMS API. A loopback address is a stand-in, which needs no credentials. */
  readonly kmsUrl: string;
  readonly timeoutMs?: number;
}

/** Cloud KMS as the keeper of the key that wraps data keys; the context goes along as additional authenticated data. */
export function createKmsKeyWrap({ keyName, kmsUrl, timeoutMs = 10_000 }: KmsKeyWrapOptions): KeyWrap {
  const url = new URL(`v1/${keyName}`, rootOf(kmsUrl)).href;
  const authorize = isLoopback(url) ? async () => 'Bearer owner' : createOwnAuthorization();

  async function call<Answer>(verb: 'encrypt' | 'decrypt', body: object, answer: z.ZodType<Answer>): Promise<Answer> {
    const operation = `cloudkms.${verb}`;
    try {
      const authorization = await authorize();
      return await post({ url: `${url}:${verb}`, body, authorization, answer, operation, timeoutMs });
    } catch (error) {
      throw kmsFailure(error, operation);
    }
  }

  return {
    async wrap(dataKey, context) {
      const body = { plaintext: toBase64(dataKey), additionalAuthenticatedData: toBase64(context) };
      const { ciphertext } = await call('encrypt', body, encryptAnswer);
      return Buffer.from(ciphertext, 'base64').toString('base64url');
    },
    async unwrap(wrapped, context) {
      const ciphertext = Buffer.from(wrapped, 'base64url').toString('base64');
      const body = { ciphertext, additionalAuthenticatedData: toBase64(context) };
      return Buffer.from((await call('decrypt', body, decryptAnswer)).plaintext, 'base64');
    },
  };
}

const encryptAnswer = z.object({ ciphertext: z.base64().min(1) });
const decryptAnswer = z.object({ plaintext: z.base64().length(44) });

function toBase64(content: string | Uint8Array): string {
  return Buffer.from(content).toString('base64');
}

/** What KMS refuses is this deployment's fault or that of the store, never a user's: it must not look like lost consent. */
function kmsFailure(error: unknown, operation: string): AttacheError {
  const failure = fromGoogleError(error, operation);
  switch (failure.kind) {
    case 'rateLimited':
    case 'unavailable':
      return failure;
    case 'invalid':
      return new AttacheError('bug', failure.message, { code: 'unreadableSecret' });
    default:
      return new AttacheError('bug', failure.message, {
        code: 'keyUnavailable',
        fix: 'Grant the function’s service account roles/cloudkms.cryptoKeyEncrypterDecrypter on the key, and check that the key and its versions are enabled.',
      });
  }
}
