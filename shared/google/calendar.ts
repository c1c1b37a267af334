import type * as z from 'zod';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import type { Calendar, Calendars, EventFields, FreeBusyAnswer } from '../domain/calendar';
import type { AccessTokens } from '../domain/ports';
import { calendarAnswer, eventAnswer, freeBusyAnswer } from './calendar-answers';
import type { createCalendarClient } from './calendar-client';
import { createDelegatedCalls, readAnswer, type Send } from './delegated-calls';

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

/** Enough for every call of the port. Neither the calendars themselves nor who shares them can be changed. */
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
  const loadClient = async () => (await import('./calendar-client')).createCalendarClient(apiUrl, timeoutMs);
  return (emailAddress) => createCalendar(emailAddress.toLowerCase(), options, () => (loading ??= loadClient()));
}

type CalendarClient = ReturnType<typeof createCalendarClient>;

function createCalendar(
  emailAddress: string,
  { tokens, scopes }: CalendarsOptions,
  client: () => Promise<CalendarClient>,
): Calendar {
  const calendarId = emailAddress;
  const request = createDelegatedCalls({ subject: emailAddress, tokens, scopes, client });

  async function call<Answer>(
    operation: string,
    answer: z.ZodType<Answer>,
    send: Send<CalendarClient>,
  ): Promise<Answer> {
    return readAnswer(operation, answer, await request(operation, send));
  }

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

    async getTimeZone() {
      const { timeZone } = await call('calendars.get', calendarAnswer, ({ calendars }, options) =>
        calendars.get({ calendarId }, options),
      );
      return timeZone;
    },

    insertEvent({ id, conferenceRequestId, ...fields }, { sendUpdates }) {
      const requestBody: calendar_v3.Schema$Event = {
        id,
        ...toResource(fields),
        ...(conferenceRequestId !== undefined && {
          conferenceData: {
            createRequest: { requestId: conferenceRequestId, conferenceSolutionKey: { type: 'hangoutsMeet' } },
          },
        }),
      };
      // Without the version Google drops the conference silently.
      const params = { calendarId, sendUpdates, conferenceDataVersion: 1, requestBody };
      return call('events.insert', eventAnswer, ({ events }, options) => events.insert(params, options));
    },

    getEvent: (eventId) =>
      call('events.get', eventAnswer, ({ events }, options) => events.get({ calendarId, eventId }, options)),

    patchEvent(eventId, fields, { sendUpdates, etag }) {
      const params = { calendarId, eventId, sendUpdates, requestBody: toResource(fields) };
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

function toResource({ attendees, privateProperties, ...fields }: EventFields): calendar_v3.Schema$Event {
  return {
    ...fields,
    ...(attendees && { attendees: attendees.map((attendee) => ({ ...attendee })) }),
    ...(privateProperties && { extendedProperties: { private: { ...privateProperties } } }),
  };
}

function withVersion(options: Parameters<Send<CalendarClient>>[1], etag: string | undefined) {
  return { headers: { ...options.headers, ...(etag !== undefined && { 'if-match': etag }) } };
}
