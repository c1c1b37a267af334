import type { Calendar, EventFields } from '../../shared/domain/calendar';
import { eventAnswer, freeBusyAnswer } from '../../shared/google/calendar-answers';
import { fromGoogleAnswer } from '../../shared/google/errors';
import type { EventRequest } from '../workspace/calendar/event-rules';
import type { CalendarModel } from '../workspace/calendar/model';
import { GoogleApiError } from '../workspace/google-api-error';

/** One I/O: runs `effect`, or does what a test has planned instead. */
export type Io = <T>(label: string, effect: () => T | Promise<T>) => Promise<T>;

/** The Calendar port over the model, with the adapter's own parsing and translation of errors. */
export function calendarPort(model: CalendarModel, io: Io, now: () => number): (emailAddress: string) => Calendar {
  return (emailAddress) => {
    const call = <T>(method: string, run: () => T): Promise<T> =>
      io(`calendar.${method}`, () => {
        try {
          return run();
        } catch (error) {
          if (!(error instanceof GoogleApiError)) throw error;
          throw fromGoogleAnswer({ status: error.code, data: error.toBody() }, method, now());
        }
      });
    return {
      emailAddress,
      freeBusy: ({ timeMin, timeMax, calendarIds }) =>
        call('freeBusy', () => {
          const items = calendarIds.map((id) => ({ id }));
          const { calendars } = freeBusyAnswer.parse(model.queryFreeBusy(emailAddress, { timeMin, timeMax, items }));
          return new Map(calendarIds.map((id) => [id, calendars[id] ?? { busy: [], error: 'unanswered' }]));
        }),
      getTimeZone: () => call('getTimeZone', () => model.calendar(emailAddress).timeZone),
      insertEvent: ({ conferenceRequestId, ...event }, { sendUpdates }) =>
        call('insertEvent', () =>
          eventAnswer.parse(
            model.events.insert(
              emailAddress,
              emailAddress,
              {
                ...toRequest(event),
                ...(conferenceRequestId !== undefined && {
                  conferenceData: {
                    createRequest: {
                      requestId: conferenceRequestId,
                      conferenceSolutionKey: { type: 'hangoutsMeet' },
                    },
                  },
                }),
              },
              { sendUpdates, conferenceDataVersion: 1 },
            ),
          ),
        ),
      getEvent: (id) => call('getEvent', () => eventAnswer.parse(model.events.get(emailAddress, emailAddress, id))),
      patchEvent: (id, fields, { sendUpdates, etag }) =>
        call('patchEvent', () =>
          eventAnswer.parse(
            model.events.patch(emailAddress, emailAddress, id, toRequest(fields), {
              sendUpdates,
              ...(etag !== undefined && { ifMatch: etag }),
            }),
          ),
        ),
      deleteEvent: (id, { sendUpdates, etag }) =>
        call('deleteEvent', () =>
          model.events.delete(emailAddress, emailAddress, id, {
            sendUpdates,
            ...(etag !== undefined && { ifMatch: etag }),
          }),
        ),
    };
  };
}

/** As it would arrive over HTTP. */
function toRequest({ attendees, privateProperties, ...fields }: EventFields & { readonly id?: string }): EventRequest {
  const resource = { ...fields, attendees, extendedProperties: privateProperties && { private: privateProperties } };
  return JSON.parse(JSON.stringify(resource)) as EventRequest;
}
