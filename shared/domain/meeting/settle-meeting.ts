import type { Booking } from '../booking';
import type { CalendarEvent, Calendars } from '../calendar';
import { AttacheError, isAttacheError } from '../errors';
import type { Clock, Random } from '../ports';
import { retry } from '../retry';
import type { Zoom } from '../zoom';
import {
  bookingsOf,
  changedFieldsOf,
  contentOf,
  isEventOf,
  isSameContent,
  isWrittenBy,
  mirrorOf,
  type MeetingContent,
  type MeetingRecord,
  type StoredMeeting,
} from './meeting-record';
import type { MeetingStore, MeetingTransition } from './meeting-store';
import { viewMeeting } from './meeting-view';

export interface SettleDependencies {
  readonly meetings: MeetingStore;
  readonly calendars: Calendars;
  /** Absent where Zoom is not set up. */
  readonly zoom?: Zoom | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** How long whoever began something has to finish it before the sweep does. */
export const settleAfterMs = 120_000;
/** A request that was given up may still reach Google; not after this. */
const lateAfterMs = 600_000;
const conferencePatienceMs = 3_600_000;
const HOUR_MS = 3_600_000;

/**
 * Brings a meeting to rest whose maker has stopped half-way: a hold becomes the meeting if its event exists and is given
 * back if not; a change or a cancellation that was begun is finished; what people have changed in the calendar is taken over.
 * Safe to run at any time, twice, and beside its maker. Errors: those of the store and of Calendar; the meeting is then as it was.
 */
export async function settleMeeting(deps: SettleDependencies, stored: StoredMeeting): Promise<StoredMeeting> {
  const { record } = stored;
  const nowMs = deps.clock.now();
  switch (record.status) {
    case 'holding': {
      const event = await findEvent(deps, record);
      if (event) return confirmHold(deps, stored, event);
      await deleteZoomMeeting(deps, record);
      const patch = { status: 'released', settleAtMs: nowMs + lateAfterMs } as const;
      return deps.meetings.transition(stored, { patch, giveBack: bookingsOf(record) });
    }
    case 'released':
      if (await findEvent(deps, record)) await deleteEvent(deps, record);
      return deps.meetings.transition(stored, { patch: { settleAtMs: null } });
    case 'cancelling':
      return finishCancel(deps, stored);
    case 'confirmed':
      if (record.change) return (await finishChange(deps, stored)).stored;
      return lookAtEvent(deps, stored);
    case 'cancelled':
      return rest(deps, stored);
  }
}

function rest({ meetings }: SettleDependencies, stored: StoredMeeting): Promise<StoredMeeting> {
  return meetings.transition(stored, { patch: { settleAtMs: null } });
}

/** The event of a meeting, if there is one that is ours and not deleted. */
export async function findEvent(
  { calendars }: Pick<SettleDependencies, 'calendars'>,
  record: MeetingRecord,
): Promise<CalendarEvent | undefined> {
  try {
    const event = await calendars(record.host).getEvent(record.id);
    return event.status !== 'cancelled' && isEventOf(record, event) ? event : undefined;
  } catch (error) {
    if (isAttacheError(error, 'notFound')) return undefined;
    throw error;
  }
}

/** The hold and its event become the meeting, and the answer of its idempotency key. */
export async function confirmHold(
  deps: SettleDependencies,
  stored: StoredMeeting,
  event: CalendarEvent,
): Promise<StoredMeeting> {
  return mirror(deps, stored, event, { patch: { status: 'confirmed' }, event: 'meeting.created', answersKey: true });
}

export type ChangeOutcome =
  /** `drifted`: somebody has changed the event at Google; the meeting is now what they made it, and not what was asked. */
  { readonly kind: 'done' | 'drifted' | 'gone'; readonly stored: StoredMeeting };

/**
 * Writes a change that is on record to Google, unless that was done before, and then into the meeting. Errors: those of
 * Calendar; `invalid` and refusals take the change back first.
 */
export async function finishChange(deps: SettleDependencies, stored: StoredMeeting): Promise<ChangeOutcome> {
  const { record } = stored;
  const { change } = record;
  if (!change) return { kind: 'done', stored };
  const calendar = deps.calendars(record.host);
  const version = record.version + 1;
  const mark = { ...record, version, requestHash: change.requestHash };
  const { sendUpdates, requestHash, fromVersion } = change;
  const finish = async (event: CalendarEvent, kind: 'done' | 'drifted'): Promise<ChangeOutcome> => {
    const lastChange = kind === 'done' ? { requestHash, fromVersion } : record.lastChange;
    const patch = { change: null, lastChange, version };
    await updateZoomMeeting(deps, record, contentOf(record, event));
    return { kind, stored: await mirror(deps, stored, event, { patch, event: 'meeting.updated' }) };
  };

  let etag = record.googleEtag;
  let content: MeetingContent = record;
  for (let attempt = 1; ; attempt++) {
    try {
      const options = { sendUpdates, ...(etag !== null && { etag }) };
      const fields = changedFieldsOf(mark, content, change.content);
      return await finish(await repeatedWrite(deps, () => calendar.patchEvent(record.id, fields, options)), 'done');
    } catch (error) {
      if (isAttacheError(error, 'invalid', 'forbidden', 'unauthorized')) await takeBackChange(deps, stored);
      if (!isAttacheError(error, 'preconditionFailed', 'notFound') || attempt === 3) throw error;
      const current = await findEvent(deps, record);
      if (!current) return { kind: 'gone', stored: await forget(deps, stored) };
      if (isWrittenBy(mark, current)) return finish(current, 'done');
      // Guests have answered, or the link is ready: nothing that the change could overwrite.
      content = contentOf(record, current);
      if (!isSameContent(content, record)) return finish(current, 'drifted');
      etag = current.etag;
    }
  }
}

/** A change that Google has refused leaves the meeting as it was. */
export function takeBackChange({ meetings, clock }: SettleDependencies, stored: StoredMeeting): Promise<StoredMeeting> {
  const { record } = stored;
  const patch = { change: null, settleAtMs: nextLookAtMs(record, clock.now()) };
  return meetings.transition(stored, { patch, giveBack: without(bookingsOf(record), record) });
}

/** Deletes the event and gives the time back. */
export async function finishCancel(deps: SettleDependencies, stored: StoredMeeting): Promise<StoredMeeting> {
  await deleteEvent(deps, stored.record);
  return forget(deps, stored);
}

/** A hold that Google has refused an event for. */
export async function abandonHold(deps: SettleDependencies, stored: StoredMeeting): Promise<void> {
  await deleteZoomMeeting(deps, stored.record);
  await deps.meetings.discard(stored);
}

/** What Google's calendar says now becomes the meeting: somebody has changed or deleted the event there. */
export async function followEvent(
  deps: SettleDependencies,
  stored: StoredMeeting,
  event: CalendarEvent | undefined,
): Promise<StoredMeeting> {
  const { record } = stored;
  if (record.status !== 'confirmed' || record.change) return stored;
  if (!event || event.status === 'cancelled') return forget(deps, stored);
  if (event.etag === record.googleEtag || !isEventOf(record, event)) return stored;
  const next = { ...record, ...mirrorOf(record, event) };
  const isNews = JSON.stringify(viewMeeting(next)) !== JSON.stringify(viewMeeting(record));
  if (isNews) await updateZoomMeeting(deps, record, next);
  const news = { patch: { version: record.version + 1 }, event: 'meeting.updated' } as const;
  return mirror(deps, stored, event, isNews ? news : { patch: {} });
}

/** What people have done in the calendar is seen now and then, as long as the meeting is not over. */
export async function lookAtEvent(deps: SettleDependencies, stored: StoredMeeting): Promise<StoredMeeting> {
  const followed = await followEvent(deps, stored, await findEvent(deps, stored.record));
  if (followed !== stored) return followed;
  return deps.meetings.transition(stored, { patch: { settleAtMs: nextLookAtMs(stored.record, deps.clock.now()) } });
}

/** The sooner it begins, the more often: between once an hour and twice a day. Null: it is over. */
function nextLookAtMs({ conference, createdAtMs, startMs, endMs }: MeetingRecord, nowMs: number): number | null {
  if (conference.status === 'pending' && nowMs < createdAtMs + conferencePatienceMs) return nowMs + settleAfterMs;
  if (endMs <= nowMs) return null;
  return nowMs + Math.min(Math.max((startMs - nowMs) / 24, HOUR_MS), 12 * HOUR_MS);
}

/** The event is gone. */
async function forget(deps: SettleDependencies, stored: StoredMeeting): Promise<StoredMeeting> {
  const { record } = stored;
  await deleteZoomMeeting(deps, record);
  const patch = { status: 'cancelled', change: null, settleAtMs: null, version: record.version + 1 } as const;
  return deps.meetings.transition(stored, { patch, giveBack: bookingsOf(record), event: 'meeting.cancelled' });
}

/** Takes the event's content over, and moves what is held to where the event is. */
async function mirror(
  deps: SettleDependencies,
  stored: StoredMeeting,
  event: CalendarEvent,
  { patch, ...transition }: MeetingTransition,
): Promise<StoredMeeting> {
  const { meetings, clock } = deps;
  const { record } = stored;
  const next = { ...record, ...patch, ...mirrorOf(record, event) };
  const held = bookingsOf(record);
  const booking = { meetingId: next.id, startMs: next.startMs, endMs: next.endMs };
  if (without(held, booking).length === held.length) {
    const hosts = next.hosts.map((email) => ({ email, bufferBeforeMs: 0, bufferAfterMs: 0 }));
    await meetings.take({ ...booking, hosts });
  }
  const nowMs = clock.now();
  const settleAtMs = nextLookAtMs(next, nowMs);
  return meetings.transition(stored, {
    ...transition,
    patch: { ...next, settleAtMs },
    giveBack: without(held, booking),
  });
}

async function deleteEvent(deps: SettleDependencies, { host, id, sendUpdates }: MeetingRecord): Promise<void> {
  try {
    await repeatedly(deps, () => deps.calendars(host).deleteEvent(id, { sendUpdates }));
  } catch (error) {
    if (!isAttacheError(error, 'notFound')) throw error;
  }
}

/** What a meeting is at Zoom. Repeated under the same key it is the same one. */
export function zoomMeetingOf({ id, summary, startMs, endMs, timeZone }: MeetingRecord) {
  return { idempotencyKey: id, topic: summary, startMs, durationMinutes: (endMs - startMs) / 60_000, timeZone };
}

async function updateZoomMeeting(deps: SettleDependencies, record: MeetingRecord, content: MeetingContent) {
  const { host, conference } = record;
  const { zoomMeetingId } = conference;
  if (zoomMeetingId === null) return;
  const { idempotencyKey: _key, ...fields } = zoomMeetingOf({ ...record, ...content });
  await withZoom(deps, (zoom) => zoom.updateMeeting(host, zoomMeetingId, fields));
}

async function deleteZoomMeeting(deps: SettleDependencies, record: MeetingRecord): Promise<void> {
  const { host, conference } = record;
  if (conference.type !== 'zoom' || conference.status === 'failure') return;
  // A hold may have been left between the meeting at Zoom and the note of its id: made again, it is found.
  const find = (zoom: Zoom) => zoom.createMeeting(host, zoomMeetingOf(record));
  const id = conference.zoomMeetingId ?? (await withZoom(deps, find))?.id;
  if (id !== undefined) await withZoom(deps, (zoom) => zoom.deleteMeeting(host, id));
}

/** Trouble with Zoom never keeps the calendar from what was asked: undefined. */
export async function withZoom<T>(deps: SettleDependencies, call: (zoom: Zoom) => Promise<T>): Promise<T | undefined> {
  const { zoom } = deps;
  try {
    return zoom && (await repeatedly(deps, () => call(zoom)));
  } catch (error) {
    if (!isAttacheError(error) || error.kind === 'bug') throw error;
    return undefined;
  }
}

function without(bookings: readonly Booking[], { startMs, endMs }: Pick<Booking, 'startMs' | 'endMs'>): Booking[] {
  return bookings.filter((booking) => booking.startMs !== startMs || booking.endMs !== endMs);
}

/** Each of our calls to Calendar can be made twice. */
export function repeatedly<T>({ clock, random }: Pick<SettleDependencies, 'clock' | 'random'>, call: () => Promise<T>) {
  const policy = { maxAttempts: 3, baseDelayMs: 300, maxDelayMs: 2_000, deadlineMs: clock.now() + 20_000 };
  return retry(call, policy, { clock, random });
}

/**
 * As `repeatedly`, for what must not be given up while it may have happened: a refusal says nothing about an earlier try whose
 * answer was lost, so that it is `unavailable`.
 */
export async function repeatedWrite<T>(
  deps: Pick<SettleDependencies, 'clock' | 'random'>,
  call: () => Promise<T>,
): Promise<T> {
  let isUnclear = false;
  try {
    return await repeatedly(deps, async () => {
      try {
        return await call();
      } catch (error) {
        isUnclear ||= isAttacheError(error, 'unavailable');
        throw error;
      }
    });
  } catch (error) {
    throw isUnclear ? asUnclear(error) : error;
  }
}

/** A refusal where it is not known what has happened before. */
export function asUnclear(error: unknown): unknown {
  if (!isAttacheError(error, 'invalid', 'forbidden', 'unauthorized', 'rateLimited')) return error;
  const { message, code, retryAfterMs, cause = error } = error;
  return new AttacheError('unavailable', message, { code, cause, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}
