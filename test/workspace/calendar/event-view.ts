import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import type { Calendar, StoredEvent } from './calendar';
import { checkZone, viewTime } from './event-time';

export interface ViewOptions {
  /** Zone of the times; default the calendar's. */
  readonly timeZone?: string | undefined;
  /** With more guests than that, only the reader's own entry is shown. */
  readonly maxAttendees?: number | undefined;
}

/** An event as the readers of `calendar` get it. */
export function viewEvent(
  calendar: Calendar,
  { id, etag, resource }: StoredEvent,
  { timeZone, maxAttendees }: ViewOptions = {},
): calendar_v3.Schema$Event {
  const zone = timeZone === undefined ? calendar.timeZone : checkZone(timeZone);
  const mark = <Who extends { email?: string | null }>(who: Who) =>
    who.email === calendar.id ? { ...who, self: true } : who;
  const { attendees, organizer, creator, start, end, originalStartTime } = resource;
  const shown = (attendees ?? []).map((attendee) => ({
    ...mark(attendee),
    ...(attendee.email === organizer?.email && { organizer: true }),
  }));
  const isTooMany = maxAttendees !== undefined && shown.length > maxAttendees;
  return {
    kind: 'calendar#event',
    etag,
    htmlLink: `https://www.google.com/calendar/event?eid=${Buffer.from(`${id} ${calendar.id}`).toString('base64url')}`,
    ...resource,
    ...(creator && { creator: mark(creator) }),
    ...(organizer && { organizer: mark(organizer) }),
    ...(start && { start: viewTime(start, zone) }),
    ...(end && { end: viewTime(end, zone) }),
    ...(originalStartTime && { originalStartTime: viewTime(originalStartTime, zone) }),
    ...(attendees && {
      attendees: isTooMany ? shown.filter(({ email }) => email === calendar.id) : shown,
      ...(isTooMany && { attendeesOmitted: true }),
    }),
  };
}

/** All that is certain about an event that is gone. */
export function viewTombstone({ id, etag, resource }: StoredEvent): calendar_v3.Schema$Event {
  const { recurringEventId, originalStartTime } = resource;
  return {
    kind: 'calendar#event',
    etag,
    id,
    status: 'cancelled',
    ...(recurringEventId && { recurringEventId }),
    ...(originalStartTime && { originalStartTime }),
  };
}
