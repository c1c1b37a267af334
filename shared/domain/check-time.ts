import { dailyLimit, overlaps } from './booking';
import type { BusyInterval } from './calendar';
import { slotsOf } from './find-slots';
import {
  gatherHosts,
  type GatherDependencies,
  type Gathered,
  type ReadableHost,
  type SlotRequest,
} from './gather-hosts';
import { DAY_MS, parseInstant } from './instant';

/** Why somebody cannot meet at a time. */
export interface TimeConflict {
  readonly email: string;
  readonly reason: 'busy' | 'booked' | 'outsideWorkingHours' | 'minimumNotice' | 'dailyLimit' | 'calendarUnreadable';
  /** RFC 3339, of what is in the way; absent where it is a rule. */
  readonly start?: string;
  readonly end?: string;
}

export interface CheckedTime {
  /** Who can take it: all hosts, or for `roundRobin` those who are free, the one with the fewest meetings first. */
  readonly hosts: readonly ReadableHost[];
  /** None where it can be taken. */
  readonly conflicts: readonly TimeConflict[];
  readonly timeZone: string | undefined;
}

export type TimeRequest = Omit<SlotRequest, 'timeMinMs' | 'timeMaxMs' | 'durationMinutes' | 'slotIntervalMinutes'> & {
  readonly startMs: number;
  readonly endMs: number;
};

/** How far around the time meetings are counted to take turns. */
const turnsMs = 14 * DAY_MS;

/**
 * Whether this very time can be booked: by the same rules as slots, on a grid of minutes. Errors: those of `gatherHosts`.
 */
export async function checkTime(deps: GatherDependencies, request: TimeRequest): Promise<CheckedTime> {
  const { startMs, endMs } = request;
  const asked: SlotRequest = {
    ...request,
    timeMinMs: startMs,
    timeMaxMs: endMs,
    durationMinutes: (endMs - startMs) / 60_000,
    slotIntervalMinutes: 1,
  };
  const gathered = await gatherHosts({ ...deps, listBookings: (host) => listAround(deps, host, startMs) }, asked);
  const [slot] = slotsOf(asked, gathered);
  const able = gathered.hosts.filter(({ email }) => slot?.hosts.includes(email));
  const hosts = request.mode === 'collective' ? able : able.sort((a, b) => a.bookings.length - b.bookings.length);
  return { hosts, conflicts: slot ? [] : conflictsOf(asked, gathered), timeZone: gathered.timeZone };
}

function listAround({ listBookings }: GatherDependencies, host: string, startMs: number) {
  return listBookings(host, startMs - turnsMs, startMs + turnsMs);
}

function conflictsOf(asked: SlotRequest, gathered: Gathered): TimeConflict[] {
  const { timeMinMs: startMs, timeMaxMs: endMs } = asked;
  const unreadable = gathered.warnings.filter(({ code }) => code === 'calendarUnreadable');
  return [
    ...unreadable.map(({ email }): TimeConflict => ({ email, reason: 'calendarUnreadable' })),
    ...gathered.hosts.flatMap((host) => conflictsOfHost(host, asked)),
    ...gathered.attendees.flatMap(({ email, google }) => busyWithin(email, google, startMs, endMs)),
  ];
}

function conflictsOfHost(host: ReadableHost, asked: SlotRequest): TimeConflict[] {
  const { email, rules, google, bookings } = host;
  const { timeMinMs: startMs, timeMaxMs: endMs, nowMs } = asked;
  const fromMs = startMs - rules.bufferBeforeMinutes * 60_000;
  const toMs = endMs + rules.bufferAfterMinutes * 60_000;
  const conflicts: TimeConflict[] = [
    ...busyWithin(email, google, fromMs, toMs),
    ...bookings
      .filter((booking) => overlaps(booking, fromMs, toMs))
      .map((booking) => toConflict(email, 'booked', booking.startMs, booking.endMs)),
  ];
  if (startMs < nowMs + rules.minimumNoticeMinutes * 60_000) conflicts.push({ email, reason: 'minimumNotice' });
  if (!dailyLimit(rules, bookings, startMs, endMs)(startMs)) conflicts.push({ email, reason: 'dailyLimit' });
  const free: Gathered = {
    hosts: [
      { ...host, rules: { ...rules, minimumNoticeMinutes: 0, maxMeetingsPerDay: null }, google: [], bookings: [] },
    ],
    attendees: [],
    timeZone: undefined,
    warnings: [],
  };
  const isWorkingTime = slotsOf({ ...asked, hosts: [email], attendees: [], nowMs: startMs }, free).length > 0;
  if (!isWorkingTime) conflicts.push({ email, reason: 'outsideWorkingHours' });
  return conflicts;
}

function busyWithin(email: string, google: readonly BusyInterval[], fromMs: number, toMs: number): TimeConflict[] {
  return google
    .map(({ start, end }) => ({ startMs: parseInstant(start), endMs: parseInstant(end) }))
    .filter(({ startMs, endMs }) => startMs < endMs && startMs < toMs && fromMs < endMs)
    .map(({ startMs, endMs }) => toConflict(email, 'busy', startMs, endMs));
}

function toConflict(email: string, reason: 'busy' | 'booked', startMs: number, endMs: number): TimeConflict {
  return { email, reason, start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() };
}
