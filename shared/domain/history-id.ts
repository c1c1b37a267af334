import * as z from 'zod';

/**
 * Gmail's history ids are unsigned 64-bit numbers: decimal strings everywhere in our code, because a JavaScript number
 * loses digits above 2^53. They grow with every change of a mailbox, with gaps.
 */
export type HistoryId = string;

const largestHistoryId = 2n ** 64n - 1n;

const message = 'must be an unsigned 64-bit decimal number';

export const historyIdSchema = z
  .string()
  .regex(/^\d{1,20}$/, { message, abort: true })
  .refine((digits) => BigInt(digits) <= largestHistoryId, message)
  .transform((digits) => BigInt(digits).toString());

/** Negative, zero or positive, as `a` is before, equal to or after `b`. */
export function compareHistoryIds(a: HistoryId, b: HistoryId): number {
  // Without leading zeros (the schema removes them) the longer number is the larger one.
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The later of two ids, either of which may be missing. */
export function laterHistoryId(a: HistoryId, b: HistoryId | null | undefined): HistoryId {
  return b != null && compareHistoryIds(b, a) > 0 ? b : a;
}

export function earlierHistoryId(a: HistoryId, b: HistoryId): HistoryId {
  return compareHistoryIds(a, b) <= 0 ? a : b;
}
