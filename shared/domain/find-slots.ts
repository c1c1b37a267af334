import { dailyLimit, type Booking } from './booking';
import type { BusyInterval } from './calendar';
import {
  gatherHosts,
  isMissing,
  type GatherDependencies,
  type Gathered,
  type SlotRequest,
  type SlotWarning,
} from './gather-hosts';
import { parseInstant } from './instant';
import { computeSlots, type Slot } from './slots';

export interface FoundSlots {
  readonly slots: readonly Slot[];
  /** Of the first host whose zone is known. */
  readonly timeZone: string | undefined;
  readonly warnings: readonly SlotWarning[];
}

/** When the hosts can meet. Errors: those of `gatherHosts`. */
export async function findSlots(deps: GatherDependencies, request: SlotRequest): Promise<FoundSlots> {
  const gathered = await gatherHosts(deps, request);
  return { slots: slotsOf(request, gathered), timeZone: gathered.timeZone, warnings: gathered.warnings };
}

/** `computeSlots` on what was gathered; none where somebody is missing. */
export function slotsOf(request: SlotRequest, gathered: Gathered): Slot[] {
  if (isMissing(request, gathered)) return [];
  const { slots } = computeSlots({
    hosts: gathered.hosts.map(({ email, rules, google, bookings }) => ({
      id: email,
      rules,
      bufferBeforeMinutes: rules.bufferBeforeMinutes,
      bufferAfterMinutes: rules.bufferAfterMinutes,
      minimumNoticeMinutes: rules.minimumNoticeMinutes,
      busy: [...google, ...bookings.map(toBusy)],
    })),
    attendees: gathered.attendees.map(({ google }) => ({ busy: google })),
    mode: request.mode,
    timeMin: new Date(request.timeMinMs).toISOString(),
    timeMax: new Date(request.timeMaxMs).toISOString(),
    now: new Date(request.nowMs).toISOString(),
    durationMinutes: request.durationMinutes,
    slotIntervalMinutes: request.slotIntervalMinutes,
    bufferBeforeMinutes: 0,
    bufferAfterMinutes: 0,
    minimumNoticeMinutes: 0,
  });
  const limits = new Map(
    gathered.hosts.map(({ email, rules, bookings }) => [
      email,
      dailyLimit(rules, bookings, request.timeMinMs, request.timeMaxMs),
    ]),
  );
  return withinLimits(slots, limits, request.mode);
}

function toBusy({ startMs, endMs }: Booking): BusyInterval {
  return { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() };
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
