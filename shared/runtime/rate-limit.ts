import { AttacheError } from '../domain/errors';

export const DEFAULT_RATE_PER_MINUTE = 600;

/**
 * A token bucket per caller: a minute's worth at once, refilled evenly. Counted in this instance only; it stops a caller
 * that runs wild, not one that is a little too fast. Throws AttacheError `rateLimited` with the time of the next token.
 */
export function createRateLimit(now: () => number): (callerId: string, ratePerMinute: number) => void {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return (callerId, ratePerMinute) => {
    const nowMs = now();
    const { tokens, atMs } = buckets.get(callerId) ?? { tokens: ratePerMinute, atMs: nowMs };
    const msPerToken = 60_000 / ratePerMinute;
    const available = Math.min(ratePerMinute, tokens + Math.max(0, nowMs - atMs) / msPerToken);
    const isAllowed = available >= 1;
    buckets.set(callerId, { tokens: isAllowed ? available - 1 : available, atMs: nowMs });
    if (isAllowed) return;
    throw new AttacheError('rateLimited', `You may send ${ratePerMinute} requests a minute.`, {
      code: 'tooManyRequests',
      retryAfterMs: nowMs + (1 - available) * msPerToken,
      fix: 'Wait as long as Retry-After says.',
    });
  };
}
