import pMap from 'p-map';
import { dailyLimit, type Booking } from './booking';
import type { BusyInterval, Calendars } from './calendar';
import { asAttacheError, isTransient, type AttacheError } from './errors';
import { defaultRules, type HostRules } from './host-rules';
import { DAY_MS, parseInstant } from './instant';
import { isNeverActedFor, readBusy, type Person } from './read-busy';
import { computeSlots, type Slot } from './slots';

export interface FindSlotsDependencies {
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
  readonly attendees: readonly { readonly email: string; readonly mayBeActedFor: boolean }[];
  /** A meeting that is about to move: it does not stand in its own way. */
  readonly excludeMeetingId?: string | undefined;
}

export interface SlotWarning {
  readonly code: 'defaultRules' | 'calendarUnreadable';
  /** Whom it is about. */
  readonly email: string;
  readonly message: string;
}

export interface FoundSlots {
  readonly slots: readonly Slot[];
  /** Of the first host whose zone is known. */
  readonly timeZone: string | undefined;
  readonly warnings: readonly SlotWarning[];
}

/** So many calls to Google, or to the store, at a time. */
const concurrency = 10;

/**
 * When the hosts can meet: `computeSlots` on their rules, Google's busy times and the bookings of our own. Whoever's
 * calendar could not be read is unavailable, with a warning. Errors: those of the stores; `rateLimited` and `unavailable`
 * when Google fails for now and nothing can be answered without it; `forbidden` when somebody is never acted for.
 */
export async function findSlots(deps: FindSlotsDependencies, request: SlotRequest): Promise<FoundSlots> {
  const { attendees, mode, timeMinMs, timeMaxMs, nowMs } = request;
  const warnings: SlotWarning[] = [];
  const failures: AttacheError[] = [];
  const refuse = (email: string, what: string, error: AttacheError | string): void => {
    if (typeof error !== 'string') failures.push(error);
    const reason = typeof error === 'string' ? error : error.code;
    const message = `${what} could not be read (${reason}), so that no time counts as free.`;
    warnings.push({ code: 'calendarUnreadable', email, message });
  };

  const hosts = (await readRules(deps, request.hosts)).flatMap(({ email, rules, isDefault, error }): Host[] => {
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
    Math.max(0, ...hosts.map(({ rules }) => rules[field])) * 60_000;
  // To whole hours, so that questions of one moment ask Google the same.
  const fromMs = Math.floor((timeMinMs - bufferMs('bufferBeforeMinutes')) / HOUR_MS) * HOUR_MS;
  const toMs = Math.ceil((timeMaxMs + bufferMs('bufferAfterMinutes')) / HOUR_MS) * HOUR_MS;
  const people: Person[] = [
    ...hosts.map(({ email, rules }) => ({ email, calendarIds: rules.calendarIds, mayBeActedFor: true })),
    ...attendees.map((attendee) => ({ ...attendee, calendarIds: [attendee.email] })),
  ];
  const [answers, bookings] = await Promise.all([
    readBusy(deps.calendars, people, fromMs, toMs),
    // Two days more, because the meetings of a local day count where there is a daily limit.
    pMap(hosts, ({ email }) => deps.listBookings(email, fromMs - 2 * DAY_MS, toMs + 2 * DAY_MS), { concurrency }),
  ]);
  answers.forEach((answer, i) => {
    if (answer.error !== undefined) refuse(people[i]!.email, `The calendar ${answer.calendarId}`, answer.error);
  });

  const excluded = bookings.flat().filter(({ meetingId }) => meetingId === request.excludeMeetingId);
  const bookable = hosts.flatMap(({ email, rules }, i) => {
    const google = answers[i];
    if (google?.busy === undefined) return [];
    const own = bookings[i]!.filter(({ meetingId }) => meetingId !== request.excludeMeetingId);
    return [
      {
        host: {
          ...minutesOf(rules),
          id: email,
          rules,
          busy: [...without(excluded, google.busy), ...own.map(toBusy)],
        },
        mayBegin: dailyLimit(rules, own, fromMs, toMs),
      },
    ];
  });
  const colleagues = answers
    .slice(hosts.length)
    .flatMap(({ busy }) => (busy === undefined ? [] : [{ busy: without(excluded, busy) }]));

  const timeZone = hosts[0]?.rules.timeZone;
  const isMissing =
    colleagues.length < attendees.length ||
    bookable.length < (mode === 'collective' ? request.hosts.length : Math.min(1, request.hosts.length));
  if (isMissing) {
    const passing = failures.find(isTransient);
    if (passing) throw passing;
    return { slots: [], timeZone, warnings };
  }
  const { slots } = computeSlots({
    hosts: bookable.map(({ host }) => host),
    attendees: colleagues,
    mode,
    timeMin: new Date(timeMinMs).toISOString(),
    timeMax: new Date(timeMaxMs).toISOString(),
    now: new Date(nowMs).toISOString(),
    durationMinutes: request.durationMinutes,
    slotIntervalMinutes: request.slotIntervalMinutes,
    bufferBeforeMinutes: 0,
    bufferAfterMinutes: 0,
    minimumNoticeMinutes: 0,
  });
  const limits = new Map(bookable.map(({ host, mayBegin }) => [host.id, mayBegin]));
  return { slots: withinLimits(slots, limits, mode), timeZone, warnings };
}

interface Host {
  readonly email: string;
  readonly rules: HostRules;
}

const HOUR_MS = 3_600_000;

type RulesOf = { readonly email: string } & (
  | { readonly rules: HostRules; readonly isDefault: boolean; readonly error?: undefined }
  | { readonly error: AttacheError; readonly rules?: undefined; readonly isDefault?: undefined }
);

/** The rules of each host; of one without any, the default in the zone of the calendar. */
export async function readRules(
  { calendars, loadRules, defaultWeekly }: Pick<FindSlotsDependencies, 'calendars' | 'loadRules' | 'defaultWeekly'>,
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

function minutesOf({ bufferBeforeMinutes, bufferAfterMinutes, minimumNoticeMinutes }: HostRules) {
  return { bufferBeforeMinutes, bufferAfterMinutes, minimumNoticeMinutes };
}

function toBusy({ startMs, endMs }: Booking): BusyInterval {
  return { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() };
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

function withinLimits(
  slots: readonly Slot[],
  limits: ReadonlyMap<string, (startMs: number) => boolean>,
  mode: SlotRequest['mode'],
): Slot[] {
  return slots.flatMap((slot) => {
    const startMs = parseInstant(slot.start);
    const hosts = slot.hosts.filter((host) => limits.get(host)?.(startMs) ?? false);
    const isLeft = mode === 'collective' ? hosts.length === slot.hosts.length : hosts.length > 0;
    return isLeft ? [{ ...slot, hosts }] : [];
  });
}
