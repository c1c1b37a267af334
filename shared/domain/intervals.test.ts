import * as fc from 'fast-check';
import { type Intervals, intersectIntervals, mergeIntervals, totalLength } from './intervals';

const block = fc.tuple(fc.nat(40), fc.nat(8)).map(([start, length]) => [start, start + length] as const);
const blocks = fc.array(block, { maxLength: 12 });
const merge = (pairs: readonly (readonly [number, number])[]): Intervals =>
  mergeIntervals(
    pairs.map(([start]) => start),
    pairs.map(([, end]) => end),
  );
const covered = (pairs: readonly (readonly [number, number])[]): number[] =>
  Array.from({ length: 60 }, (_, time) => time).filter((time) =>
    pairs.some(([start, end]) => start <= time && time < end),
  );
const pairsOf = (intervals: Intervals): [number, number][] =>
  intervals.flatMap((start, i) => (i % 2 === 0 ? [[start, intervals[i + 1]!] as [number, number]] : []));

test('a merge covers what its blocks cover, sorted, with a gap between any two intervals', () => {
  fc.assert(
    fc.property(blocks, (given) => {
      const merged = merge(given);
      expect(covered(pairsOf(merged))).toEqual(covered(given));
      for (let i = 1; i < merged.length; i++) expect(merged[i]).toBeGreaterThan(merged[i - 1]!);
    }),
  );
});

test('a merge joins what touches, drops what is empty and leaves its arguments alone', () => {
  const starts = Object.freeze([30, 10, 20, 50]);
  const ends = Object.freeze([40, 20, 30, 50]);
  expect(mergeIntervals(starts, ends)).toEqual([10, 40]);
});

test('an intersection covers what both cover', () => {
  fc.assert(
    fc.property(blocks, blocks, (a, b) => {
      const both = intersectIntervals(merge(a), merge(b));
      expect(covered(pairsOf(both))).toEqual(covered(a).filter((time) => covered(b).includes(time)));
    }),
  );
});

test('intervals that only touch have nothing in common', () => {
  expect(intersectIntervals([10, 20, 30, 40], [20, 30])).toEqual([]);
});

test('the total length is that of all intervals', () => {
  expect(totalLength([10, 20, 30, 45])).toBe(25);
});
