import type * as z from 'zod';
import type { CalendarEvent } from '../../shared/domain/calendar';
import { AttacheError, asAttacheError, isAttacheError } from '../../shared/domain/errors';
import { requireMailbox, type Caller } from '../../shared/domain/grants';
import {
  isEventOf,
  meetingId,
  newEventOf,
  type MeetingRecord,
  type StoredMeeting,
} from '../../shared/domain/meeting/meeting-record';
import { meetingView, viewMeeting, type MeetingView } from '../../shared/domain/meeting/meeting-view';
import {
  abandonHold,
  asUnclear,
  confirmHold,
  findEvent,
  repeatedly,
  repeatedWrite,
  settleAfterMs,
  withZoom,
  zoomMeetingOf,
} from '../../shared/domain/meeting/settle-meeting';
import { readMeetingTime, type MeetingTime } from '../../shared/domain/meeting-time';
import type { ClaimedKey } from '../../shared/store/idempotency-keys';
import type { MeetingsDependencies } from './dependencies';
import type { newMeeting } from './schema';
import { chooseHosts, takeTime, type WantedTime } from './take-time';

type Request = z.output<typeof newMeeting>;

export interface CreatedMeeting {
  readonly meeting: MeetingView;
  /** Whether this is the answer to an earlier request with the same key. */
  readonly isReplayed: boolean;
}

/**
 * One meeting for one idempotency key, wherever this is killed: the time is held before the event is made, the event's id
 * follows from the key, and whoever comes next under the key, or the sweep, goes on from there.
 * Errors: `invalid` (times), `notFound` (a host that the caller does not see), `conflict` (`slotUnavailable`,
 * `requestInProgress`), those of Calendar; `unavailable`: the same request again goes on.
 */
export async function createMeeting(
  deps: MeetingsDependencies,
  caller: Caller,
  key: string,
  request: Request,
): Promise<CreatedMeeting> {
  for (const host of hostsOf(request)) requireMailbox(caller, host);
  if (request.conference === 'zoom' && !deps.zoom) throw zoomNotConfigured();
  const claim = await deps.keys.claim({ callerId: caller.id, key, content: JSON.stringify(request) });
  if (claim.kind === 'answered') return { meeting: meetingView.parse(JSON.parse(claim.json)), isReplayed: true };
  try {
    const { record } = await makeMeeting(deps, caller, key, claim, request);
    return { meeting: viewMeeting(record), isReplayed: false };
  } catch (thrown) {
    // Unless it came to nothing for certain, and the key is free again, the next try goes on at once.
    await deps.keys.suspend(claim);
    const error = asAttacheError(thrown);
    throw error.kind === 'preconditionFailed' ? interrupted(error) : error;
  }
}

async function makeMeeting(
  deps: MeetingsDependencies,
  caller: Caller,
  key: string,
  claim: ClaimedKey,
  request: Request,
): Promise<StoredMeeting> {
  const id = meetingId(caller.id, key, claim.firstSeenMs);
  const begun = claim.isResumed ? await deps.meetings.load(id) : undefined;
  let held: StoredMeeting;
  if (begun?.record.status === 'holding') {
    const event = await findEvent(deps, begun.record);
    if (event) return confirmHold(deps, begun, event);
    held = await deps.meetings.transition(begun, { patch: { settleAtMs: deps.clock.now() + settleAfterMs } });
  } else if (begun === undefined || begun.record.status === 'released') {
    held = await hold(deps, caller, claim, request, { id, replaced: begun });
  } else {
    return begun;
  }

  if (held.record.conference.type === 'zoom') held = await addZoomMeeting(deps, held);
  let event: CalendarEvent;
  try {
    event = await insertEvent(deps, held.record);
  } catch (error) {
    // Google has refused it, so that there is nothing to wait for.
    if (!isAttacheError(error, 'unavailable', 'bug')) await abandonHold(deps, held);
    throw error;
  }
  return confirmHold(deps, held, await awaitConference(deps, held.record, event));
}

/** Errors free the key, unless it is not known whether the time is held now. */
async function hold(
  deps: MeetingsDependencies,
  caller: Caller,
  claim: ClaimedKey,
  request: Request,
  { id, replaced }: { readonly id: string; readonly replaced: StoredMeeting | undefined },
): Promise<StoredMeeting> {
  const { keyId } = claim;
  const nowMs = deps.clock.now();
  try {
    const time = readMeetingTime(request, nowMs);
    const wanted: WantedTime = { ...request, ...time, hosts: hostsOf(request) };
    const chosen = await chooseHosts(deps, caller, wanted);
    return await takeTime(deps, caller, wanted, chosen, ({ hosts }) => {
      const emails = hosts.map(({ email }) => email);
      const record = newRecord(request, time, { id, keyId, caller, hosts: emails, timeZone: chosen.timeZone, nowMs });
      const reservation = { meetingId: id, ...time, hosts };
      return deps.meetings.hold(record, reservation, { replaced, allowConflicts: request.allowConflicts });
    });
  } catch (error) {
    if (!isAttacheError(error, 'unavailable', 'preconditionFailed', 'bug')) await deps.keys.release(claim);
    throw error;
  }
}

function newRecord(
  request: Request,
  time: MeetingTime,
  {
    id,
    keyId,
    caller,
    hosts,
    timeZone,
    nowMs,
  }: {
    readonly id: string;
    readonly keyId: string;
    readonly caller: Caller;
    readonly hosts: readonly string[];
    readonly timeZone: string | undefined;
    readonly nowMs: number;
  },
): MeetingRecord {
  const { summary, description = null, location = null, conference, sendUpdates } = request;
  const [host = '', ...others] = hosts;
  const guests = request.attendees.filter(({ email }) => !hosts.includes(email));
  return {
    id,
    callerId: caller.id,
    keyId,
    status: 'holding',
    version: 1,
    host,
    hosts: [...hosts],
    ...time,
    timeZone: request.timeZone ?? timeZone ?? 'UTC',
    summary,
    description,
    location,
    attendees: [...others.map((email) => ({ email })), ...guests],
    conference: {
      type: conference,
      status: conference === 'none' ? null : 'pending',
      joinUrl: null,
      zoomMeetingId: null,
    },
    sendUpdates,
    htmlLink: null,
    googleEtag: null,
    change: null,
    lastChange: null,
    settleAtMs: nowMs + settleAfterMs,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** The link is noted before the event is made, which carries it. */
async function addZoomMeeting(deps: MeetingsDependencies, held: StoredMeeting): Promise<StoredMeeting> {
  const { record } = held;
  if (record.conference.status !== 'pending') return held;
  const made = await withZoom(deps, (zoom) => zoom.createMeeting(record.host, zoomMeetingOf(record)));
  const conference: MeetingRecord['conference'] = made
    ? { type: 'zoom', status: 'success', joinUrl: made.joinUrl, zoomMeetingId: made.id }
    : { ...record.conference, status: 'failure' };
  return deps.meetings.transition(held, { patch: { conference } });
}

/** The event that is new, or the one that an earlier try has made without hearing of it. */
async function insertEvent(deps: MeetingsDependencies, record: MeetingRecord): Promise<CalendarEvent> {
  const calendar = deps.calendars(record.host);
  const { sendUpdates } = record;
  try {
    return await repeatedWrite(deps, () => calendar.insertEvent(newEventOf(record), { sendUpdates }));
  } catch (error) {
    if (!isAttacheError(error, 'conflict')) throw error;
    const event = await repeatedly(deps, () => calendar.getEvent(record.id)).catch((thrown: unknown) => {
      // It is there, whoever may not look at it now.
      throw asUnclear(thrown);
    });
    if (event.status !== 'cancelled' && isEventOf(record, event)) return event;
    throw new AttacheError('conflict', 'The event of this request was deleted in the calendar meanwhile.', {
      code: 'eventDeleted',
      fix: 'Send the request again with a new Idempotency-Key.',
      cause: error,
    });
  }
}

/** Google makes the link within a second or two, mostly. */
const conferenceDelaysMs = [300, 700, 1_500];

async function awaitConference(
  deps: MeetingsDependencies,
  record: MeetingRecord,
  inserted: CalendarEvent,
): Promise<CalendarEvent> {
  let event = inserted;
  for (const delayMs of conferenceDelaysMs) {
    if (record.conference.type !== 'googleMeet' || event.conference?.status !== 'pending') break;
    await deps.clock.sleep(delayMs);
    try {
      event = (await findEvent(deps, record)) ?? event;
    } catch (error) {
      // The meeting stands without its link, which is read later.
      if (!isAttacheError(error)) throw error;
      break;
    }
  }
  return event;
}

function hostsOf({ host, hosts }: Request): string[] {
  return hosts ?? (host === undefined ? [] : [host]);
}

function zoomNotConfigured(): AttacheError {
  return new AttacheError('invalid', 'Zoom is not set up in this deployment.', {
    code: 'zoomNotConfigured',
    errors: [{ path: 'body.conference', message: 'must be googleMeet or none here' }],
    fix: 'Ask the operator to set up Zoom, or ask for googleMeet.',
  });
}

function interrupted(cause: AttacheError): AttacheError {
  return new AttacheError('unavailable', 'Another try of the same request came in between.', {
    code: 'interrupted',
    fix: 'Send it again with the same key.',
    cause,
  });
}
