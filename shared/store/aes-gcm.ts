import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AttacheError } from '../domain/errors';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** A random nonce, the ciphertext and the tag, which also vouches for `context`. */
export function encrypt(key: Uint8Array, plaintext: string | Uint8Array, context: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Errors: AttacheError `bug` with code `unreadableSecret` for another key or context and for a single changed bit. */
export function decrypt(key: Uint8Array, content: Buffer, context: string): Buffer {
  try {
    const decipher = createDecipheriv(algorithm, key, content.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(context))
      .setAuthTag(content.subarray(-tagBytes));
    return Buffer.concat([decipher.update(content.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    throw new AttacheError('bug', 'A sealed secret was changed, or belongs elsewhere.', { code: 'unreadableSecret' });
  }
}
