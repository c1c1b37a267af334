import { AttacheError } from '../domain/errors';
import type { KeyWrap } from '../domain/token-cipher';
import { decrypt, encrypt } from './aes-gcm';

export interface LocalKey {
  /** Letters, digits, `_` and `-`. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Wraps with the first of these keys; any of them unwraps. For development only. */
export function createLocalKeyWrap(keys: readonly [LocalKey, ...LocalKey[]]): KeyWrap {
  const [primary] = keys;
  return {
    async wrap(dataKey, context) {
      return `${primary.id}:${encrypt(primary.key, dataKey, context).toString('base64url')}`;
    },
    async unwrap(wrapped, context) {
      const [id, content = ''] = wrapped.split(':');
      const known = keys.find((one) => one.id === id);
      if (known) return decrypt(known.key, Buffer.from(content, 'base64url'), context);
      throw new AttacheError('bug', 'A secret was sealed with a key that is not configured.', {
        code: 'keyUnavailable',
      });
    },
  };
}
