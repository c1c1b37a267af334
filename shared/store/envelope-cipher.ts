import { randomBytes } from 'node:crypto';
import { AttacheError } from '../domain/errors';
import type { KeyWrap, SecretPlace, TokenCipher } from '../domain/token-cipher';
import { decrypt, encrypt } from './aes-gcm';

const version = 'sealed1';
/** Fields of a record that are written together share a data key; later ones get another, so that rotation reaches them. */
const dataKeyReuseMs = 60_000;
const maxKeys = 1_000;

/**
 * AES-256-GCM with a random data key per record, which stands beside the ciphertext, wrapped. An envelope is
 * `sealed1.<wrapped key>.<nonce, ciphertext and tag>`; version, record and field are authenticated with it, and the wrapped
 * key is bound to the record once more by its keeper.
 */
export function createEnvelopeCipher(keys: KeyWrap, clock: { now(): number }): TokenCipher {
  const now = () => clock.now();
  const sealing = new Recent<{ readonly dataKey: Uint8Array; readonly wrapped: string }>(now, dataKeyReuseMs);
  const opened = new Recent<Uint8Array>(now, Infinity);

  function newDataKey(record: string) {
    return sealing.set(record, async () => {
      const dataKey = randomBytes(32);
      return { dataKey, wrapped: await keys.wrap(dataKey, record) };
    });
  }

  return {
    async seal(secret, place) {
      const { dataKey, wrapped } = await (sealing.get(place.record) ?? newDataKey(place.record));
      return [version, wrapped, encrypt(dataKey, secret, boundTo(place)).toString('base64url')].join('.');
    },

    async open(sealed, place) {
      const [, wrapped, content] = /^sealed1\.([\w:-]+)\.([\w-]{38,})$/.exec(sealed) ?? [];
      if (wrapped === undefined || content === undefined) {
        throw new AttacheError('bug', 'What is stored is not a sealed secret.', { code: 'unreadableSecret' });
      }
      const { record } = place;
      const key = `${wrapped} ${record}`;
      const dataKey = await (opened.get(key) ?? opened.set(key, () => keys.unwrap(wrapped, record)));
      return decrypt(dataKey, Buffer.from(content, 'base64url'), boundTo(place)).toString('utf8');
    },
  };
}

function boundTo({ record, field }: SecretPlace): string {
  return JSON.stringify([version, record, field]);
}

/** The newest values, each made once; one that failed is made again at the next call. */
class Recent<Value> {
  // A Map iterates in the order of insertion.
  readonly #values = new Map<string, { readonly value: Promise<Value>; readonly sinceMs: number }>();

  constructor(
    private readonly now: () => number,
    private readonly maxAgeMs: number,
  ) {}

  get(key: string): Promise<Value> | undefined {
    const known = this.#values.get(key);
    return known && this.now() - known.sinceMs < this.maxAgeMs ? known.value : undefined;
  }

  set(key: string, make: () => Promise<Value>): Promise<Value> {
    const value = make();
    this.#values.delete(key);
    this.#values.set(key, { value, sinceMs: this.now() });
    value.catch(() => this.#values.get(key)?.value === value && this.#values.delete(key));
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= maxKeys) break;
      this.#values.delete(oldest);
    }
    return value;
  }
}
