import * as z from 'zod';
import type { CalendarEvent, EventConference, FreeBusyAnswer } from '../domain/calendar';
import { parseInstant } from '../domain/instant';
import { readZone } from '../domain/local-time';
import type { CalendarListEntry, EventPage, WatchAnswer } from '../domain/sync-calendar';

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

export const calendarAnswer = z.object({ timeZone: z.string().transform(readZone).pipe(z.string()) });

/** A zone that nobody knows is left out: it says nothing about an instant. */
const eventTime = z
  .object({ dateTime: instant.exactOptional(), date: text, timeZone: text })
  .transform(({ timeZone = '', ...time }) => {
    const zone = readZone(timeZone);
    return { ...time, ...(zone !== undefined && { timeZone: zone }) };
  });

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
        // People without a mailbox, such as a profile of old, have no address and cannot be told apart. In whichever
        // case others have written an address, it is compared with ours.
        z.object({
          email: z.string().toLowerCase().default(''),
          displayName: text,
          optional: z.boolean().exactOptional(),
          responseStatus: text,
          comment: text,
          additionalGuests: z.number().exactOptional(),
          resource: z.boolean().exactOptional(),
        }),
      )
      .default([]),
    recurrence: z.array(z.string()).exactOptional(),
    recurringEventId: text,
    originalStartTime: eventTime.exactOptional(),
    eventType: text,
    conferenceData: conferenceData.exactOptional(),
    hangoutLink: text,
    extendedProperties: z.object({ private: z.record(z.string(), z.string()).default({}) }).exactOptional(),
  })
  .transform(({ conferenceData: data, hangoutLink, extendedProperties, ...event }) => ({
    ...event,
    ...(data && { conference: readConference(data, hangoutLink) }),
    privateProperties: extendedProperties?.private ?? {},
  }));

/** Of a deleted event only the id is certain. */
const tombstone = z
  .object({
    id: z.string().min(1),
    status: z.literal('cancelled'),
    recurringEventId: text,
    originalStartTime: eventTime.exactOptional(),
  })
  .transform((event): CalendarEvent => ({ ...event, etag: '', attendees: [], privateProperties: {} }));

export const eventPageAnswer = z
  .object({ items: z.array(z.union([tombstone, eventAnswer])).default([]), nextPageToken: text, nextSyncToken: text })
  .transform(({ items, ...page }): EventPage => ({ events: items, ...page }));

export const channelAnswer = z
  .object({ resourceId: z.string(), expiration: z.string().regex(/^\d+$/) })
  .transform(({ resourceId, expiration }): WatchAnswer => ({ resourceId, expiresAtMs: Number(expiration) }));

export const calendarListAnswer = z.object({
  items: z
    .array(
      z
        .object({
          id: z.string(),
          summary: z.string().default(''),
          summaryOverride: text,
          timeZone: text,
          primary: z.boolean().default(false),
          accessRole: z.string().default('none'),
        })
        .transform(({ primary, summaryOverride, ...entry }): CalendarListEntry => ({
          ...entry,
          summary: summaryOverride ?? entry.summary,
          isPrimary: primary,
        })),
    )
    .default([]),
  nextPageToken: text,
});

function readConference(
  { createRequest, entryPoints }: z.output<typeof conferenceData>,
  hangoutLink: string | undefined,
): EventConference {
  const joinUrl = hangoutLink ?? entryPoints.find(({ entryPointType }) => entryPointType === 'video')?.uri;
  // Only what was asked for is still to come: a conference by telephone has no link and never will.
  const isToCome = createRequest !== undefined && joinUrl === undefined;
  const status = createRequest?.status?.statusCode ?? (isToCome ? 'pending' : 'success');
  return { status, ...(joinUrl !== undefined && { joinUrl }) };
}
