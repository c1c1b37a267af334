import { parseJson, Reply } from '../router';
import type { Call, Route } from '../router';
import type { ChannelPusher } from './channel-pusher';
import type { Watcher } from './channels';
import type { CalendarModel } from './model';
import {
  calendarListQuery,
  calendarSchema,
  channelSchema,
  eventOf,
  freeBusySchema,
  instancesQuery,
  listEntrySchema,
  listQuery,
  newListEntrySchema,
  queryOf,
  viewQuery,
  writeOptionsOf,
} from './requests';
import { calendarMethodScopes } from './scopes';
import type { CalendarMethod } from './scopes';

/** Calendar v3 on the model. Paths are those of Google's discovery document. */
export function calendarRoutes(calendar: CalendarModel, pusher: ChannelPusher): Route[] {
  return [
    ...listRoutes(calendar),
    ...calendarsRoutes(calendar),
    ...eventRoutes(calendar),
    route(calendar, 'freebusy.query', 'POST', '/freeBusy', ({ actor, body }) =>
      calendar.queryFreeBusy(actor, parseJson(freeBusySchema, body)),
    ),
    route(calendar, 'events.watch', 'POST', '/calendars/{calendarId}/events/watch', (call) =>
      watch(calendar, pusher, call),
    ),
    route(calendar, 'channels.stop', 'POST', '/channels/stop', (call) =>
      calendar.stopChannel(watcherOf(call), parseJson(channelSchema, call.body)),
    ),
  ];
}

function listRoutes(calendar: CalendarModel): Route[] {
  const { calendarList } = calendar;
  const one = '/users/me/calendarList/{calendarId}';
  return [
    route(calendar, 'calendarList.list', 'GET', '/users/me/calendarList', (call) =>
      calendarList.list(call.actor, queryOf(calendarListQuery, call)),
    ),
    route(calendar, 'calendarList.insert', 'POST', '/users/me/calendarList', ({ actor, body }) =>
      calendarList.insert(actor, parseJson(newListEntrySchema, body)),
    ),
    route(calendar, 'calendarList.get', 'GET', one, ({ actor, id }) => calendarList.get(actor, id)),
    route(calendar, 'calendarList.patch', 'PATCH', one, ({ actor, id, body }) =>
      calendarList.patch(actor, id, parseJson(listEntrySchema, body)),
    ),
    route(calendar, 'calendarList.delete', 'DELETE', one, ({ actor, id }) => calendarList.delete(actor, id)),
  ];
}

function calendarsRoutes(calendar: CalendarModel): Route[] {
  const { calendars } = calendar;
  const one = '/calendars/{calendarId}';
  return [
    route(calendar, 'calendars.insert', 'POST', '/calendars', ({ actor, body }) =>
      calendars.insert(actor, parseJson(calendarSchema, body)),
    ),
    route(calendar, 'calendars.get', 'GET', one, ({ actor, id }) => calendars.get(actor, id)),
    route(calendar, 'calendars.patch', 'PATCH', one, ({ actor, id, body }) =>
      calendars.patch(actor, id, parseJson(calendarSchema, body)),
    ),
    route(calendar, 'calendars.update', 'PUT', one, ({ actor, id, body }) =>
      calendars.update(actor, id, parseJson(calendarSchema, body)),
    ),
    route(calendar, 'calendars.delete', 'DELETE', one, ({ actor, id }) => calendars.delete(actor, id)),
    route(calendar, 'calendars.clear', 'POST', `${one}/clear`, ({ actor, id }) => calendars.clear(actor, id)),
  ];
}

function eventRoutes(calendar: CalendarModel): Route[] {
  const { events } = calendar;
  const all = '/calendars/{calendarId}/events';
  const one = `${all}/{eventId}`;
  return [
    route(calendar, 'events.list', 'GET', all, (call) => events.list(call.actor, call.id, queryOf(listQuery, call))),
    route(calendar, 'events.insert', 'POST', all, (call) =>
      events.insert(call.actor, call.id, eventOf(call), writeOptionsOf(call)),
    ),
    route(calendar, 'events.get', 'GET', one, (call) => {
      const event = events.get(call.actor, call.id, call.eventId, queryOf(viewQuery, call));
      return call.headers['if-none-match'] === event.etag ? new Reply(304, undefined) : event;
    }),
    route(calendar, 'events.patch', 'PATCH', one, (call) =>
      events.patch(call.actor, call.id, call.eventId, eventOf(call), writeOptionsOf(call)),
    ),
    route(calendar, 'events.update', 'PUT', one, (call) =>
      events.update(call.actor, call.id, call.eventId, eventOf(call), writeOptionsOf(call)),
    ),
    route(calendar, 'events.delete', 'DELETE', one, (call) =>
      events.delete(call.actor, call.id, call.eventId, writeOptionsOf(call)),
    ),
    route(calendar, 'events.move', 'POST', `${one}/move`, (call) =>
      events.move(call.actor, call.id, call.eventId, call.query.get('destination') ?? '', writeOptionsOf(call)),
    ),
    route(calendar, 'events.instances', 'GET', `${one}/instances`, (call) =>
      events.instances(call.actor, call.id, call.eventId, queryOf(instancesQuery, call)),
    ),
  ];
}

async function watch(calendar: CalendarModel, pusher: ChannelPusher, call: CalendarCall) {
  const channel = calendar.watchEvents(watcherOf(call), call.id, parseJson(channelSchema, call.body));
  if (pusher.settings.syncBeforeAnswer) await pusher.attempted(channel.id ?? '');
  return channel;
}

interface CalendarCall extends Call {
  readonly actor: string;
  /** The calendar's. */
  readonly id: string;
  readonly eventId: string;
}

function route(
  calendar: CalendarModel,
  method: CalendarMethod extends `calendar.${infer Method}` ? Method : never,
  verb: Route['verb'],
  path: string,
  handle: (call: CalendarCall) => unknown,
): Route {
  const id: CalendarMethod = `calendar.${method}`;
  return {
    id,
    verb,
    paths: [`/calendar/v3${path}`],
    scopes: calendarMethodScopes[id],
    handle: (call) => {
      const { calendarId = '', eventId = '' } = call.params;
      calendar.charge(call.grant.subject, id);
      return handle({ ...call, actor: call.grant.subject, id: calendarId, eventId });
    },
  };
}

function watcherOf({ actor, grant }: CalendarCall): Watcher {
  return { actor, projectId: grant.projectId };
}
