import type { CalendarListEntry, FollowedCalendar, SyncCalendar } from '../domain/sync-calendar';
import { isAttacheError } from '../domain/errors';
import {
  calendarEvents,
  getTimeZone,
  readingCalls,
  withVersion,
  type CalendarClient,
  type CalendarsOptions,
} from './calendar';
import { calendarListAnswer, channelAnswer, eventAnswer, eventPageAnswer } from './calendar-answers';
import { createDelegatedCalls, type DelegatedCalls } from './delegated-calls';
import { fetchText } from './fetch-text';

/** Enough for every call of the port SyncCalendar: events and their channels, the list of calendars, their zones. */
export const syncScopes: readonly string[] = [
  'https://www.googleapis.com/auth/calendar.calendars.readonly',
  'https://www.googleapis.com/auth/calendar.calendarlist.readonly',
  'https://www.googleapis.com/auth/calendar.events',
];

/**
 * Google Calendar as the port SyncCalendar, for accounts by delegation as well as by consent: which token an account has is
 * the business of `tokens`.
 */
export function createSyncCalendars(options: CalendarsOptions): (emailAddress: string) => SyncCalendar {
  const { tokens, scopes, apiUrl, timeoutMs = 20_000 } = options;
  let loading: Promise<CalendarClient> | undefined;
  const loadClient = async () => (await import('./calendar-client')).createCalendarClient(apiUrl, timeoutMs, fetchText);
  return (emailAddress) => {
    const subject = emailAddress.toLowerCase();
    const client = () => (loading ??= loadClient());
    return createSyncCalendar(subject, createDelegatedCalls({ subject, tokens, scopes, client }));
  };
}

/** The port on requests that carry their token already. */
export function createSyncCalendar(emailAddress: string, request: DelegatedCalls<CalendarClient>): SyncCalendar {
  const call = readingCalls(request);
  return {
    emailAddress,
    getTimeZone: () => getTimeZone(call, emailAddress),
    calendar: (calendarId) => followedCalendar(request, calendarId),

    async listCalendars() {
      const entries: CalendarListEntry[] = [];
      let pageToken: string | undefined;
      do {
        const params = { maxResults: 250, ...(pageToken !== undefined && { pageToken }) };
        const page = await call('calendarList.list', calendarListAnswer, ({ calendarList }, options) =>
          calendarList.list(params, options),
        );
        entries.push(...page.items);
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      return entries;
    },

    async stopChannel({ channelId, resourceId }) {
      try {
        await request('channels.stop', ({ channels }, options) =>
          channels.stop({ requestBody: { id: channelId, resourceId } }, options),
        );
      } catch (error) {
        if (!isAttacheError(error, 'notFound')) throw error;
      }
    },
  };
}

/** As many as Google gives at once. */
const pageSize = 2_500;

function followedCalendar(request: DelegatedCalls<CalendarClient>, calendarId: string): FollowedCalendar {
  const call = readingCalls(request);
  return {
    ...calendarEvents(request, calendarId),

    moveEvent(eventId, destination, { sendUpdates, etag }) {
      const params = { calendarId, eventId, destination, sendUpdates };
      return call('events.move', eventAnswer, ({ events }, options) => events.move(params, withVersion(options, etag)));
    },

    listEvents({ syncToken, pageToken, privateProperty }) {
      // A sync token is good only for the parameters of the list that it came from.
      const params = {
        calendarId,
        maxResults: pageSize,
        singleEvents: false,
        ...(syncToken !== undefined && { syncToken }),
        ...(pageToken !== undefined && { pageToken }),
        ...(privateProperty !== undefined && { privateExtendedProperty: [privateProperty] }),
      };
      return call('events.list', eventPageAnswer, ({ events }, options) => events.list(params, options));
    },

    watchEvents({ channelId, token, address }) {
      const requestBody = { id: channelId, token, address, type: 'web_hook' };
      return call('events.watch', channelAnswer, ({ events }, options) =>
        events.watch({ calendarId, requestBody }, options),
      );
    },
  };
}
