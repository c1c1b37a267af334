import type * as z from 'zod';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import type { Calendar, CalendarEvents, Calendars, EventFields, EventTime, FreeBusyAnswer } from '../domain/calendar';
import type { AccessTokens } from '../domain/ports';
import { calendarAnswer, eventAnswer, freeBusyAnswer } from './calendar-answers';
import type { createCalendarClient } from './calendar-client';
import { createDelegatedCalls, readAnswer, type DelegatedCalls, type Send } from './delegated-calls';
import { fetchText } from './fetch-text';

export interface CalendarsOptions {
  readonly tokens: AccessTokens;
  /** Root of Google's APIs. */
  readonly apiUrl: string;
  readonly scopes: readonly string[];
  /** Of one call, its body included. */
  readonly timeoutMs?: number;
}

/**
 * Enough for `freeBusy` and `getTimeZone`: neither lets anybody see what an appointment is about. The zone comes from the
 * calendar's own properties, because `settings` has the user's, which may be another, and `calendar.readonly` would open
 * every event.
 */
export const availabilityScopes: readonly string[] = [
  'https://www.googleapis.com/auth/calendar.freebusy',
  'https://www.googleapis.com/auth/calendar.calendars.readonly',
];

/** Enough for every call of the port Calendar. Neither the calendars themselves nor who shares them can be changed. */
export const meetingScopes: readonly string[] = [
  ...availabilityScopes,
  'https://www.googleapis.com/auth/calendar.events',
];

/**
 * Google Calendar as the port `Calendar`. Events are those of the user's primary calendar, which is named by the address
 * (not `primary`) so that Google compares it with the token's user. An answer that is not whole is `unavailable`.
 */
export function createCalendars(options: CalendarsOptions): Calendars {
  const { apiUrl, timeoutMs = 20_000 } = options;
  let loading: Promise<CalendarClient> | undefined;
  const loadClient = async () => (await import('./calendar-client')).createCalendarClient(apiUrl, timeoutMs, fetchText);
  return (emailAddress) => createCalendar(emailAddress.toLowerCase(), options, () => (loading ??= loadClient()));
}

function createCalendar(
  emailAddress: string,
  { tokens, scopes }: CalendarsOptions,
  client: () => Promise<CalendarClient>,
): Calendar {
  const request = createDelegatedCalls({ subject: emailAddress, tokens, scopes, client });
  const call = readingCalls(request);
  return {
    emailAddress,

    async freeBusy({ timeMin, timeMax, calendarIds }) {
      const requestBody = { timeMin, timeMax, items: calendarIds.map((id) => ({ id })) };
      const { calendars } = await call('freebusy.query', freeBusyAnswer, ({ freebusy }, options) =>
        freebusy.query({ requestBody }, options),
      );
      const unanswered: FreeBusyAnswer = { busy: [], error: 'unanswered' };
      return new Map(calendarIds.map((id) => [id, calendars[id] ?? unanswered]));
    },

    getTimeZone: () => getTimeZone(call, emailAddress),
    ...calendarEvents(request, emailAddress),
  };
}

export type CalendarClient = ReturnType<typeof createCalendarClient>;

/** A call whose answer is read. */
export type ReadingCall = <Answer>(
  operation: string,
  answer: z.ZodType<Answer>,
  send: Send<CalendarClient>,
) => Promise<Answer>;

export function readingCalls(request: DelegatedCalls<CalendarClient>): ReadingCall {
  return async (operation, answer, send) => readAnswer(operation, answer, await request(operation, send));
}

export async function getTimeZone(call: ReadingCall, calendarId: string): Promise<string> {
  const { timeZone } = await call('calendars.get', calendarAnswer, ({ calendars }, options) =>
    calendars.get({ calendarId }, options),
  );
  return timeZone;
}

/** The events of one calendar, one at a time. */
export function calendarEvents(request: DelegatedCalls<CalendarClient>, calendarId: string): CalendarEvents {
  const call = readingCalls(request);
  return {
    insertEvent({ id, conferenceRequestId, ...fields }, { sendUpdates }) {
      const requestBody = { id, ...toResource(fields), ...toConference(conferenceRequestId) };
      // Without the version Google drops the conference silently.
      const params = { calendarId, sendUpdates, conferenceDataVersion: 1, requestBody };
      return call('events.insert', eventAnswer, ({ events }, options) => events.insert(params, options));
    },

    getEvent: (eventId) =>
      call('events.get', eventAnswer, ({ events }, options) => events.get({ calendarId, eventId }, options)),

    patchEvent(eventId, { conferenceRequestId, start, end, ...fields }, { sendUpdates, etag }) {
      const requestBody = {
        ...toResource(fields),
        ...(start && { start: wholeTime(start) }),
        ...(end && { end: wholeTime(end) }),
        ...toConference(conferenceRequestId),
      };
      const version = conferenceRequestId === undefined ? {} : { conferenceDataVersion: 1 };
      const params = { calendarId, eventId, sendUpdates, ...version, requestBody };
      return call('events.patch', eventAnswer, ({ events }, options) =>
        events.patch(params, withVersion(options, etag)),
      );
    },

    async deleteEvent(eventId, { sendUpdates, etag }) {
      // The answer is empty, so that there is nothing to read.
      await request('events.delete', ({ events }, options) =>
        events.delete({ calendarId, eventId, sendUpdates }, withVersion(options, etag)),
      );
    },
  };
}

function toResource(given: EventFields): calendar_v3.Schema$Event {
  const { attendees, privateProperties, recurrence, reminderMinutes, ...fields } = given;
  return {
    ...fields,
    ...(attendees && { attendees: attendees.map((attendee) => ({ ...attendee })) }),
    ...(privateProperties && { extendedProperties: { private: { ...privateProperties } } }),
    ...(recurrence && { recurrence: [...recurrence] }),
    ...(reminderMinutes !== undefined && { reminders: toReminders(reminderMinutes) }),
  };
}

function toReminders(minutes: number | null): NonNullable<calendar_v3.Schema$Event['reminders']> {
  return minutes === null
    ? { useDefault: true, overrides: [] }
    : { useDefault: false, overrides: [{ method: 'popup', minutes }] };
}

function toConference(requestId: string | null | undefined): calendar_v3.Schema$Event {
  if (requestId === undefined) return {};
  // Google takes null for "none"; its client's type does not say so.
  if (requestId === null) return { conferenceData: null } as unknown as calendar_v3.Schema$Event;
  return { conferenceData: { createRequest: { requestId, conferenceSolutionKey: { type: 'hangoutsMeet' } } } };
}

/** In a patch a date stays beside a new instant, and the other way round, unless it is taken away. */
function wholeTime({ date, dateTime, timeZone }: EventTime): calendar_v3.Schema$EventDateTime {
  return { date: date ?? null, dateTime: dateTime ?? null, timeZone: timeZone ?? null };
}

export function withVersion(options: Parameters<Send<CalendarClient>>[1], etag: string | undefined) {
  return { headers: { ...options.headers, ...(etag !== undefined && { 'if-match': etag }) } };
}
