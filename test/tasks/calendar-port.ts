import type { SyncCalendar } from '../../shared/domain/sync-calendar';
import type { CalendarClient } from '../../shared/google/calendar';
import { fromGoogleAnswer } from '../../shared/google/errors';
import { createSyncCalendar } from '../../shared/google/sync-calendar';
import type { EventRequest } from '../workspace/calendar/event-rules';
import type { CalendarModel } from '../workspace/calendar/model';
import { GoogleApiError } from '../workspace/google-api-error';

type Around = <T>(name: string, run: () => Promise<T>) => Promise<T>;

interface Params {
  readonly calendarId: string;
  readonly eventId: string;
  readonly destination: string;
  readonly requestBody: EventRequest & { readonly id?: string; readonly resourceId?: string };
  readonly [name: string]: unknown;
}

/**
 * The product's own adapter on the local Workspace's calendars without HTTP between them: `around` sees every call, and may
 * let it fail before or after it has happened.
 */
export function calendarOnModel(model: CalendarModel, actor: string, around: Around, now: () => number): SyncCalendar {
  const watcher = { actor, projectId: 'local' };
  const write = (params: Params, options: { headers: Record<string, string> }) => ({
    ...params,
    ifMatch: options.headers['if-match'],
  });
  const answering =
    (run: (params: Params, options: { headers: Record<string, string> }) => unknown) =>
    async (params: Params, options: { headers: Record<string, string> }) => ({
      data: JSON.stringify(run(JSON.parse(JSON.stringify(params)) as Params, options) ?? ''),
    });
  const { events } = model;
  const client = {
    events: {
      insert: answering((p, o) => events.insert(actor, p.calendarId, p.requestBody, write(p, o))),
      get: answering((p) => events.get(actor, p.calendarId, p.eventId)),
      patch: answering((p, o) => events.patch(actor, p.calendarId, p.eventId, p.requestBody, write(p, o))),
      // For the broken variant that replaces events: the product patches them.
      update: answering((p, o) => events.update(actor, p.calendarId, p.eventId, p.requestBody, write(p, o))),
      delete: answering((p, o) => events.delete(actor, p.calendarId, p.eventId, write(p, o))),
      move: answering((p, o) => events.move(actor, p.calendarId, p.eventId, p.destination, write(p, o))),
      list: answering(({ calendarId, ...p }) => events.list(actor, calendarId, p as object)),
      watch: answering((p) => model.watchEvents(watcher, p.calendarId, p.requestBody)),
    },
    channels: { stop: answering((p) => model.stopChannel(watcher, p.requestBody)) },
    calendars: { get: answering((p) => model.calendar(p.calendarId).properties) },
    calendarList: { list: answering((p) => model.calendarList.list(actor, p as object)) },
  } as unknown as CalendarClient;

  return createSyncCalendar(actor, async (operation, send) =>
    around(operation, async () => {
      try {
        return (await send(client, { headers: { authorization: 'Bearer test' } })).data;
      } catch (error) {
        if (!(error instanceof GoogleApiError)) throw error;
        throw fromGoogleAnswer({ status: error.code, data: error.toBody() }, operation, now());
      }
    }),
  );
}
