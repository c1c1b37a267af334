import { createHash } from 'node:crypto';
import * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import { DAY_MS } from '../domain/instant';
import type { Clock, DocumentStore, Write } from '../domain/ports';

/**
 * What becomes of a request that is sent with an `Idempotency-Key`: one document per caller and key. A success is kept and
 * answered again; a failure frees the key; whoever is killed leaves a lease that runs out.
 */
export interface IdempotencyKeys {
  /**
   * Errors: `invalid` (`idempotencyKeyReused`: the key stands for another request), `conflict` (`requestInProgress`, with
   * the time at which to ask again).
   */
  claim(request: {
    readonly callerId: string;
    readonly key: string;
    /** The request, whatever it is, as text. */
    readonly content: string;
  }): Promise<KeyClaim>;
  /** Goes into the commit that makes what was asked for; answered as it is from then on. */
  answer(keyId: string, json: string): Write;
  forget(keyId: string): Write;
  /** Frees the key of a request that came to nothing. */
  release(claim: ClaimedKey): Promise<void>;
  /** Lets the next try go on at once: what has become of this one is not known. */
  suspend(claim: ClaimedKey): Promise<void>;
}

export type KeyClaim = ClaimedKey | { readonly kind: 'answered'; readonly json: string };

export interface ClaimedKey {
  readonly kind: 'claimed';
  readonly keyId: string;
  /** When the key was first seen: the same for all tries of one request. */
  readonly firstSeenMs: number;
  /** Whether an earlier try has stopped without an outcome. */
  readonly isResumed: boolean;
  readonly updateTime: string;
}

/** Longer than a request may take. */
const leaseMs = 60_000;
const retentionMs = 2 * DAY_MS;

const keyDocument = z.object({
  contentHash: z.string(),
  firstSeenMs: z.number(),
  leaseUntilMs: z.number(),
  json: z.string().nullable(),
});

export function createIdempotencyKeys(store: DocumentStore, clock: Pick<Clock, 'now'>): IdempotencyKeys {
  const pathOf = (keyId: string): string => `idempotencyKeys/${keyId}`;

  async function leave(write: Write): Promise<void> {
    try {
      await store.commit([write]);
    } catch (error) {
      // Somebody has taken the request over, or has finished it.
      if (!isAttacheError(error, 'preconditionFailed', 'notFound')) throw error;
    }
  }

  return {
    async claim({ callerId, key, content }) {
      const keyId = sha256(JSON.stringify([callerId, key]));
      const contentHash = sha256(content);
      const path = pathOf(keyId);
      for (;;) {
        const nowMs = clock.now();
        const found = await store.get(path);
        const known = found && keyDocument.parse(found.data);
        if (known && known.contentHash !== contentHash) throw keyReused();
        if (known?.json != null) return { kind: 'answered', json: known.json };
        if (known && known.leaseUntilMs > nowMs) throw inProgress(known.leaseUntilMs);
        const firstSeenMs = known?.firstSeenMs ?? nowMs;
        const expireAt = new Date(nowMs + retentionMs);
        const data = { contentHash, firstSeenMs, leaseUntilMs: nowMs + leaseMs, json: null, expireAt };
        try {
          const [updateTime = ''] = await store.commit([
            found
              ? { op: 'set', path, data, precondition: { updateTime: found.updateTime } }
              : { op: 'create', path, data },
          ]);
          return { kind: 'claimed', keyId, firstSeenMs, isResumed: known !== undefined, updateTime };
        } catch (error) {
          // Another copy of the request came first: look again.
          if (!isAttacheError(error, 'conflict', 'preconditionFailed')) throw error;
        }
      }
    },

    answer: (keyId, json) => ({
      op: 'update',
      path: pathOf(keyId),
      data: { json, expireAt: new Date(clock.now() + retentionMs) },
    }),
    forget: (keyId) => ({ op: 'delete', path: pathOf(keyId) }),
    release: ({ keyId, updateTime }) => leave({ op: 'delete', path: pathOf(keyId), precondition: { updateTime } }),
    suspend: ({ keyId, updateTime }) =>
      leave({ op: 'update', path: pathOf(keyId), data: { leaseUntilMs: 0 }, precondition: { updateTime } }),
  };
}

/** The key stands for a request with another body. */
export function keyReused(): AttacheError {
  const path = 'header.Idempotency-Key';
  return new AttacheError('invalid', 'This Idempotency-Key was used for another request.', {
    code: 'idempotencyKeyReused',
    errors: [{ path, message: 'stands for a request with another body' }],
    fix: 'Send a new key with every new request, and the same key only with the same body.',
  });
}

function inProgress(retryAfterMs: number): AttacheError {
  return new AttacheError('conflict', 'The same request is being worked on.', {
    code: 'requestInProgress',
    retryAfterMs,
    fix: 'Send it again after Retry-After, with the same key: the answer will be the same.',
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
