const calendarScope = (name: string) => `https://www.googleapis.com/auth/calendar${name}`;

const full = [calendarScope('')];
const read = [...full, calendarScope('.readonly')];
const writeEvents = [...full, calendarScope('.events')];
const readEvents = [...read, calendarScope('.events'), calendarScope('.events.readonly')];
const writeList = [...full, calendarScope('.calendarlist')];
const readList = [...read, calendarScope('.calendarlist'), calendarScope('.calendarlist.readonly')];
const writeCalendars = [...full, calendarScope('.calendars')];
const readCalendars = [...read, calendarScope('.calendars'), calendarScope('.calendars.readonly')];

/**
 * Any one of these lets a token call the method. The scopes that also limit *which* calendars or fields are seen
 * (`app.created`, `events.owned`, `events.public.readonly`, …) are left out: a token too weak here fails at once, one too
 * strong would fail in production only.
 */
export const calendarMethodScopes = {
  'calendar.calendarList.list': readList,
  'calendar.calendarList.get': readList,
  'calendar.calendarList.insert': writeList,
  'calendar.calendarList.patch': writeList,
  'calendar.calendarList.delete': writeList,
  'calendar.calendars.get': readCalendars,
  'calendar.calendars.insert': writeCalendars,
  'calendar.calendars.patch': writeCalendars,
  'calendar.calendars.update': writeCalendars,
  'calendar.calendars.delete': writeCalendars,
  'calendar.calendars.clear': writeCalendars,
  'calendar.events.insert': writeEvents,
  'calendar.events.get': readEvents,
  'calendar.events.list': readEvents,
  'calendar.events.instances': readEvents,
  'calendar.events.patch': writeEvents,
  'calendar.events.update': writeEvents,
  'calendar.events.delete': writeEvents,
  'calendar.events.move': writeEvents,
  'calendar.events.watch': readEvents,
  'calendar.channels.stop': [...new Set([...readEvents, ...readList])],
  'calendar.freebusy.query': [...read, calendarScope('.freebusy'), calendarScope('.events.freebusy')],
} as const satisfies Record<string, readonly string[]>;

export type CalendarMethod = keyof typeof calendarMethodScopes;
