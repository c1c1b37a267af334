/**
 * Google Calendar as the product sees it: one user's calendars behind a port. Field names are Google's own where Google has
 * the thing. `shared/google/calendar.ts` is the adapter.
 */

export interface BusyInterval {
  /** RFC 3339. */
  readonly start: string;
  readonly end: string;
}

export interface FreeBusyAnswer {
  readonly busy: readonly BusyInterval[];
  /** Google's reason when this calendar could not be read (`notFound`, …): its owner must then count as unavailable. */
  readonly error?: string;
}

export interface EventTime {
  /** RFC 3339 with offset; absent for all-day events. */
  readonly dateTime?: string;
  /** `YYYY-MM-DD`, of all-day events; an end is exclusive. */
  readonly date?: string;
  readonly timeZone?: string;
}

export interface EventAttendee {
  readonly email: string;
  readonly displayName?: string;
  readonly optional?: boolean;
  readonly responseStatus?: string;
  readonly comment?: string;
  readonly additionalGuests?: number;
  readonly resource?: boolean;
}

export interface EventConference {
  readonly status: 'pending' | 'success' | 'failure';
  readonly joinUrl?: string;
}

export interface CalendarEvent {
  readonly id: string;
  readonly status: 'confirmed' | 'tentative' | 'cancelled';
  readonly etag: string;
  readonly htmlLink?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly location?: string;
  readonly start?: EventTime;
  readonly end?: EventTime;
  readonly attendees: readonly EventAttendee[];
  readonly conference?: EventConference;
  /** `extendedProperties.private`. */
  readonly privateProperties: Readonly<Record<string, string>>;
  /** Lines of RFC 5545; of a series only. */
  readonly recurrence?: readonly string[];
  /** Of an occurrence that differs from its series: the series, and when it would have been. */
  readonly recurringEventId?: string;
  readonly originalStartTime?: EventTime;
  /** `default` where it is left out; out of office, birthdays and the like are others. */
  readonly eventType?: string;
}

export interface EventFields {
  readonly summary?: string;
  readonly description?: string;
  readonly location?: string;
  readonly start?: EventTime;
  readonly end?: EventTime;
  readonly attendees?: readonly EventAttendee[];
  /** Lines of RFC 5545. */
  readonly recurrence?: readonly string[];
  readonly colorId?: string;
  /** One pop-up so long before; null: as the calendar has it. */
  readonly reminderMinutes?: number | null;
  /** `extendedProperties.private`; of a patch: these are set, others stay. */
  readonly privateProperties?: Readonly<Record<string, string>>;
}

export interface NewEvent extends EventFields {
  /** Chosen by us: characters a–v and 0–9, 5 to 1,024 of them. */
  readonly id: string;
  /** Asks for a Google Meet conference; a repeated id makes no second one. */
  readonly conferenceRequestId?: string;
}

export interface EventPatch extends EventFields {
  /** As of a new event; null takes the conference away. */
  readonly conferenceRequestId?: string | null;
}

export type SendUpdates = 'all' | 'externalOnly' | 'none';

/**
 * Errors of every call: AttacheError `unauthorized`, `forbidden`, `rateLimited`, `unavailable`, `invalid`; of a single event
 * `notFound` (never there, or gone); of `insertEvent` also `conflict` (the id is taken, perhaps by a deleted event); of
 * `patchEvent` and `deleteEvent` also `preconditionFailed` (the event has another etag).
 */
export interface CalendarEvents {
  insertEvent(event: NewEvent, options: { readonly sendUpdates: SendUpdates }): Promise<CalendarEvent>;
  getEvent(id: string): Promise<CalendarEvent>;
  patchEvent(
    id: string,
    fields: EventPatch,
    options: { readonly sendUpdates: SendUpdates; readonly etag?: string },
  ): Promise<CalendarEvent>;
  deleteEvent(id: string, options: { readonly sendUpdates: SendUpdates; readonly etag?: string }): Promise<void>;
}

/** Errors: as of CalendarEvents. */
export interface Calendar extends CalendarEvents {
  readonly emailAddress: string;
  /** At most 50 calendars; the caller cuts long ranges. */
  freeBusy(request: {
    readonly timeMin: string;
    readonly timeMax: string;
    readonly calendarIds: readonly string[];
  }): Promise<ReadonlyMap<string, FreeBusyAnswer>>;
  /** IANA zone of the primary calendar. */
  getTimeZone(): Promise<string>;
}

export type Calendars = (emailAddress: string) => Calendar;
