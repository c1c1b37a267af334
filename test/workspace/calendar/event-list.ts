import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import * as z from 'zod';
import type { Calendar, StoredEvent } from './calendar';
import { fullSyncRequired, invalid, timeRangeEmpty } from './errors';
import { parseInstant, rangeOf, toMs } from './event-time';
import type { TimeRange } from './event-time';
import { viewEvent, viewTombstone } from './event-view';
import type { ViewOptions } from './event-view';
import { pageOf, readToken, writeToken } from './paging';
import type { PageRequest, Position } from './paging';

interface WindowRequest {
  /** RFC 3339; events that end after it. */
  readonly timeMin?: string | undefined;
  /** RFC 3339; events that start before it. */
  readonly timeMax?: string | undefined;
}

export interface InstancesRequest extends PageRequest, ViewOptions, WindowRequest {
  readonly showDeleted?: boolean | undefined;
  readonly originalStart?: string | undefined;
}

export interface ListRequest extends PageRequest, ViewOptions, WindowRequest {
  readonly syncToken?: string | undefined;
  readonly singleEvents?: boolean | undefined;
  readonly showDeleted?: boolean | undefined;
  readonly orderBy?: 'startTime' | 'updated' | undefined;
  readonly updatedMin?: string | undefined;
  readonly q?: string | undefined;
  readonly iCalUID?: string | undefined;
  /** `name=value`; all of them must fit. */
  readonly privateExtendedProperty?: readonly string[] | undefined;
  readonly sharedExtendedProperty?: readonly string[] | undefined;
  readonly eventTypes?: readonly string[] | undefined;
}

export interface ListSettings {
  readonly pageSizeLimit: number;
  readonly emptyListPages: boolean;
}

/**
 * `events.list`. A sync token stands for a change of the calendar, and for the parameters of the list that it came from.
 * With `singleEvents`, what a changed rule no longer says is not reported as deleted.
 */
export function listEvents(
  calendar: Calendar,
  request: ListRequest,
  settings: ListSettings,
): calendar_v3.Schema$Events {
  const { syncToken, singleEvents = false, orderBy, showDeleted = false, eventTypes = [] } = request;
  if (orderBy === 'startTime' && !singleEvents) {
    throw invalid('The requested ordering is not available for the particular query.');
  }
  const sync = syncToken === undefined ? undefined : readSyncToken(calendar, request, syncToken);
  const { timeMin, timeMax } = sync ?? request;
  const window = windowOf({ timeMin, timeMax });
  const updatedMinMs = request.updatedMin === undefined ? undefined : parseInstant(request.updatedMin, 'updatedMin');
  const showsDeleted = showDeleted || sync !== undefined || updatedMinMs !== undefined;
  const isWanted = matcherOf(request);

  const found = [...calendar.events.values()]
    .filter(({ changeId }) => !sync || changeId > sync.changeId)
    .filter(({ resource }) => !updatedMinMs || Date.parse(resource.updated ?? '') >= updatedMinMs)
    .filter(
      (event) => showsDeleted || calendar.isLive(event) || (!singleEvents && isCancelledInstance(calendar, event)),
    )
    .filter(({ resource }) => isWanted(resource))
    .flatMap((event) =>
      singleEvents && event.resource.recurrence ? calendar.regularInstances(event, window) : [event],
    )
    .filter((event) => isInWindow(calendar, event, window));

  const { pageToken: _page, maxResults: _max, timeZone: _zone, maxAttendees: _attendees, ...query } = request;
  const { items, nextPageToken, changeId } = pageOf(found, positionOf, request, {
    query: JSON.stringify(query),
    changeId: calendar.changeId,
    pageSizeLimit: settings.pageSizeLimit,
    emptyPages: settings.emptyListPages,
  });
  const state = { calendarId: calendar.id, changeId, singleEvents, showDeleted, eventTypes, timeMin, timeMax };
  return {
    ...headOf(calendar, request),
    items: items.map((event) =>
      calendar.isLive(event) || showDeleted ? viewEvent(calendar, event, request) : viewTombstone(event),
    ),
    ...(nextPageToken && { nextPageToken }),
    ...(changeId !== undefined &&
      !unsyncable.some((name) => has(request, name)) && { nextSyncToken: writeToken(state) }),
  };

  function positionOf({ id, resource, createdId, changeId: changedId }: StoredEvent): Position {
    if (orderBy === 'updated') return [Date.parse(resource.updated ?? ''), id];
    if (orderBy === 'startTime') return [resource.start ? toMs(resource.start, calendar.timeZone) : 0, id];
    return [sync ? changedId : createdId, id];
  }
}

/** `events.instances`, by the time that the series gives them. */
export function listInstances(
  calendar: Calendar,
  master: StoredEvent,
  request: InstancesRequest,
  settings: ListSettings,
): calendar_v3.Schema$Events {
  if (!master.resource.recurrence) throw invalid('The event is not recurring.');
  const window = windowOf(request);
  const { originalStart, showDeleted = false } = request;
  const originalMs = originalStart === undefined ? undefined : parseInstant(originalStart, 'originalStart');
  const startOf = ({ resource }: StoredEvent) => toMs(resource.originalStartTime ?? {}, calendar.timeZone);
  const found = [...calendar.regularInstances(master, window), ...calendar.exceptions(master.id)]
    .filter((event) => showDeleted || calendar.isLive(event))
    .filter((event) => originalMs === undefined || startOf(event) === originalMs)
    .filter((event) => isInWindow(calendar, event, window));
  const { items, nextPageToken } = pageOf(found, (event) => [startOf(event), event.id], request, {
    query: JSON.stringify([master.id, window, originalStart, showDeleted]),
    changeId: 0,
    pageSizeLimit: settings.pageSizeLimit,
  });
  return {
    ...headOf(calendar, request),
    items: items.map((event) => viewEvent(calendar, event, request)),
    ...(nextPageToken && { nextPageToken }),
  };
}

/** Parameters that a sync token does not go with, and that give no sync token. */
const unsyncable = [
  'iCalUID',
  'orderBy',
  'privateExtendedProperty',
  'q',
  'sharedExtendedProperty',
  'updatedMin',
] as const satisfies readonly (keyof ListRequest)[];
const forbiddenWithSyncToken = [...unsyncable, 'timeMin', 'timeMax'] as const;

const syncSchema = z.object({
  calendarId: z.string(),
  changeId: z.number(),
  singleEvents: z.boolean(),
  showDeleted: z.boolean(),
  eventTypes: z.array(z.string()),
  timeMin: z.string().optional(),
  timeMax: z.string().optional(),
});

/** Google calls other parameters than those of the first list undefined behaviour; here they are an error. */
function readSyncToken(calendar: Calendar, request: ListRequest, token: string): z.output<typeof syncSchema> {
  for (const name of forbiddenWithSyncToken) {
    if (has(request, name)) throw invalid(`The parameter ${name} cannot be used together with a sync token.`);
  }
  if (request.showDeleted === false) throw invalid('Deleted events cannot be left out of an incremental sync.');
  const state = readToken(token, syncSchema);
  const { singleEvents = false, showDeleted = false, eventTypes = [] } = request;
  const isSame = state.singleEvents === singleEvents && state.showDeleted === showDeleted;
  if (!isSame || state.eventTypes.join() !== eventTypes.join()) {
    throw invalid('A sync token goes with the parameters of the list that it came from.');
  }
  if (state.calendarId !== calendar.id) throw invalid('The sync token is another calendar’s.');
  if (!calendar.canSyncFrom(state.changeId)) throw fullSyncRequired();
  return state;
}

function has(request: ListRequest, name: keyof ListRequest): boolean {
  const value = request[name];
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

function windowOf({ timeMin, timeMax }: WindowRequest): Partial<TimeRange> {
  const startMs = timeMin === undefined ? undefined : parseInstant(timeMin, 'timeMin');
  const endMs = timeMax === undefined ? undefined : parseInstant(timeMax, 'timeMax');
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs) throw timeRangeEmpty();
  return { ...(startMs !== undefined && { startMs }), ...(endMs !== undefined && { endMs }) };
}

/** A series is in a window if one of its instances is; a tombstone, which has no time, is in every one. */
function isInWindow(calendar: Calendar, event: StoredEvent, window: Partial<TimeRange>): boolean {
  const { startMs = -Infinity, endMs = Infinity } = window;
  if (!event.resource.start || (startMs === -Infinity && endMs === Infinity)) return true;
  if (event.resource.recurrence) return calendar.regularInstances(event, window).length > 0;
  const range = rangeOf(event.resource, calendar.timeZone);
  return range.endMs > startMs && range.startMs < endMs;
}

function isCancelledInstance(calendar: Calendar, { resource }: StoredEvent): boolean {
  const master = calendar.events.get(resource.recurringEventId ?? '');
  return master !== undefined && master.resource.status !== 'cancelled';
}

function matcherOf(request: ListRequest): (resource: calendar_v3.Schema$Event) => boolean {
  const { q, iCalUID, privateExtendedProperty = [], sharedExtendedProperty = [], eventTypes = [] } = request;
  const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const hasAll = (wanted: readonly string[], properties: Readonly<Record<string, string>> = {}) =>
    wanted.every((one) => Object.entries(properties).some((entry) => entry.join('=') === one));
  return (resource) => {
    const { summary, description, location, attendees = [], organizer, extendedProperties, eventType } = resource;
    const people = [organizer ?? {}, ...attendees].flatMap(({ email, displayName }) => [email, displayName]);
    const text = [summary, description, location, ...people].join('\n').toLowerCase();
    return (
      words.every((word) => text.includes(word)) &&
      (iCalUID === undefined || resource.iCalUID === iCalUID) &&
      (eventTypes.length === 0 || eventTypes.includes(eventType ?? 'default')) &&
      hasAll(privateExtendedProperty, extendedProperties?.private) &&
      hasAll(sharedExtendedProperty, extendedProperties?.shared)
    );
  };
}

function headOf(calendar: Calendar, { timeZone }: ViewOptions): calendar_v3.Schema$Events {
  const { summary, description } = calendar.properties;
  return {
    kind: 'calendar#events',
    etag: `"p${calendar.changeId}"`,
    summary,
    description: description ?? '',
    updated: new Date(calendar.changedAtMs).toISOString(),
    timeZone: timeZone ?? calendar.timeZone,
  };
}
