import type { CalendarEvent, CalendarEvents, SendUpdates } from './calendar';

/** One page of `events.list`. */
export interface EventPage {
  /** Of deleted ones only the id is certain. Occurrences that differ from their series come by themselves. */
  readonly events: readonly CalendarEvent[];
  readonly nextPageToken?: string;
  /** On the last page only. */
  readonly nextSyncToken?: string;
}

export interface EventListRequest {
  /** Changes since then; all events without it. */
  readonly syncToken?: string;
  readonly pageToken?: string;
  /** `name=value` in `extendedProperties.private`; goes without `syncToken`, and its answer has none. */
  readonly privateProperty?: string;
}

export interface WatchRequest {
  /** At most 64 letters, digits, `-_+/=`. */
  readonly channelId: string;
  /** Comes back with every notification. */
  readonly token: string;
  /** HTTPS. */
  readonly address: string;
}

export interface WatchAnswer {
  readonly resourceId: string;
  /** Epoch milliseconds; what Google says, whatever was asked for. */
  readonly expiresAtMs: number;
}

/**
 * One calendar that is followed. Errors: as of CalendarEvents; of `listEvents` also `checkpointExpired` (the sync token is no
 * longer known: everything has to be read); of `watchEvents` `invalid` with code `pushNotSupportedForRequestedResource`.
 */
export interface FollowedCalendar extends CalendarEvents {
  /** The event keeps its id; what stays behind is a cancelled event. */
  moveEvent(
    id: string,
    destinationId: string,
    options: { readonly sendUpdates: SendUpdates; readonly etag?: string },
  ): Promise<CalendarEvent>;
  listEvents(request: EventListRequest): Promise<EventPage>;
  watchEvents(request: WatchRequest): Promise<WatchAnswer>;
}

export interface CalendarListEntry {
  readonly id: string;
  readonly summary: string;
  readonly timeZone?: string;
  readonly isPrimary: boolean;
  readonly accessRole: string;
}

/** The calendars of one Google account. Errors: as of CalendarEvents. */
export interface SyncCalendar {
  readonly emailAddress: string;
  /** IANA zone of the primary calendar. */
  getTimeZone(): Promise<string>;
  listCalendars(): Promise<CalendarListEntry[]>;
  calendar(calendarId: string): FollowedCalendar;
  /** Resolves also when there is no such channel. */
  stopChannel(channel: { readonly channelId: string; readonly resourceId: string }): Promise<void>;
}
