import * as z from 'zod';
import { formatLocal } from '../local-time';
import { cloudEvent } from '../message/event-schemas';
import { toEvent } from '../message/message-event';
import type { MeetingRecord } from './meeting-record';

const instant = z.string().meta({ format: 'date-time' });
const local = z.string().describe('With offset and zone, such as `2026-03-09T09:00:00-04:00[America/New_York]`.');

/** A meeting as agents see it, over HTTP and in events. */
export const meetingView = z
  .object({
    id: z.string(),
    status: z.enum(['confirmed', 'cancelled']),
    host: z.string().describe('Whose calendar has the event.'),
    hosts: z.array(z.string()),
    start: instant,
    end: instant,
    localStart: local,
    localEnd: local,
    timeZone: z.string(),
    summary: z.string(),
    description: z.string().nullable(),
    location: z.string().nullable(),
    attendees: z.array(
      z.object({
        email: z.string(),
        displayName: z.string().optional(),
        optional: z.boolean().optional(),
        responseStatus: z.string().optional().describe('Google’s: `needsAction`, `declined`, `tentative`, `accepted`.'),
      }),
    ),
    conference: z.object({
      type: z.enum(['googleMeet', 'zoom', 'none']),
      status: z
        .enum(['pending', 'success', 'failure'])
        .nullable()
        .describe('`pending`: Google is still making the link; read the meeting again in a moment.'),
      joinUrl: z.string().nullable(),
    }),
    calendarEventId: z.string(),
    htmlLink: z.string().nullable(),
    etag: z.string().describe('For `If-Match`.'),
  })
  .meta({ id: 'Meeting' });

export type MeetingView = z.infer<typeof meetingView>;

export function viewMeeting(record: MeetingRecord): MeetingView {
  const { id, host, hosts, startMs, endMs, timeZone, conference } = record;
  const { summary, description, location, attendees, htmlLink } = record;
  return {
    id,
    status: record.status === 'cancelled' || record.status === 'cancelling' ? 'cancelled' : 'confirmed',
    host,
    hosts,
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
    localStart: formatLocal(startMs, timeZone),
    localEnd: formatLocal(endMs, timeZone),
    timeZone,
    summary,
    description,
    location,
    attendees,
    conference: { type: conference.type, status: conference.status, joinUrl: conference.joinUrl },
    calendarEventId: id,
    htmlLink,
    etag: etagOf(record),
  };
}

export function etagOf({ version }: MeetingRecord): string {
  return `"${version}"`;
}

export type MeetingEventType = z.infer<(typeof meetingEvents)[number]>['type'];

const meetingEventData = z.object({ mailbox: z.string().describe('The host.'), ...meetingView.shape });

export const meetingEvents = [
  cloudEvent('meeting.created', meetingEventData),
  cloudEvent('meeting.updated', meetingEventData),
  cloudEvent('meeting.cancelled', meetingEventData),
] as const;

/** One event for each version of a meeting: made again, it has the same id. */
export function toMeetingEvent(type: MeetingEventType, record: MeetingRecord) {
  const { host, id, version, updatedAtMs } = record;
  const key = { key: `${id}\n${version}`, time: new Date(updatedAtMs).toISOString() };
  return {
    ...toEvent(type, host, key, { mailbox: host, ...viewMeeting(record) }),
    source: `//www.googleapis.com/calendar/v3/calendars/${encodeURIComponent(host)}`,
    subject: `events/${id}`,
  };
}
