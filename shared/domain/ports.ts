/**
 * The seam between the product and the world. Nothing in `functions/` or `shared/` reaches outside except through one of
 * these, so that every I/O can be numbered, delayed, failed, doubled or followed by a crash (`test/simulation`).
 */

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

// ── Documents ──────────────────────────────────────────────────────────────────────────────────────────────────────

export type DocumentValue =
  | null
  | boolean
  | number
  | string
  | Date
  | readonly DocumentValue[]
  | { readonly [field: string]: DocumentValue | undefined };

/** A document's fields. `undefined` fields are left out when written. `Date` is a Firestore Timestamp, to the millisecond. */
export type DocumentData = { readonly [field: string]: DocumentValue | undefined };

/** Written in place of a value: the server's time of the commit, as a `Date`, the same for all documents of one commit. */
export const SERVER_TIME: unique symbol = Symbol('serverTime');

export type WriteData = { readonly [field: string]: DocumentValue | typeof SERVER_TIME | undefined };

export interface DocumentSnapshot {
  /** `collection/id` or `collection/id/collection/id`. */
  readonly path: string;
  readonly id: string;
  readonly data: DocumentData;
  /** Opaque version: equal exactly when the document was not changed in between. A write that changes nothing keeps it. */
  readonly updateTime: string;
}

export type Precondition = { readonly updateTime: string } | { readonly exists: boolean };

/**
 * `create` fails with `conflict` when the document exists. `set` replaces the whole document. `update` replaces the given
 * top-level fields of an existing document and leaves the rest (`undefined` leaves a field alone; `null` writes null);
 * on a missing document it fails with `notFound`. A failed precondition is `preconditionFailed`.
 */
export type Write =
  | { readonly op: 'create'; readonly path: string; readonly data: WriteData }
  | { readonly op: 'set'; readonly path: string; readonly data: WriteData; readonly precondition?: Precondition }
  | {
      readonly op: 'update';
      readonly path: string;
      readonly data: WriteData;
      readonly precondition?: { readonly updateTime: string };
    }
  | { readonly op: 'delete'; readonly path: string; readonly precondition?: Precondition };

/** null and NaN are found by `==` only. A range needs the order of its field, so that one composite index serves it. */
export type WhereOperator = '==' | '<' | '<=' | '>' | '>=' | 'in' | 'array-contains';

export interface Query {
  /** `collection` or `collection/id/collection`. */
  readonly collection: string;
  /** All of them hold. A dot in `field`, as in that of the order, leads into a map. Values of other types do not match. */
  readonly where?: readonly { readonly field: string; readonly op: WhereOperator; readonly value: DocumentValue }[];
  /** Ties are broken by `thenBy`, then by document id, in the same direction. Without it: by document id, ascending. */
  readonly orderBy?: { readonly field: string; readonly thenBy?: string; readonly direction: 'asc' | 'desc' };
  /** Exclusive: the position of the last document of the page before. A value for each field of `orderBy`. */
  readonly startAfter?: { readonly value?: DocumentValue; readonly thenValue?: DocumentValue; readonly id: string };
  readonly limit: number;
}

export interface Transaction {
  get(path: string): Promise<DocumentSnapshot | undefined>;
  query(query: Query): Promise<DocumentSnapshot[]>;
  /** Buffered until the transaction commits. All reads come first. */
  write(write: Write): void;
}

/**
 * Documents with Firestore's semantics. Two adapters pass one contract suite (`test/contract/document-store.ts`):
 * `shared/store/firestore.ts` and `shared/store/memory.ts`.
 * Errors: AttacheError `conflict`, `notFound`, `preconditionFailed`, `unavailable` (contention, network, deadline: the
 * outcome of a commit is then unknown, except with the code `contention`: nothing was written), `invalid`, `forbidden`.
 */
export interface DocumentStore {
  get(path: string): Promise<DocumentSnapshot | undefined>;
  /** In the order of `paths`; `undefined` where there is none. One round trip. */
  getAll(paths: readonly string[]): Promise<(DocumentSnapshot | undefined)[]>;
  query(query: Query): Promise<DocumentSnapshot[]>;
  /** All writes or none, in one round trip. Returns the new `updateTime` of each written document (of a delete: ''). */
  commit(writes: readonly Write[]): Promise<string[]>;
  /** Serializable. `run` is called again on contention, so it must have no effect but its writes. */
  runTransaction<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>;
}

// ── Messages between functions ─────────────────────────────────────────────────────────────────────────────────────

export interface BusMessage {
  /** UTF-8 text, JSON in all our topics. */
  readonly data: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
}

/**
 * A topic's publishing side. Resolves when all messages are stored by the broker, with their ids in order; on failure
 * any of them may have been stored. Errors: `unavailable` (transient), `notFound` (no such topic), `forbidden`, `invalid`.
 */
export interface EventBus {
  publish(topic: string, messages: readonly BusMessage[]): Promise<string[]>;
}

// ── Google ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AccessToken {
  /** The user this token acts as. Compared with the mailbox asked for before every use. */
  readonly subject: string;
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
}

export interface AccessTokens {
  /** Errors: `unauthorized` (delegation or consent gone), `forbidden` (domain not allowed, denied user), `unavailable`. */
  get(subject: string, scopes: readonly string[]): Promise<AccessToken>;
  /** Drops the cached token, after a 401. */
  invalidate(subject: string, scopes: readonly string[]): void;
}

/** What a Google-signed ID token says, once its signature, issuer, audience and expiry were checked. */
export interface IdTokenClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  /** Epoch seconds. */
  readonly exp: number;
  readonly email?: string | undefined;
  readonly email_verified?: boolean | undefined;
}

/** Errors: `unauthorized` (not a token that Google signed for one of `audiences`), `unavailable` (no certificates). */
export type IdTokenVerifier = (token: string, audiences: readonly string[]) => Promise<IdTokenClaims>;
