import { AttacheError, isTransient } from '../domain/errors';

/** How a delivery ended that need not come again. Everything that must come again is thrown (`isTransient`). */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'skipped'; /** Stable camelCase: why there was nothing to do. */ readonly skipReason: string };

export const done: Outcome = { kind: 'done' };

export function skipped(skipReason: string): Outcome {
  return { kind: 'skipped', skipReason };
}

/** An error for Pub/Sub or Cloud Scheduler, which know only "again": 503 where waiting helps, else 500. */
export function asRetry(error: AttacheError): AttacheError {
  const kind = isTransient(error) && error.kind !== 'bug' ? 'unavailable' : 'bug';
  return new AttacheError(kind, error.message, { cause: error });
}
