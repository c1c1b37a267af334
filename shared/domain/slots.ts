import { DAY_MS, instantFormatter } from './instant';
import { intersectIntervals, mergeIntervals, totalLength } from './intervals';
import {
  type BusyBlocks,
  type ParsedHost,
  type ParsedQuestion,
  type SlotQuestion,
  parseSlotQuestion,
} from './slot-question';
import { type WorkingTime, workingTime } from './working-time';

export interface Slot {
  /** Both in UTC, as `2025-03-09T07:00:00.000Z`. */
  readonly start: string;
  readonly end: string;
  /** `collective`: all, in the order given. `roundRobin`: those who can take it, the least booked first. */
  readonly hosts: readonly string[];
}

/**
 * When the hosts can meet. Every slot returned can be booked, and every slot left out cannot, where a slot is this:
 *
 * - It lies within working time and within `[timeMin, timeMax)`, and starts no earlier than `now` + minimum notice.
 * - `[start − buffer before, end + buffer after)` overlaps no busy time, whether that is within the window or not. All
 *   intervals are half-open, so touching is not overlapping.
 * - It starts on the grid, which begins with each stretch of working time and steps by the slot interval in real time.
 *   Hours that overlap or touch are one stretch, also across midnight. A stretch that has lasted a day goes on with a new
 *   grid whenever the first working hours of a local day begin: time that is open around the clock has no beginning,
 *   and slots should not wander off the wall clock. The window and the notice cut slots away; they never move the grid.
 *
 * `collective` asks for all hosts at once: working time is what all of them have in common, with its own grid, and the
 * busy time of each counts. `roundRobin` asks for each host alone and names for every start the hosts that have a slot
 * there, the least booked first: by the length of their busy time in the window (without buffers, overlaps counted
 * once), equals in the order given.
 *
 * Pure, and leaves its arguments alone. Throws AttacheError `invalid` naming every wrong field.
 * Cost: busy·log(busy) + slots·hosts; the zone is asked once in six days, not per slot.
 */
export function computeSlots(input: SlotQuestion): { slots: Slot[] } {
  const question = parseSlotQuestion(input);
  return { slots: input.mode === 'collective' ? slotsOfAll(question) : slotsOfAny(question) };
}

function slotsOfAll(question: ParsedQuestion): Slot[] {
  const workingTimes = workingTimesOf(question);
  const common: WorkingTime = {
    intervals: workingTimes.map(({ intervals }) => intervals).reduce(intersectIntervals),
    dayStarts: workingTimes.flatMap(({ dayStarts }) => dayStarts).sort((a, b) => a - b),
  };
  const ids = question.hosts.map(({ id }) => id);
  const slotAt = slotMaker(question);
  return freeStarts(question, common, question.hosts).map((start) => slotAt(start, ids));
}

function slotsOfAny(question: ParsedQuestion): Slot[] {
  const workingTimes = workingTimesOf(question);
  const hosts = question.hosts
    .map((host, i) => ({
      id: host.id,
      starts: freeStarts(question, workingTimes[i]!, [host]),
      bookedMs: bookedMs(host.busy, question),
      next: 0,
    }))
    .sort((a, b) => a.bookedMs - b.bookedMs);

  const slotAt = slotMaker(question);
  const slots: Slot[] = [];
  for (;;) {
    let start = Infinity;
    for (const host of hosts) start = Math.min(start, host.starts[host.next] ?? Infinity);
    if (start === Infinity) return slots;
    const ids: string[] = [];
    for (const host of hosts) {
      if (host.starts[host.next] !== start) continue;
      host.next++;
      ids.push(host.id);
    }
    slots.push(slotAt(start, ids));
  }
}

function slotMaker({ duration }: ParsedQuestion): (start: number, hosts: readonly string[]) => Slot {
  const formatStart = instantFormatter();
  const formatEnd = instantFormatter();
  return (start, hosts) => ({ start: formatStart(start), end: formatEnd(start + duration), hosts });
}

function workingTimesOf({ hosts, timeMin, timeMax }: ParsedQuestion): WorkingTime[] {
  const firstDay = Math.floor(timeMin / DAY_MS) - LOOK_BACK_DAYS;
  const lastDay = Math.floor(timeMax / DAY_MS) + 1;
  return hosts.map(({ schedule }) => workingTime(schedule, firstDay, lastDay));
}

/**
 * How far before the window working time is looked at, so that the grid does not depend on the window: a stretch that
 * began earlier has lasted a day, and has begun a new grid since, because working hours last 24 hours at most.
 */
const LOOK_BACK_DAYS = 6;

/** After which a stretch of working time has "lasted a day": the shortest local day (Troll in Antarctica, in spring). */
const SHORTEST_DAY_MS = 22 * 3_600_000;

/** The starts on the grid of `working` at which nobody is busy, ascending. */
function freeStarts(question: ParsedQuestion, working: WorkingTime, hosts: readonly ParsedHost[]): number[] {
  const { duration, attendees } = question;
  const earliestStart = Math.max(...hosts.map((host) => host.earliestStart));
  const starts = gridStarts(question, working, earliestStart);
  // Every block takes a range of starts away. Where ranges begin and end is counted per start, so that a block costs two
  // searches however long it is and however many overlap it.
  const takenSince = new Int32Array(starts.length + 1);
  const countUpTo = counter(starts);
  for (const { busy: blocks, bufferBefore, bufferAfter } of [...hosts, ...attendees]) {
    for (let i = 0; i < blocks.starts.length; i++) {
      if (blocks.starts[i] === blocks.ends[i]) continue;
      takenSince[countUpTo(blocks.starts[i]! - duration - bufferAfter)]!++;
      takenSince[countUpTo(blocks.ends[i]! + bufferBefore - 1)]!--;
    }
  }
  let taken = 0;
  return starts.filter((_, i) => (taken += takenSince[i]!) === 0);
}

/** The starts on the grid whose slots lie within working time and the window, ascending. */
function gridStarts(
  { interval, duration, timeMin, timeMax }: ParsedQuestion,
  { intervals, dayStarts }: WorkingTime,
  earliestStart: number,
): number[] {
  const earliest = Math.max(timeMin, earliestStart);
  const starts: number[] = [];
  const addGrid = (origin: number, until: number): void => {
    const skipped = Math.max(0, Math.ceil((earliest - origin) / interval));
    for (let start = origin + skipped * interval; start < until; start += interval) starts.push(start);
  };
  let day = 0;
  for (let i = 0; i < intervals.length; i += 2) {
    const end = intervals[i + 1]!;
    const latest = Math.min(end, timeMax) - duration;
    let origin = intervals[i]!;
    const nextOrigin = origin + SHORTEST_DAY_MS;
    for (; day < dayStarts.length && dayStarts[day]! < end; day++) {
      if (dayStarts[day]! < nextOrigin) continue;
      addGrid(origin, Math.min(dayStarts[day]!, latest + 1));
      origin = dayStarts[day]!;
    }
    addGrid(origin, latest + 1);
  }
  return starts;
}

/**
 * A function that says how many of the ascending numbers are at most `limit`. A table of as many equal steps as there are
 * numbers says in which few of them to search, which is several times as fast as searching in all.
 */
function counter(ascending: readonly number[]): (limit: number) => number {
  const first = ascending[0] ?? Infinity;
  const last = ascending.at(-1) ?? Infinity;
  const stepsPerMs = ascending.length / (last - first + 1);
  const stepOf = (instant: number): number => Math.floor((instant - first) * stepsPerMs);
  const countBefore = new Int32Array(ascending.length + 2);
  for (const instant of ascending) countBefore[stepOf(instant) + 1]!++;
  for (let step = 0; step < ascending.length; step++) countBefore[step + 1]! += countBefore[step]!;
  return (limit) => {
    if (limit < first) return 0;
    if (limit >= last) return ascending.length;
    const step = stepOf(limit);
    let low = countBefore[step]!;
    let high = countBefore[step + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ascending[middle]! <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** How long the host is busy within the window, in milliseconds. */
function bookedMs(busy: BusyBlocks, { timeMin, timeMax }: ParsedQuestion): number {
  const within = (instant: number): number => Math.min(Math.max(instant, timeMin), timeMax);
  const starts = busy.starts.map(within);
  const ends = busy.ends.map(within);
  return totalLength(mergeIntervals(starts, ends));
}
