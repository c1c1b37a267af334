import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { GoogleApiError } from '../google-api-error';
import type { Calendar } from './calendar';
import type { CalendarContext } from './context';
import { isAtLeast } from './directory';
import { required, timeRangeEmpty } from './errors';
import { checkZone, formatMs, parseInstant, rangeOf } from './event-time';
import type { TimeRange } from './event-time';
import { statusOf } from './invitations';

const maxCalendars = 50;
const dayMs = 86_400_000;

/** `freebusy.query`: what cannot be read answers with `errors` beside an empty `busy`, inside a 200. */
export function queryFreeBusy(
  { directory, settings }: CalendarContext,
  actor: string,
  request: calendar_v3.Schema$FreeBusyRequest,
): calendar_v3.Schema$FreeBusyResponse {
  if (!request.timeMin) throw required('Missing timeMin parameter.');
  if (!request.timeMax) throw required('Missing timeMax parameter.');
  const window = { startMs: parseInstant(request.timeMin, 'timeMin'), endMs: parseInstant(request.timeMax, 'timeMax') };
  if (window.endMs <= window.startMs) throw timeRangeEmpty();
  if (window.endMs - window.startMs > settings.maxFreeBusyDays * dayMs) {
    throw new GoogleApiError(400, 'timeRangeTooLong', 'The requested time range is too long.');
  }
  const zone = checkZone(request.timeZone ?? 'UTC');
  const limit = Math.min(request.calendarExpansionMax ?? maxCalendars, maxCalendars);
  const ids = [...new Set((request.items ?? []).map(({ id }) => id ?? ''))];
  return {
    kind: 'calendar#freeBusy',
    timeMin: new Date(window.startMs).toISOString(),
    timeMax: new Date(window.endMs).toISOString(),
    calendars: Object.fromEntries(ids.map((id, index) => [id, index < limit ? answer(id) : tooMany])),
  };

  function answer(id: string): calendar_v3.Schema$FreeBusyCalendar {
    const calendar = directory.find(id === 'primary' ? directory.person(actor).email : id);
    if (!calendar || !isAtLeast(directory.roleOf(actor, calendar), 'freeBusyReader')) return failure('notFound');
    const busy = busyTimes(calendar, window);
    return { busy: busy.map(({ startMs, endMs }) => ({ start: formatMs(startMs, zone), end: formatMs(endMs, zone) })) };
  }
}

const failure = (reason: string) => ({ errors: [{ domain: 'global', reason }], busy: [] });
const tooMany = failure('tooManyCalendarsRequested');

/** Merged, within the window, in order. Events that only touch become one. */
function busyTimes(calendar: Calendar, window: TimeRange): TimeRange[] {
  const ranges = [...calendar.events.values()]
    .flatMap((event) => (event.resource.recurrence ? calendar.regularInstances(event, window) : [event]))
    .filter((event) => calendar.isLive(event) && blocks(event.resource, calendar))
    .map(({ resource }) => rangeOf(resource, calendar.timeZone))
    .map(({ startMs, endMs }) => ({
      startMs: Math.max(startMs, window.startMs),
      endMs: Math.min(endMs, window.endMs),
    }))
    .filter(({ startMs, endMs }) => startMs < endMs)
    .sort((a, b) => a.startMs - b.startMs);
  const merged: { startMs: number; endMs: number }[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last && range.startMs <= last.endMs) last.endMs = Math.max(last.endMs, range.endMs);
    else merged.push({ ...range });
  }
  return merged;
}

function blocks(resource: calendar_v3.Schema$Event, calendar: Calendar): boolean {
  return (
    resource.transparency !== 'transparent' &&
    resource.eventType !== 'workingLocation' &&
    statusOf(resource, calendar.id) !== 'declined'
  );
}
