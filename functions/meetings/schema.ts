import * as z from 'zod';
import { meetingView } from '../../shared/domain/meeting/meeting-view';
import {
  address,
  hostList,
  hostMode,
  instant,
  ruleOverrides,
  singleLine,
  timeZone,
} from '../../shared/domain/request-fields';

/** The API's shapes. Times are RFC 3339; `start` and `end` of a request may leave out the offset where there is a zone. */

export const meeting = meetingView;

const time = z
  .string()
  .max(64)
  .describe('RFC 3339, such as `2026-03-09T09:00:00-04:00`; without an offset it is local time of `timeZone`.');
const durationMinutes = z.int().min(1).max(1_440);
const zone = timeZone.describe('IANA zone, of times without an offset and of the answer.');
const summary = singleLine.trim().min(1).max(1_024);
const description = z.string().max(8_192);
const location = singleLine.max(1_024);
const attendees = z
  .array(
    z.strictObject({
      email: address,
      displayName: singleLine.max(200).exactOptional(),
      optional: z.boolean().exactOptional().describe('Need not be free.'),
    }),
  )
  .max(200)
  .refine((all) => new Set(all.map(({ email }) => email)).size === all.length, 'must name every address once only');
const sendUpdates = z
  .enum(['all', 'externalOnly', 'none'])
  .default('all')
  .describe('Which guests Google sends e-mail to.');

export const newMeeting = z
  .strictObject({
    host: address.optional().describe('Whose calendar gets the event; or `hosts`.'),
    hosts: hostList.optional().describe('Several; the first, or with `roundRobin` the chosen one, gets the event.'),
    mode: hostMode,
    start: time,
    end: time.optional(),
    durationMinutes: durationMinutes.optional().describe('Instead of `end`.'),
    timeZone: zone.optional(),
    summary,
    description: description.optional(),
    location: location.optional(),
    attendees: attendees.default([]).describe('Those of them who are not optional must be free.'),
    conference: z
      .enum(['googleMeet', 'zoom', 'none'])
      .default('googleMeet')
      .describe(
        '`zoom` needs a Zoom account of the host, or an app of the deployment; without its link the meeting stands.',
      ),
    sendUpdates,
    allowConflicts: z.boolean().default(false).describe('Books whatever stands in the way.'),
    ...ruleOverrides,
  })
  .superRefine((body, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((body.host === undefined) === (body.hosts === undefined)) refuse('host', 'send either host or hosts');
    if ((body.end === undefined) === (body.durationMinutes === undefined))
      refuse('end', 'send either end or durationMinutes');
  });

export const meetingChange = z
  .strictObject({
    start: time.optional().describe('Alone, it moves the meeting and keeps its length.'),
    end: time.optional(),
    durationMinutes: durationMinutes.optional(),
    timeZone: zone.optional(),
    summary: summary.optional(),
    description: description.nullable().optional(),
    location: location.nullable().optional(),
    attendees: attendees.optional().describe('All of them: who is left out is uninvited; hosts stay.'),
    sendUpdates,
    allowConflicts: z.boolean().default(false),
    ...ruleOverrides,
  })
  .superRefine((body, context) => {
    if (body.end !== undefined && body.durationMinutes !== undefined)
      context.addIssue({ code: 'custom', path: ['end'], message: 'send either end or durationMinutes' });
  });

export const idParam = z.object({ id: z.string().min(1).max(200) });

export const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .describe('Chosen by you, new for every meeting. The same key again brings the same answer, not a second meeting.'),
});

export const ifMatch = z.object({
  'If-Match': z
    .string()
    .max(100)
    .optional()
    .describe('The `etag` that you have read; another one now is `412`. `*` takes any.'),
});

export const cancelQuery = z.object({ sendUpdates });

export const meetingQuery = z.object({
  host: address,
  timeMin: instant.describe('Meetings that end after it.'),
  timeMax: instant.describe('Meetings that begin before it.'),
  pageSize: z.coerce.number().int().min(1).max(500).default(100),
  pageToken: z.string().max(500).optional().describe('`nextPageToken` of the page before.'),
});

export const meetingList = z.object({ meetings: z.array(meeting), nextPageToken: z.string().nullable() });

export const upcomingQuery = z.object({
  host: address.optional().describe('All that you may see, where it is left out.'),
});

export const upcomingList = z.object({ meetings: z.array(meeting) });
