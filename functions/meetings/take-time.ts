import type { BookingConflict, Reservation, ReservedHost } from '../../shared/domain/booking';
import { checkTime, type TimeConflict, type TimeRequest } from '../../shared/domain/check-time';
import { AttacheError } from '../../shared/domain/errors';
import { findSlots } from '../../shared/domain/find-slots';
import { readRules, type ReadableHost, type SlotAttendee } from '../../shared/domain/gather-hosts';
import { sees, type Caller } from '../../shared/domain/grants';
import type { HostRules } from '../../shared/domain/host-rules';
import { DAY_MS, parseInstant } from '../../shared/domain/instant';
import { formatLocal } from '../../shared/domain/local-time';
import type { HoldOutcome } from '../../shared/domain/meeting/meeting-store';
import type { MeetingAttendee, StoredMeeting } from '../../shared/domain/meeting/meeting-record';
import type { MeetingsDependencies } from './dependencies';

export interface WantedTime extends Omit<TimeRequest, 'attendees' | 'nowMs'> {
  readonly attendees: readonly MeetingAttendee[];
  readonly allowConflicts: boolean;
  /** Who is in the meeting that is about to move. */
  readonly invited?: readonly string[];
}

/** Who is to take the time, the first choice first: each is all hosts together, or with `roundRobin` one of them. */
export interface Choices {
  readonly choices: readonly (readonly ReservedHost[])[];
  /** Of the first host, where it is known. */
  readonly timeZone: string | undefined;
}

/** Errors: `conflict` `slotUnavailable` with `conflicts` and `alternatives`; those of `gatherHosts`. */
export async function chooseHosts(deps: MeetingsDependencies, caller: Caller, wanted: WantedTime): Promise<Choices> {
  const given = toRequest(deps, caller, wanted);
  if (wanted.allowConflicts) return chooseAnyway(deps, wanted);
  const checked = await checkTime(withRules(deps), given);
  if (checked.conflicts.length > 0) throw await slotUnavailable(deps, caller, wanted, checked.conflicts);
  const hosts = checked.hosts.map(toReservedHost);
  const choices = wanted.mode === 'collective' ? [hosts] : hosts.map((host) => [host]);
  return { choices, timeZone: checked.timeZone };
}

async function chooseAnyway(deps: MeetingsDependencies, { hosts, mode }: WantedTime): Promise<Choices> {
  const [first] = await readRules(withRules(deps), hosts);
  const taken = hosts.map((email) => ({ email, bufferBeforeMs: 0, bufferAfterMs: 0 }));
  return { choices: [mode === 'collective' ? taken : taken.slice(0, 1)], timeZone: first?.rules?.timeZone };
}

/**
 * `hold` for one choice after the other until one takes the time. A hold in the way whose maker has stopped is settled by the
 * sweep. Errors: as `chooseHosts`.
 */
export async function takeTime(
  deps: MeetingsDependencies,
  caller: Caller,
  wanted: WantedTime,
  { choices }: Choices,
  hold: (reservation: Pick<Reservation, 'hosts'>) => Promise<HoldOutcome>,
): Promise<StoredMeeting> {
  let conflicts: readonly BookingConflict[] = [];
  for (const hosts of choices) {
    const outcome = await hold({ hosts });
    if (outcome.kind === 'held') return outcome.stored;
    conflicts = outcome.conflicts;
  }
  throw await slotUnavailable(
    deps,
    caller,
    wanted,
    conflicts.map(({ host: email, reason, startMs, endMs }) => ({
      email,
      reason,
      start: new Date(startMs).toISOString(),
      end: new Date(endMs).toISOString(),
    })),
  );
}

const maxAlternatives = 5;

async function slotUnavailable(
  deps: MeetingsDependencies,
  caller: Caller,
  wanted: WantedTime,
  conflicts: readonly TimeConflict[],
): Promise<AttacheError> {
  const alternatives = await findAlternatives(deps, caller, wanted);
  return new AttacheError('conflict', 'Somebody cannot meet at this time: conflicts says who, and why.', {
    code: 'slotUnavailable',
    fix: alternatives.length > 0 ? 'Take one of the alternatives.' : 'Ask POST /v1/availability:query for other times.',
    details: { conflicts, alternatives },
  });
}

/** The next slots of the same length within two weeks; none where they cannot be read now. */
async function findAlternatives(deps: MeetingsDependencies, caller: Caller, wanted: WantedTime) {
  const { startMs, endMs } = wanted;
  const durationMinutes = (endMs - startMs) / 60_000;
  try {
    const found = await findSlots(withRules(deps), {
      ...toRequest(deps, caller, wanted),
      timeMinMs: startMs - DAY_MS,
      timeMaxMs: startMs + 14 * DAY_MS,
      durationMinutes,
      slotIntervalMinutes: Math.min(durationMinutes, 30),
    });
    const distanceMs = ({ start }: { start: string }) => Math.abs(parseInstant(start) - startMs);
    return [...found.slots]
      .sort((a, b) => distanceMs(a) - distanceMs(b))
      .slice(0, maxAlternatives)
      .sort((a, b) => parseInstant(a.start) - parseInstant(b.start))
      .map((slot) => ({ ...slot, localStart: formatLocal(parseInstant(slot.start), found.timeZone ?? 'UTC') }));
  } catch {
    return [];
  }
}

function withRules(deps: MeetingsDependencies) {
  return { ...deps, loadRules: deps.hostRules.loadAll };
}

function toRequest({ clock }: MeetingsDependencies, caller: Caller, wanted: WantedTime): TimeRequest {
  const domains = new Set(wanted.hosts.map(domainOf));
  const attendees = wanted.attendees
    .filter(({ email, optional }) => !optional && !wanted.hosts.includes(email))
    .map(({ email }): SlotAttendee => ({
      email,
      mayBeActedFor: sees(caller, email),
      mayBeUnreadable: !domains.has(domainOf(email)),
      isNewcomer: wanted.invited?.includes(email) === false,
    }));
  return { ...wanted, attendees, nowMs: clock.now() };
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}

function toReservedHost({ email, rules }: ReadableHost): ReservedHost {
  return {
    email,
    bufferBeforeMs: rules.bufferBeforeMinutes * 60_000,
    bufferAfterMs: rules.bufferAfterMinutes * 60_000,
    dailyLimit: dailyLimitOf(rules),
  };
}

function dailyLimitOf({ timeZone, maxMeetingsPerDay }: HostRules): ReservedHost['dailyLimit'] {
  return maxMeetingsPerDay === null ? undefined : { timeZone, maxMeetingsPerDay };
}
