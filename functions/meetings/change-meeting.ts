import { createHash } from 'node:crypto';
import type * as z from 'zod';
import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import type { Caller } from '../../shared/domain/grants';
import {
  isSameContent,
  type MeetingAttendee,
  type MeetingContent,
  type MeetingRecord,
  type StoredMeeting,
} from '../../shared/domain/meeting/meeting-record';
import { etagOf, viewMeeting, type MeetingView } from '../../shared/domain/meeting/meeting-view';
import { finishChange, settleAfterMs, takeBackChange } from '../../shared/domain/meeting/settle-meeting';
import { readMeetingTime } from '../../shared/domain/meeting-time';
import type { MeetingsDependencies } from './dependencies';
import { loadOwnMeeting } from './load-meeting';
import type { meetingChange } from './schema';
import { chooseHosts, takeTime, type WantedTime } from './take-time';

type Request = z.output<typeof meetingChange>;

/** How often a change without `If-Match` begins again on what somebody else has made of the meeting. */
const maxTries = 3;

/**
 * Writes the change down with the time that it takes, then to Google, then gives the old time back; whoever comes next
 * finishes what was begun. Sent again with the same `If-Match`, a change that has happened is answered, not refused.
 * Errors: `notFound`, `invalid` (times), `preconditionFailed` (with the `current` meeting), `conflict` (`slotUnavailable`,
 * `meetingCancelled`, `changeInProgress`), those of Calendar.
 */
export async function changeMeeting(
  deps: MeetingsDependencies,
  caller: Caller,
  id: string,
  ifMatch: string | undefined,
  request: Request,
): Promise<MeetingView> {
  const requestHash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  for (let tries = 1; ; tries++) {
    const stored = await loadOwnMeeting(deps, caller, id);
    try {
      const outcome = await tryChange(deps, caller, stored, { ifMatch, request, requestHash });
      if (outcome.kind === 'done') return viewMeeting(outcome.stored.record);
      if (outcome.kind === 'gone') throw cancelled();
      if (ifMatch !== undefined || tries === maxTries) throw hasChanged(outcome.stored);
    } catch (error) {
      // Somebody else has written the meeting: look at what it is now.
      if (!isAttacheError(error, 'preconditionFailed') || error.code === 'meetingChanged' || tries === maxTries)
        throw error;
    }
  }
}

interface WantedChange {
  readonly ifMatch: string | undefined;
  readonly request: Request;
  readonly requestHash: string;
}

async function tryChange(
  deps: MeetingsDependencies,
  caller: Caller,
  stored: StoredMeeting,
  { ifMatch, request, requestHash }: WantedChange,
): Promise<Awaited<ReturnType<typeof finishChange>>> {
  const { record } = stored;
  if (record.status !== 'confirmed') throw cancelled();
  if (record.change) {
    const isOurs = record.change.requestHash === requestHash;
    if (!isOurs && (record.settleAtMs ?? 0) > deps.clock.now()) throw inProgress(record.settleAtMs);
    const finished = await finishChange(deps, stored);
    return isOurs ? finished : tryChange(deps, caller, finished.stored, { ifMatch, request, requestHash });
  }
  const { lastChange, version } = record;
  if (ifMatch !== undefined && !names(ifMatch, etagOf(record))) {
    const isRepeated =
      lastChange?.requestHash === requestHash &&
      names(ifMatch, etagOf({ ...record, version: lastChange.fromVersion })) &&
      version === lastChange.fromVersion + 1;
    if (isRepeated) return { kind: 'done', stored };
    throw hasChanged(stored);
  }

  const content = applied(record, request, deps.clock.now());
  const isSame =
    isSameContent(content, record) && content.timeZone === record.timeZone && hasSameNames(content, record);
  if (isSame) return { kind: 'done', stored };
  const begun = await begin(deps, caller, stored, content, { ifMatch, request, requestHash });
  try {
    return await finishChange(deps, begun);
  } catch (error) {
    // Refused for now, so that it has not happened: it is not to happen behind the caller's back either.
    if (isAttacheError(error, 'rateLimited')) await takeBackChange(deps, begun);
    throw error;
  }
}

function hasSameNames(one: MeetingContent, other: MeetingContent): boolean {
  const names = new Map(other.attendees.map(({ email, displayName }) => [email, displayName]));
  return one.attendees.every(({ email, displayName }) => displayName === undefined || displayName === names.get(email));
}

/** The change on record, and its time held. */
async function begin(
  deps: MeetingsDependencies,
  caller: Caller,
  stored: StoredMeeting,
  content: MeetingContent,
  { request, requestHash }: WantedChange,
): Promise<StoredMeeting> {
  const { record } = stored;
  const { sendUpdates, allowConflicts } = request;
  const change = { content, sendUpdates, fromVersion: record.version, requestHash };
  const patch = { change, settleAtMs: deps.clock.now() + settleAfterMs };
  const { startMs, endMs } = content;
  if (startMs === record.startMs && endMs === record.endMs) return deps.meetings.transition(stored, { patch });
  const { bufferBeforeMinutes, bufferAfterMinutes, minimumNoticeMinutes } = request;
  const wanted: WantedTime = {
    bufferBeforeMinutes,
    bufferAfterMinutes,
    minimumNoticeMinutes,
    hosts: record.hosts,
    mode: 'collective',
    startMs,
    endMs,
    attendees: content.attendees,
    excludeMeetingId: record.id,
    invited: record.attendees.map(({ email }) => email),
    allowConflicts,
  };
  const chosen = await chooseHosts(deps, caller, wanted);
  return takeTime(deps, caller, wanted, chosen, ({ hosts }) =>
    deps.meetings.hold(
      { ...record, ...patch },
      { meetingId: record.id, startMs, endMs, hosts },
      { replaced: stored, allowConflicts },
    ),
  );
}

/** RFC 9110: any version, or one of those named; never a weak one. */
function names(ifMatch: string, etag: string): boolean {
  return ifMatch.trim() === '*' || ifMatch.split(',').some((each) => each.trim() === etag);
}

function applied(record: MeetingRecord, request: Request, nowMs: number): MeetingContent {
  const { summary, description, location, attendees } = request;
  const { hosts, attendees: all } = record;
  return {
    ...movedTo(record, request, nowMs),
    timeZone: request.timeZone ?? record.timeZone,
    summary: summary ?? record.summary,
    description: description === undefined ? record.description : description,
    location: location === undefined ? record.location : location,
    attendees: attendees ? [...coHostsOf(record), ...attendees.filter(({ email }) => !hosts.includes(email))] : all,
  };
}

/** They stay: the meeting holds their time too. */
function coHostsOf({ hosts, attendees }: MeetingRecord): MeetingAttendee[] {
  return attendees.filter(({ email }) => hosts.includes(email));
}

function movedTo(record: MeetingContent, request: Request, nowMs: number): Pick<MeetingContent, 'startMs' | 'endMs'> {
  const { start, end, durationMinutes, timeZone = record.timeZone } = request;
  const { startMs, endMs } = record;
  if (start === undefined && end === undefined && durationMinutes === undefined) return { startMs, endMs };
  const lengthMinutes = durationMinutes ?? (endMs - startMs) / 60_000;
  return readMeetingTime(
    {
      start: start ?? new Date(startMs).toISOString(),
      timeZone,
      ...(end === undefined ? { durationMinutes: lengthMinutes } : { end }),
    },
    nowMs,
  );
}

function hasChanged({ record }: StoredMeeting): AttacheError {
  return new AttacheError('preconditionFailed', 'The meeting has changed since it was read.', {
    code: 'meetingChanged',
    details: { current: viewMeeting(record) },
    fix: 'Look at current, and send the change again with its etag in If-Match.',
  });
}

function cancelled(): AttacheError {
  return new AttacheError('conflict', 'The meeting has been cancelled.', {
    code: 'meetingCancelled',
    fix: 'Create a new meeting.',
  });
}

function inProgress(settleAtMs: number | null): AttacheError {
  return new AttacheError('conflict', 'Another change of the meeting is being made.', {
    code: 'changeInProgress',
    fix: 'Send it again after Retry-After.',
    ...(settleAtMs !== null && { retryAfterMs: settleAtMs }),
  });
}
