import * as z from 'zod';
import type { CalendarEvent, EventConference, FreeBusyAnswer } from '../domain/calendar';
import { parseInstant } from '../domain/instant';

/** What Calendar's answers must have to be used, and what is kept of them. Fields that are not listed are dropped. */

const text = z.string().exactOptional();
const instant = z.string().refine((value) => !Number.isNaN(parseInstant(value)));

const freeBusyCalendar = z
  .object({
    busy: z.array(z.object({ start: instant, end: instant })).default([]),
    errors: z.array(z.object({ reason: z.string().default('unknown') })).default([]),
  })
  .transform(({ busy, errors: [error] }): FreeBusyAnswer => ({ busy, ...(error && { error: error.reason }) }));

export const freeBusyAnswer = z.object({ calendars: z.record(z.string(), freeBusyCalendar).default({}) });

export const calendarAnswer = z.object({ timeZone: z.string().min(1) });

const eventTime = z.object({ dateTime: instant.exactOptional(), date: text, timeZone: text });

const conferenceData = z.object({
  createRequest: z
    .object({ status: z.object({ statusCode: z.enum(['pending', 'success', 'failure']) }).exactOptional() })
    .exactOptional(),
  entryPoints: z.array(z.object({ entryPointType: text, uri: text })).default([]),
});

export const eventAnswer: z.ZodType<CalendarEvent> = z
  .object({
    id: z.string().min(1),
    status: z.enum(['confirmed', 'tentative', 'cancelled']),
    etag: z.string().min(1),
    htmlLink: text,
    summary: text,
    description: text,
    location: text,
    start: eventTime.exactOptional(),
    end: eventTime.exactOptional(),
    attendees: z
      .array(
        // People without a mailbox, such as a profile of old, have no address and cannot be told apart.
        z.object({
          email: z.string().default(''),
          displayName: text,
          optional: z.boolean().exactOptional(),
          responseStatus: text,
        }),
      )
      .default([]),
    conferenceData: conferenceData.exactOptional(),
    hangoutLink: text,
    extendedProperties: z.object({ private: z.record(z.string(), z.string()).default({}) }).exactOptional(),
  })
  .transform(({ conferenceData: data, hangoutLink, extendedProperties, ...event }) => ({
    ...event,
    ...(data && { conference: readConference(data, hangoutLink) }),
    privateProperties: extendedProperties?.private ?? {},
  }));

function readConference(
  { createRequest, entryPoints }: z.output<typeof conferenceData>,
  hangoutLink: string | undefined,
): EventConference {
  const joinUrl = hangoutLink ?? entryPoints.find(({ entryPointType }) => entryPointType === 'video')?.uri;
  const status = createRequest?.status?.statusCode ?? (joinUrl === undefined ? 'pending' : 'success');
  return { status, ...(joinUrl !== undefined && { joinUrl }) };
}
