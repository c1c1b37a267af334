/** What a sealed secret is bound to: it opens in this field of this record and nowhere else. */
export interface SecretPlace {
  /** Path of the document, such as `connectionTokens/abc`. */
  readonly record: string;
  readonly field: string;
}

/**
 * Secrets on their way into the store and out of it. `shared/store/envelope-cipher.ts` is the adapter.
 * Errors: AttacheError `bug` with code `unreadableSecret` (not sealed at all, tampered with, or sealed for another place) or
 * `keyUnavailable`, `rateLimited`, `unavailable`. None of them says that a user's consent is gone: a wrong key in one
 * deployment must not have every user consent again.
 */
export interface TokenCipher {
  seal(secret: string, place: SecretPlace): Promise<string>;
  open(sealed: string, place: SecretPlace): Promise<string>;
}

/** Wraps data keys with a key that never leaves its keeper: Cloud KMS, or the environment in development. */
export interface KeyWrap {
  /** `context` has to be given again to unwrap. The answer has no dot and names the version of the key. */
  readonly wrap: (dataKey: Uint8Array, context: string) => Promise<string>;
  /** Errors: as TokenCipher. */
  readonly unwrap: (wrapped: string, context: string) => Promise<Uint8Array>;
}
