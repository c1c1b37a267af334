/**
 * Sets of time as sorted, disjoint, half-open intervals `[start, end)` in epoch milliseconds, flat:
 * `[start, end, start, end, …]`. Touching intervals are one interval; empty ones do not exist.
 */
export type Intervals = readonly number[];

/**
 * The union of `[starts[i], ends[i])`, given in any order, overlapping at will, and some of them perhaps empty.
 * Leaves its arguments alone. Cost: n·log(n).
 */
export function mergeIntervals(starts: ArrayLike<number>, ends: ArrayLike<number>): Intervals {
  // Which end belongs to which start does not matter to a union: it has a gap exactly where as many intervals have ended
  // as have begun. So both sides are sorted for themselves, as plain numbers and without a comparator.
  const sortedStarts = new Float64Array(starts).sort();
  const sortedEnds = new Float64Array(ends).sort();
  const merged: number[] = [];
  for (let first = 0, last = 0; last < sortedStarts.length; last++) {
    if (sortedStarts[last + 1]! <= sortedEnds[last]!) continue;
    if (sortedStarts[first]! < sortedEnds[last]!) merged.push(sortedStarts[first]!, sortedEnds[last]!);
    first = last + 1;
  }
  return merged;
}

/** The time that is in both. Cost: the sum of both lengths. */
export function intersectIntervals(a: Intervals, b: Intervals): Intervals {
  const common: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const start = Math.max(a[i]!, b[j]!);
    const end = Math.min(a[i + 1]!, b[j + 1]!);
    if (start < end) common.push(start, end);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return common;
}

/** In milliseconds. */
export function totalLength(intervals: Intervals): number {
  let total = 0;
  for (let i = 0; i < intervals.length; i += 2) total += intervals[i + 1]! - intervals[i]!;
  return total;
}
