import { asAttacheError, type AttacheError } from './errors';
import type { Clock, Random } from './ports';

export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Epoch milliseconds after which no further attempt begins. */
  readonly deadlineMs: number;
}

/** Repeats `operation` on errors that a moment may mend, with full jitter, inside the time budget. Throws the last error. */
export async function retry<T>(
  operation: () => Promise<T>,
  policy: RetryPolicy,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation();
    } catch (thrown) {
      const error = asAttacheError(thrown);
      const delayMs = random.next() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
      if (attempt >= policy.maxAttempts || !isMomentary(error) || clock.now() + delayMs > policy.deadlineMs)
        throw error;
      await clock.sleep(delayMs);
    }
  }
}

/** Worth another try within the same invocation: throttling is not, it asks for quiet. */
function isMomentary(error: AttacheError): boolean {
  return error.kind === 'unavailable';
}
