import type { SlotHost, SlotQuestion } from '../../shared/domain/slot-question';
import type { Slot } from '../../shared/domain/slots';

/**
 * The slots of a question, worked out slowly and in plain sight, and sharing no code with what it checks: working time is
 * a set of minutes, every minute of the window is tried, every busy block is looked at for every one of them, and local
 * times are found by asking `Intl` what the clocks show. Rules and zones must change on whole minutes.
 */
export function slotsByBruteForce(question: SlotQuestion): Slot[] {
  const parties = question.mode === 'collective' ? [question.hosts] : question.hosts.map((host) => [host]);
  const byBookedTime = parties
    .map((hosts) => ({
      hosts,
      starts: new Set(startsByBruteForce(hosts, question)),
      booked: booked(hosts[0], question),
    }))
    .sort((a, b) => (question.mode === 'collective' ? 0 : a.booked - b.booked));
  const starts = new Set(byBookedTime.flatMap((party) => [...party.starts]));
  return [...starts]
    .sort((a, b) => a - b)
    .map((start) => ({
      start: new Date(start).toISOString(),
      end: new Date(start + question.durationMinutes * MINUTE).toISOString(),
      hosts: byBookedTime.filter((party) => party.starts.has(start)).flatMap(({ hosts }) => hosts.map(({ id }) => id)),
    }));
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function startsByBruteForce(hosts: readonly SlotHost[], question: SlotQuestion): number[] {
  const timeMin = Date.parse(question.timeMin);
  const timeMax = Date.parse(question.timeMax);
  const earliest = Date.parse(question.now) + question.minimumNoticeMinutes * MINUTE;
  const first = Math.floor(timeMin / DAY) * DAY - 9 * DAY;
  const working = hosts.map((host) => workingMinutes(host, first, timeMax + 2 * DAY));
  const allWork = (minute: number): boolean => working.every(({ minutes }) => minutes.has(minute));
  const dayStarts = new Set(working.flatMap((host) => host.dayStarts));

  const starts: number[] = [];
  let stretchStart = first;
  let gridStart = first;
  for (let minute = first; minute < timeMax; minute += MINUTE) {
    if (!allWork(minute)) continue;
    if (!allWork(minute - MINUTE)) stretchStart = gridStart = minute;
    else if (dayStarts.has(minute) && minute - stretchStart >= 22 * HOUR) gridStart = minute;

    const end = minute + question.durationMinutes * MINUTE;
    if ((minute - gridStart) % (question.slotIntervalMinutes * MINUTE) !== 0) continue;
    if (minute < timeMin || minute < earliest || end > timeMax) continue;
    if (!everyMinute(minute, end, allWork)) continue;
    const occupiedFrom = minute - question.bufferBeforeMinutes * MINUTE;
    const occupiedUntil = end + question.bufferAfterMinutes * MINUTE;
    const isBusy = hosts.some(({ busy }) =>
      busy.some(({ start, end }) => {
        const [from, until] = [Date.parse(start), Date.parse(end)];
        return from < until && from < occupiedUntil && occupiedFrom < until;
      }),
    );
    if (!isBusy) starts.push(minute);
  }
  return starts;
}

function everyMinute(from: number, until: number, holds: (minute: number) => boolean): boolean {
  for (let minute = from; minute < until; minute += MINUTE) if (!holds(minute)) return false;
  return true;
}

/** How long the host is busy in the window: between any two neighbouring edges either some block covers all or none. */
function booked(host: SlotHost | undefined, { timeMin, timeMax }: SlotQuestion): number {
  const clip = (text: string): number => Math.min(Math.max(Date.parse(text), Date.parse(timeMin)), Date.parse(timeMax));
  const blocks = (host?.busy ?? []).map(({ start, end }) => [clip(start), clip(end)] as const);
  const edges = [...new Set(blocks.flat())].sort((a, b) => a - b);
  return edges.reduce((total, edge, i) => {
    const next = edges[i + 1] ?? edge;
    return blocks.some(([from, until]) => from <= edge && next <= until) ? total + next - edge : total;
  }, 0);
}

function workingMinutes({ rules }: SlotHost, from: number, to: number): { minutes: Set<number>; dayStarts: number[] } {
  const minutes = new Set<number>();
  const dayStarts: number[] = [];
  for (let date = Math.floor(from / DAY) * DAY; date <= to; date += DAY) {
    if (!dateExists(rules.timeZone, date)) continue;
    const isoDate = new Date(date).toISOString().slice(0, 10);
    const isoWeekday = new Date(date).getUTCDay() || 7;
    const hours =
      rules.overrides.find((override) => override.date === isoDate)?.intervals ??
      rules.weekly.filter(({ days }) => days.includes(isoWeekday));
    const shifts = hours
      .map(({ start, end }) => [
        instantOf(rules.timeZone, date + clockTime(start)),
        instantOf(rules.timeZone, date + clockTime(end) + (clockTime(end) <= clockTime(start) ? DAY : 0)),
      ])
      .filter(([start, end]) => start! < end!);
    for (const [start, end] of shifts) {
      for (let minute = start!; minute < end!; minute += MINUTE) minutes.add(minute);
    }
    if (shifts.length > 0) dayStarts.push(Math.min(...shifts.map(([start]) => start!)));
  }
  return { minutes, dayStarts };
}

function clockTime(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return hours! * HOUR + minutes! * MINUTE;
}

// ── Local time, by asking what the clocks show ─────────────────────────────────────────────────────────────────────

/** Temporal's "compatible". `local` is the wall clock read as if it were UTC. */
function instantOf(timeZone: string, local: number): number {
  const showing = [...offsetsAround(timeZone, local)]
    .map((offset) => local - offset)
    .filter((instant) => wallClock(timeZone, instant) === local);
  if (showing.length > 0) return Math.min(...showing);
  // No clock ever shows it. The minute at which the clocks go past it says how far they jump.
  for (let instant = local - 30 * HOUR; ; instant += MINUTE) {
    const before = wallClock(timeZone, instant - MINUTE);
    const after = wallClock(timeZone, instant);
    if (before < local && local < after) return instantOf(timeZone, local + (after - before - MINUTE));
  }
}

function dateExists(timeZone: string, date: number): boolean {
  for (let instant = date - 30 * HOUR; instant < date + 54 * HOUR; instant += HOUR) {
    if (Math.floor(wallClock(timeZone, instant) / DAY) * DAY === date) return true;
  }
  return false;
}

/** Every offset from UTC that the zone has within 30 hours. */
function offsetsAround(timeZone: string, local: number): Set<number> {
  const offsets = new Set<number>();
  const hour = Math.floor(local / HOUR) * HOUR;
  for (let instant = hour - 30 * HOUR; instant <= hour + 30 * HOUR; instant += HOUR) {
    offsets.add(wallClock(timeZone, instant) - instant);
  }
  return offsets;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const wallClocks = new Map<string, Map<number, number>>();

/** What the clocks of the zone show at the instant, read as if it were UTC. */
export function wallClock(timeZone: string, instant: number): number {
  let shown = wallClocks.get(timeZone);
  if (shown === undefined) wallClocks.set(timeZone, (shown = new Map<number, number>()));
  const known = shown.get(instant);
  if (known !== undefined) return known;

  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const [month, day, year, hour, minute, second] = format.format(instant).match(/\d+/g)!.map(Number);
  const local = Date.UTC(year!, month! - 1, day, hour, minute, second);
  shown.set(instant, local);
  return local;
}
