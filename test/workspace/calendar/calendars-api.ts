import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import type { Calendar } from './calendar';
import type { Channels } from './channels';
import type { CalendarContext } from './context';
import { invalid, required } from './errors';
import { checkZone } from './event-time';
import type { EventsApi } from './events-api';

export type CalendarRequest = Pick<calendar_v3.Schema$Calendar, 'summary' | 'timeZone' | 'description' | 'location'>;

/** `calendars` of the API. */
export class CalendarsApi {
  constructor(
    private readonly context: CalendarContext,
    private readonly events: EventsApi,
    private readonly channels: Channels,
  ) {}

  get(actor: string, calendarId: string): calendar_v3.Schema$Calendar {
    return viewCalendar(this.context.directory.get(actor, calendarId, 'reader'));
  }

  /** A secondary calendar of the caller's, in her own zone where none is given. `id` is for tests: Google makes it up. */
  insert(actor: string, request: CalendarRequest, id?: string): calendar_v3.Schema$Calendar {
    const { summary, timeZone, description, location } = request;
    if (!summary) throw required('Missing summary.');
    const { directory } = this.context;
    const zone = checkZone(timeZone ?? directory.get(actor, 'primary', 'owner').timeZone);
    const properties = {
      summary,
      timeZone: zone,
      description: description ?? undefined,
      location: location ?? undefined,
    };
    return viewCalendar(directory.create(actor, properties, id));
  }

  patch(actor: string, calendarId: string, request: CalendarRequest): calendar_v3.Schema$Calendar {
    const calendar = this.context.directory.get(actor, calendarId, 'owner');
    const { properties } = calendar;
    properties.timeZone = checkZone(request.timeZone ?? properties.timeZone);
    properties.summary = request.summary ?? properties.summary;
    if (request.description !== undefined) properties.description = request.description ?? undefined;
    if (request.location !== undefined) properties.location = request.location ?? undefined;
    calendar.touch();
    return viewCalendar(calendar);
  }

  update(actor: string, calendarId: string, request: CalendarRequest): calendar_v3.Schema$Calendar {
    if (!request.summary) throw required('Missing summary.');
    return this.patch(actor, calendarId, { description: null, location: null, ...request });
  }

  /** Guests lose the events, and channels say `not_exists`. */
  delete(actor: string, calendarId: string): void {
    const calendar = this.context.directory.get(actor, calendarId, 'owner');
    this.context.directory.delete(calendar);
    this.events.clear(calendar);
    this.channels.end(calendar);
  }

  /** All events of the primary calendar. */
  clear(actor: string, calendarId: string): void {
    const calendar = this.context.directory.get(actor, calendarId, 'owner');
    if (!calendar.isPrimary) throw invalid('Only a primary calendar can be cleared.');
    this.events.clear(calendar);
  }
}

export const conferenceProperties = { allowedConferenceSolutionTypes: ['hangoutsMeet'] };

function viewCalendar({ id, etag, properties }: Calendar): calendar_v3.Schema$Calendar {
  const { summary, timeZone, description, location } = properties;
  return {
    kind: 'calendar#calendar',
    etag,
    id,
    summary,
    ...(description !== undefined && { description }),
    ...(location !== undefined && { location }),
    timeZone,
    conferenceProperties,
  };
}
