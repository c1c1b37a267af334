import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { CalendarEvent, EventFields, NewEvent } from '../calendar';
import type { Booking } from '../booking';
import { parseInstant } from '../instant';

const attendee = z.object({
  email: z.string(),
  displayName: z.string().exactOptional(),
  optional: z.boolean().exactOptional(),
  responseStatus: z.string().exactOptional(),
});

export type MeetingAttendee = z.infer<typeof attendee>;

/** What a change can change. Times are epoch milliseconds. */
const content = z.object({
  startMs: z.number(),
  endMs: z.number(),
  /** IANA zone that the meeting is shown in. */
  timeZone: z.string(),
  summary: z.string(),
  description: z.string().nullable(),
  location: z.string().nullable(),
  attendees: z.array(attendee),
});

export type MeetingContent = z.infer<typeof content>;

const sendUpdates = z.enum(['all', 'externalOnly', 'none']);

/**
 * One meeting in one document, whose version is what every write compares. Its event at Google has the same id.
 *
 * - `holding`: its time is held, the event may or may not exist.
 * - `confirmed`: the event exists. With `change`, it may or may not be what the change says yet.
 * - `cancelling`: the event may or may not still exist.
 * - `cancelled`: neither event nor held time.
 * - `released`: a hold that came to nothing. An event that turns up late is deleted.
 */
export const meetingSchema = z.object({
  id: z.string(),
  callerId: z.string(),
  /** Document of the idempotency key. */
  keyId: z.string(),
  status: z.enum(['holding', 'confirmed', 'cancelling', 'cancelled', 'released']),
  /** Counts what agents could see change, from 1. */
  version: z.number(),
  /** Whose calendar has the event; the first of `hosts`. Lower-case addresses. */
  host: z.string(),
  hosts: z.array(z.string()),
  ...content.shape,
  conference: z.object({
    type: z.enum(['googleMeet', 'zoom', 'none']),
    status: z.enum(['pending', 'success', 'failure']).nullable(),
    joinUrl: z.string().nullable(),
    zoomMeetingId: z.string().nullable(),
  }),
  sendUpdates,
  htmlLink: z.string().nullable(),
  /** The event's version at Google, as last seen. */
  googleEtag: z.string().nullable(),
  /** Begun and, as far as is known, not finished. */
  change: z.object({ content, sendUpdates, fromVersion: z.number(), requestHash: z.string() }).nullable(),
  /** The last finished change, by which its repetition is known. */
  lastChange: z.object({ fromVersion: z.number(), requestHash: z.string() }).nullable(),
  /** When the sweep has to look at it; null: never. */
  settleAtMs: z.number().nullable(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});

export type MeetingRecord = z.infer<typeof meetingSchema>;

export interface StoredMeeting {
  readonly record: MeetingRecord;
  readonly updateTime: string;
}

/** A meeting's id and that of its event: characters that Google takes, and no two keys, or uses of one, share it. */
export function meetingId(callerId: string, idempotencyKey: string, firstSeenMs: number): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([callerId, idempotencyKey, firstSeenMs]))
    .digest();
  return `mtg${[...digest].map((byte) => (byte % 32).toString(32)).join('')}`;
}

/** Private properties of the event: whose it is, and which change to which version of the meeting wrote it last. */
const idProperty = 'attacheMeetingId';
const versionProperty = 'attacheMeetingVersion';

export function newEventOf(record: MeetingRecord): NewEvent {
  return {
    id: record.id,
    ...eventFieldsOf(record, record),
    ...(record.conference.type === 'googleMeet' && { conferenceRequestId: record.id }),
  };
}

function eventFieldsOf(
  { conference, ...mark }: EventIdentity,
  { startMs, endMs, timeZone, summary, description, location, attendees }: MeetingContent,
) {
  return {
    summary,
    // Empty, not absent: a patch leaves alone what it does not name.
    description: `${description ?? ''}${zoomLine(conference)}`,
    location: location ?? zoomLink(conference) ?? '',
    start: { dateTime: new Date(startMs).toISOString(), timeZone },
    end: { dateTime: new Date(endMs).toISOString(), timeZone },
    attendees,
    privateProperties: { [idProperty]: mark.id, [versionProperty]: versionOf(mark) },
  };
}

type EventMark = Pick<MeetingRecord, 'id' | 'version'> & { readonly requestHash?: string };
type EventIdentity = EventMark & Pick<MeetingRecord, 'conference'>;

/** A version alone would not do: a change that was taken back and another one may both lead to it. */
function versionOf({ version, requestHash }: EventMark): string {
  return requestHash === undefined ? String(version) : `${version}-${requestHash}`;
}

/** Google makes the places of its own links; Zoom's go where people look. */
function zoomLink({ type, joinUrl }: MeetingRecord['conference']): string | null {
  return type === 'zoom' ? joinUrl : null;
}

function zoomLine(conference: MeetingRecord['conference']): string {
  const link = zoomLink(conference);
  return link === null ? '' : `\n\nZoom: ${link}`;
}

/** What has to be written for `content` where the event says `current`: the fields that differ, and the new version. */
export function changedFieldsOf(record: EventIdentity, current: MeetingContent, content: MeetingContent): EventFields {
  const { privateProperties, start, end, ...before } = eventFieldsOf(record, current);
  const wanted = eventFieldsOf(record, { ...content, attendees: withAnswers(content.attendees, current.attendees) });
  const differs = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other);
  return {
    privateProperties,
    ...(differs([start, end], [wanted.start, wanted.end]) && { start: wanted.start, end: wanted.end }),
    ...(differs(before.summary, wanted.summary) && { summary: wanted.summary }),
    ...(differs(before.description, wanted.description) && { description: wanted.description }),
    ...(differs(before.location, wanted.location) && { location: wanted.location }),
    ...(differs(before.attendees, wanted.attendees) && { attendees: wanted.attendees }),
  };
}

/** Guests who stay keep what they have answered. */
function withAnswers(wanted: readonly MeetingAttendee[], current: readonly MeetingAttendee[]): MeetingAttendee[] {
  const known = new Map(current.map(({ email, responseStatus }) => [email, responseStatus]));
  return wanted.map(({ responseStatus: _old, ...attendee }) => {
    const responseStatus = known.get(attendee.email);
    return { ...attendee, ...(responseStatus !== undefined && { responseStatus }) };
  });
}

export function isEventOf({ id }: MeetingRecord, event: CalendarEvent): boolean {
  return event.privateProperties[idProperty] === id;
}

/** Whether this change wrote the event last. */
export function isWrittenBy(mark: EventMark, event: CalendarEvent): boolean {
  return event.privateProperties[versionProperty] === versionOf(mark);
}

/** Beyond it an event is no meeting any more, and would take a document for each of its days. */
const longestMs = 14 * 86_400_000;

/** What the event says now. One that was made an all-day event, or one of weeks, keeps the meeting's time. */
export function contentOf(
  record: MeetingContent & Pick<MeetingRecord, 'conference'>,
  event: CalendarEvent,
): MeetingContent {
  const { description = '', location = '' } = event;
  const line = zoomLine(record.conference);
  const startMs = parseInstant(event.start?.dateTime ?? '');
  const endMs = parseInstant(event.end?.dateTime ?? '');
  const isTimed = startMs < endMs && endMs - startMs <= longestMs;
  return {
    startMs: isTimed ? startMs : record.startMs,
    endMs: isTimed ? endMs : record.endMs,
    timeZone: event.start?.timeZone ?? record.timeZone,
    summary: event.summary ?? '',
    description:
      (description.endsWith(line) ? description.slice(0, description.length - line.length) : description) || null,
    location: location === zoomLink(record.conference) ? null : location || null,
    attendees: event.attendees.map((one) => ({ ...one, email: one.email.toLowerCase() })),
  };
}

/** The parts of a record that Google has the say about. */
export function mirrorOf(record: MeetingRecord, event: CalendarEvent): Partial<MeetingRecord> {
  const { conference } = event;
  return {
    ...contentOf(record, event),
    htmlLink: event.htmlLink ?? null,
    googleEtag: event.etag,
    ...(conference &&
      record.conference.type !== 'zoom' && {
        conference: {
          type: 'googleMeet',
          status: conference.status,
          joinUrl: conference.joinUrl ?? null,
          zoomMeetingId: null,
        },
      }),
  };
}

/** Whether two contents differ in what people would call the meeting: not in who has answered. */
export function isSameContent(one: MeetingContent, other: MeetingContent): boolean {
  return fingerprint(one) === fingerprint(other);
}

function fingerprint({ attendees, timeZone: _zone, ...rest }: MeetingContent): string {
  const people = attendees.map(({ email, optional = false }) => `${email} ${optional}`).sort();
  const { startMs, endMs, summary, description, location } = rest;
  return JSON.stringify([startMs, endMs, summary, description ?? '', location ?? '', people]);
}

/** The times that the meeting holds or may hold. */
export function bookingsOf({ id, change, startMs, endMs }: MeetingRecord): Booking[] {
  const own = { meetingId: id, startMs, endMs };
  if (!change || (change.content.startMs === startMs && change.content.endMs === endMs)) return [own];
  return [own, { meetingId: id, startMs: change.content.startMs, endMs: change.content.endMs }];
}
