import pMap from 'p-map';
import type { Booking } from './booking';
import type { BusyInterval, Calendars } from './calendar';
import { asAttacheError, isTransient, type AttacheError } from './errors';
import { defaultRules, type HostRules } from './host-rules';
import { DAY_MS, parseInstant } from './instant';
import { isNeverActedFor, readBusy, type Person } from './read-busy';

export interface GatherDependencies {
  readonly calendars: Calendars;
  /** In the order of the hosts. */
  readonly loadRules: (hosts: readonly string[]) => Promise<(HostRules | undefined)[]>;
  readonly listBookings: (host: string, fromMs: number, toMs: number) => Promise<readonly Booking[]>;
  /** Of hosts without rules of their own. */
  readonly defaultWeekly: Parameters<typeof defaultRules>[1];
}

export interface SlotRequest {
  /** Lower-case addresses, all of whom may be acted for. */
  readonly hosts: readonly string[];
  readonly mode: 'collective' | 'roundRobin';
  readonly timeMinMs: number;
  readonly timeMaxMs: number;
  readonly nowMs: number;
  readonly durationMinutes: number;
  readonly slotIntervalMinutes: number;
  /** Left out, every host's own rules say. */
  readonly bufferBeforeMinutes?: number | undefined;
  readonly bufferAfterMinutes?: number | undefined;
  readonly minimumNoticeMinutes?: number | undefined;
  /** Must be free too, during the meeting itself. */
  readonly attendees: readonly SlotAttendee[];
  /** A meeting that is about to move: it does not stand in its own way. */
  readonly excludeMeetingId?: string | undefined;
}

export interface SlotAttendee {
  readonly email: string;
  readonly mayBeActedFor: boolean;
  /** Counts as free where the calendar cannot be read, as that of most people outside cannot. */
  readonly mayBeUnreadable?: boolean;
  /** Not in the meeting that is about to move: it takes none of this one's time. */
  readonly isNewcomer?: boolean;
}

export interface SlotWarning {
  readonly code: 'defaultRules' | 'calendarUnreadable';
  /** Whom it is about. */
  readonly email: string;
  readonly message: string;
}

/** A host whose calendars could all be read. */
export interface ReadableHost {
  readonly email: string;
  /** With what the request says instead. */
  readonly rules: HostRules;
  readonly google: readonly BusyInterval[];
  /** Meetings and holds of our own, some days before and after the window too. */
  readonly bookings: readonly Booking[];
}

export interface Gathered {
  readonly hosts: readonly ReadableHost[];
  readonly attendees: readonly { readonly email: string; readonly google: readonly BusyInterval[] }[];
  /** Of the first host whose zone is known. */
  readonly timeZone: string | undefined;
  readonly warnings: readonly SlotWarning[];
}

/** So many calls to Google, or to the store, at a time. */
const concurrency = 10;

/**
 * Rules, Google's busy times and the bookings of our own, of everybody that the request is about. Whoever's calendar could
 * not be read is left out, with a warning. Errors: those of the stores; `rateLimited` and `unavailable` when Google fails for
 * now and nothing can be answered without it; `forbidden` when somebody is never acted for.
 */
export async function gatherHosts(deps: GatherDependencies, request: SlotRequest): Promise<Gathered> {
  const { attendees, timeMinMs, timeMaxMs } = request;
  const warnings: SlotWarning[] = [];
  const failures: AttacheError[] = [];
  const refuse = (email: string, what: string, error: AttacheError | string): void => {
    if (typeof error !== 'string') failures.push(error);
    const reason = typeof error === 'string' ? error : error.code;
    const message = `${what} could not be read (${reason}), so that no time counts as free.`;
    warnings.push({ code: 'calendarUnreadable', email, message });
  };

  const known = (await readRules(deps, request.hosts)).flatMap(({ email, rules, isDefault, error }) => {
    if (error) {
      refuse(email, 'The time zone of the calendar', error);
      return [];
    }
    if (isDefault) {
      const message = `The host has no rules yet: the default hours hold, in ${rules.timeZone}.`;
      warnings.push({ code: 'defaultRules', email, message });
    }
    return [{ email, rules: { ...rules, ...givenMinutes(request) } }];
  });

  const bufferMs = (field: 'bufferBeforeMinutes' | 'bufferAfterMinutes'): number =>
    Math.max(0, ...known.map(({ rules }) => rules[field])) * 60_000;
  // To whole hours, so that questions of one moment ask Google the same.
  const fromMs = Math.floor((timeMinMs - bufferMs('bufferBeforeMinutes')) / HOUR_MS) * HOUR_MS;
  const toMs = Math.ceil((timeMaxMs + bufferMs('bufferAfterMinutes')) / HOUR_MS) * HOUR_MS;
  const people: Person[] = [
    ...known.map(({ email, rules }) => ({ email, calendarIds: rules.calendarIds, mayBeActedFor: true })),
    ...attendees.map((attendee) => ({ ...attendee, calendarIds: [attendee.email] })),
  ];
  const [answers, bookings] = await Promise.all([
    readBusy(deps.calendars, people, fromMs, toMs),
    // Two days more, because the meetings of a local day count where there is a daily limit.
    pMap(known, ({ email }) => deps.listBookings(email, fromMs - 2 * DAY_MS, toMs + 2 * DAY_MS), { concurrency }),
  ]);
  const excluded = bookings.flat().filter(({ meetingId }) => meetingId === request.excludeMeetingId);
  const busyOf = answers.map((answer, i) => {
    const attendee = attendees[i - known.length];
    if (answer.error === undefined) return attendee?.isNewcomer ? answer.busy : without(excluded, answer.busy);
    if (attendee?.mayBeUnreadable) return [];
    refuse(people[i]!.email, `The calendar ${answer.calendarId}`, answer.error);
    return undefined;
  });

  const hosts = known.flatMap((host, i) => {
    const own = bookings[i]!.filter(({ meetingId }) => meetingId !== request.excludeMeetingId);
    return busyOf[i] === undefined ? [] : [{ ...host, google: busyOf[i], bookings: own }];
  });
  const colleagues = attendees.flatMap(({ email }, i) => {
    const google = busyOf[known.length + i];
    return google === undefined ? [] : [{ email, google }];
  });
  if (isMissing(request, { hosts, attendees: colleagues })) {
    const passing = failures.find(isTransient);
    if (passing) throw passing;
  }
  return { hosts, attendees: colleagues, timeZone: known[0]?.rules.timeZone, warnings };
}

/** Whether too many are unavailable for any slot. */
export function isMissing(
  { hosts, attendees, mode }: Pick<SlotRequest, 'hosts' | 'attendees' | 'mode'>,
  gathered: Pick<Gathered, 'hosts' | 'attendees'>,
): boolean {
  const fewestHosts = mode === 'collective' ? hosts.length : Math.min(1, hosts.length);
  return gathered.attendees.length < attendees.length || gathered.hosts.length < fewestHosts;
}

const HOUR_MS = 3_600_000;

type RulesOf = { readonly email: string } & (
  | { readonly rules: HostRules; readonly isDefault: boolean; readonly error?: undefined }
  | { readonly error: AttacheError; readonly rules?: undefined; readonly isDefault?: undefined }
);

/** The rules of each host; of one without any, the default in the zone of the calendar. */
export async function readRules(
  { calendars, loadRules, defaultWeekly }: Pick<GatherDependencies, 'calendars' | 'loadRules' | 'defaultWeekly'>,
  hosts: readonly string[],
): Promise<RulesOf[]> {
  const stored = await loadRules(hosts);
  return pMap(
    hosts,
    async (email, i): Promise<RulesOf> => {
      const rules = stored[i];
      if (rules) return { email, rules, isDefault: false };
      try {
        return { email, rules: defaultRules(await calendars(email).getTimeZone(), defaultWeekly), isDefault: true };
      } catch (thrown) {
        const error = asAttacheError(thrown);
        if (error.kind === 'bug' || isNeverActedFor(error)) throw error;
        return { email, error };
      }
    },
    { concurrency },
  );
}

/** What the question says instead of the hosts' rules. */
function givenMinutes(request: SlotRequest): Partial<HostRules> {
  const { bufferBeforeMinutes, bufferAfterMinutes, minimumNoticeMinutes } = request;
  return {
    ...(bufferBeforeMinutes !== undefined && { bufferBeforeMinutes }),
    ...(bufferAfterMinutes !== undefined && { bufferAfterMinutes }),
    ...(minimumNoticeMinutes !== undefined && { minimumNoticeMinutes }),
  };
}

/** Google's busy times carry no ids: what a meeting of ours takes of them is known by its time only. */
function without(excluded: readonly Booking[], busy: readonly BusyInterval[]): readonly BusyInterval[] {
  return excluded.reduce<readonly BusyInterval[]>(
    (rest, { startMs, endMs }) =>
      rest.flatMap((block) => {
        const blockStartMs = parseInstant(block.start);
        const blockEndMs = parseInstant(block.end);
        if (blockEndMs <= startMs || blockStartMs >= endMs) return [block];
        const start = new Date(startMs).toISOString();
        const end = new Date(endMs).toISOString();
        return [
          ...(blockStartMs < startMs ? [{ start: block.start, end: start }] : []),
          ...(blockEndMs > endMs ? [{ start: end, end: block.end }] : []),
        ];
      }),
    busy,
  );
}
