import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import * as z from 'zod';
import { GoogleApiError } from '../google-api-error';
import type { Calendar } from './calendar';
import { invalid, required } from './errors';
import { normalizeTimes } from './event-time';
import { checkRecurrence } from './recurrence';

/**
 * An event as a client writes it: in a patch, `null` deletes, in maps as in objects. What Google sets by itself (`etag`,
 * `organizer`, `hangoutLink`, …) is not among it.
 */
export type EventRequest = Omit<
  calendar_v3.Schema$Event,
  | 'etag'
  | 'kind'
  | 'created'
  | 'updated'
  | 'creator'
  | 'organizer'
  | 'htmlLink'
  | 'hangoutLink'
  | 'sequence'
  | 'recurringEventId'
  | 'originalStartTime'
  | 'extendedProperties'
  | 'conferenceData'
> & {
  extendedProperties?: { private?: PropertyPatch; shared?: PropertyPatch } | null;
  conferenceData?: calendar_v3.Schema$ConferenceData | null;
};

type PropertyPatch = Record<string, string | null>;

export function checkEventId(id: string): string {
  if (!/^[a-v0-9]{5,1024}$/.test(id)) throw invalid('Invalid resource id value.');
  return id;
}

/** The event as it is kept, `status` and the like filled in. Throws Google's 400s and 403s. */
export function normalizeEvent(
  event: calendar_v3.Schema$Event,
  calendar: Calendar,
  isServiceAccount: boolean,
): calendar_v3.Schema$Event {
  checkRecurrence(event.recurrence ?? []);
  if (event.colorId != null && !/^([1-9]|1[01])$/.test(event.colorId)) throw invalid('Invalid color id.');
  const { attendees, recurrence, extendedProperties, ...rest } = event;
  const guests = normalizeAttendees(attendees ?? []);
  if (guests.length > 0 && isServiceAccount) {
    throw new GoogleApiError(
      403,
      'forbiddenForServiceAccounts',
      'Service accounts cannot invite attendees without Domain-Wide Delegation of Authority.',
    );
  }
  const normalized: calendar_v3.Schema$Event = {
    ...rest,
    ...normalizeTimes(event, calendar.timeZone),
    status: event.status ?? 'confirmed',
    eventType: event.eventType ?? 'default',
    reminders: event.reminders ?? { useDefault: true },
    ...(recurrence && recurrence.length > 0 && { recurrence }),
    ...(guests.length > 0 && { attendees: guests }),
    ...(extendedProperties && { extendedProperties: limitProperties(extendedProperties) }),
  };
  checkType(normalized, calendar);
  return normalized.eventType === 'workingLocation' ? { ...normalized, transparency: 'transparent' } : normalized;
}

/** RFC 7396: what is `null` goes, objects are merged, anything else replaces. */
export function mergePatch<Target extends object>(target: Target, patch: object): Target {
  const merged = { ...target };
  for (const [name, value] of Object.entries(patch) as [string, unknown][]) {
    const current: unknown = Reflect.get(target, name);
    if (value === null) Reflect.deleteProperty(merged, name);
    else if (isObject(value)) Reflect.set(merged, name, mergePatch(isObject(current) ? current : {}, value));
    else if (value !== undefined) Reflect.set(merged, name, value);
  }
  return merged;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const emailSchema = z.email();

/** One entry a guest. A status that is not given is none: answers that a client leaves out are lost. */
function normalizeAttendees(attendees: readonly calendar_v3.Schema$EventAttendee[]) {
  const byEmail = new Map<string, calendar_v3.Schema$EventAttendee>();
  for (const attendee of attendees) {
    if (!attendee.email) throw required('Missing attendee email.');
    if (!emailSchema.safeParse(attendee.email).success) throw invalid('Invalid attendee email.');
    const email = attendee.email.toLowerCase();
    const { self: _self, organizer: _organizer, ...kept } = attendee;
    byEmail.set(email, { ...kept, email, responseStatus: attendee.responseStatus ?? 'needsAction' });
  }
  return [...byEmail.values()];
}

const maxKeyLength = 44;
const maxValueLength = 1_024;
const maxProperties = 300;
const maxPropertiesBytes = 32 * 1_024;

/** Long keys are dropped and long values cut, without a word, as by Google. */
function limitProperties(properties: NonNullable<calendar_v3.Schema$Event['extendedProperties']>) {
  const limit = (map: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(map)
        .filter(([key]) => key.length <= maxKeyLength)
        .map(([key, value]) => [key, value.slice(0, maxValueLength)]),
    );
  const limited = {
    ...(properties.private && { private: limit(properties.private) }),
    ...(properties.shared && { shared: limit(properties.shared) }),
  };
  const entries = [limited.private ?? {}, limited.shared ?? {}].flatMap((map) => Object.entries(map));
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
  if (entries.length > maxProperties || bytes > maxPropertiesBytes) throw invalid('Too many extended properties.');
  return limited;
}

function checkType(event: calendar_v3.Schema$Event, calendar: Calendar): void {
  const restrict = (message: string) => new GoogleApiError(400, 'eventTypeRestriction', message);
  switch (event.eventType) {
    case 'default':
      return;
    case 'outOfOffice':
    case 'focusTime':
      if (event.start?.date) throw restrict(`An event of type ${event.eventType} cannot last all day.`);
      break;
    case 'workingLocation':
      if (!event.workingLocationProperties) throw restrict('A working location event needs its properties.');
      break;
    default:
      throw restrict(`Events of type ${event.eventType} cannot be created.`);
  }
  if (!calendar.isPrimary) throw restrict(`Events of type ${event.eventType} exist on primary calendars only.`);
  if (event.attendees) throw restrict(`Events of type ${event.eventType} have no attendees.`);
}
