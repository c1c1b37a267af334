import * as z from 'zod';
import { parseJson } from '../router';
import type { Call } from '../router';
import { roles } from './calendar';
import { invalid } from './errors';
import type { EventRequest } from './event-rules';
import type { WriteOptions } from './events-api';

const text = z.string().nullable().exactOptional();
const flag = z.boolean().nullable().exactOptional();
const count = z.int().nullable().exactOptional();
const time = z.object({ date: text, dateTime: text, timeZone: text }).exactOptional();
const propertyPatch = z.record(z.string(), z.string().nullable()).exactOptional();
const place = z.object({ label: z.string().exactOptional() }).nullable().exactOptional();
const solutionKey = z.object({ type: text }).exactOptional();

const conferenceSchema = z.object({
  conferenceId: text,
  createRequest: z.object({ requestId: text, conferenceSolutionKey: solutionKey }).exactOptional(),
  conferenceSolution: z.object({ key: solutionKey, name: text, iconUri: text }).exactOptional(),
  entryPoints: z
    .array(z.object({ entryPointType: text, uri: text, label: text, pin: text, meetingCode: text, passcode: text }))
    .exactOptional(),
  notes: text,
});

const attendeeSchema = z.object({
  email: text,
  displayName: text,
  optional: flag,
  resource: flag,
  comment: text,
  additionalGuests: count,
  responseStatus: z.enum(['needsAction', 'declined', 'tentative', 'accepted']).nullable().exactOptional(),
});

const reminderSchema = z.object({ method: z.enum(['email', 'popup']), minutes: z.int().min(0).max(40_320) });

/** What a client may set; everything else in the body is passed over, as by Google. */
const eventSchema = z.object({
  id: text,
  iCalUID: text,
  status: z.enum(['confirmed', 'tentative', 'cancelled']).nullable().exactOptional(),
  summary: text,
  description: text,
  location: text,
  colorId: text,
  start: time,
  end: time,
  recurrence: z.array(z.string()).nullable().exactOptional(),
  transparency: z.enum(['opaque', 'transparent']).nullable().exactOptional(),
  visibility: z.enum(['default', 'public', 'private', 'confidential']).nullable().exactOptional(),
  attendees: z.array(attendeeSchema).exactOptional(),
  guestsCanInviteOthers: flag,
  guestsCanModify: flag,
  guestsCanSeeOtherGuests: flag,
  reminders: z
    .object({ useDefault: z.boolean().exactOptional(), overrides: z.array(reminderSchema).max(5).exactOptional() })
    .nullable()
    .exactOptional(),
  source: z.object({ title: z.string(), url: z.url() }).nullable().exactOptional(),
  attachments: z
    .array(z.object({ fileUrl: text, title: text, mimeType: text, fileId: text }))
    .max(25)
    .exactOptional(),
  extendedProperties: z.object({ private: propertyPatch, shared: propertyPatch }).nullable().exactOptional(),
  conferenceData: conferenceSchema.nullable().exactOptional(),
  eventType: text,
  outOfOfficeProperties: z.object({ autoDeclineMode: text, declineMessage: text }).exactOptional(),
  focusTimeProperties: z.object({ autoDeclineMode: text, declineMessage: text, chatStatus: text }).exactOptional(),
  workingLocationProperties: z
    .object({ type: text, homeOffice: z.unknown().exactOptional(), customLocation: place, officeLocation: place })
    .exactOptional(),
});

export function eventOf({ body }: Call): EventRequest {
  return parseJson(eventSchema, body);
}

export const freeBusySchema = z.object({
  timeMin: text,
  timeMax: text,
  timeZone: z.string().exactOptional(),
  calendarExpansionMax: count,
  groupExpansionMax: count,
  items: z.array(z.object({ id: text })).exactOptional(),
});

export const channelSchema = z.object({
  id: text,
  type: text,
  address: text,
  token: text,
  resourceId: text,
  /** A number in Google's documentation, a string in its clients. */
  expiration: z.union([z.string(), z.int()]).transform(String).nullable().exactOptional(),
  params: z.record(z.string(), z.string()).nullable().exactOptional(),
});

export const calendarSchema = z.object({ summary: text, timeZone: text, description: text, location: text });

export const listEntrySchema = z.object({
  summaryOverride: text,
  colorId: text,
  selected: flag,
  hidden: flag,
  defaultReminders: z.array(reminderSchema).exactOptional(),
});
export const newListEntrySchema = listEntrySchema.extend({ id: z.string() });

// ── Query parameters ────────────────────────────────────────────────────────────────────────────────────────────────

const queryText = z.string().optional();
const queryFlag = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .optional();
const queryCount = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number)
  .optional();
const many = z.array(z.string()).optional();
const page = { pageToken: queryText, maxResults: queryCount };
const view = { timeZone: queryText, maxAttendees: queryCount };

export const viewQuery = z.object(view);
export const calendarListQuery = z.object({
  ...page,
  minAccessRole: z.enum(roles).optional(),
  showHidden: queryFlag,
  syncToken: queryText,
});
export const instancesQuery = z.object({
  ...page,
  ...view,
  timeMin: queryText,
  timeMax: queryText,
  showDeleted: queryFlag,
  originalStart: queryText,
});
export const listQuery = z.object({
  ...page,
  ...view,
  timeMin: queryText,
  timeMax: queryText,
  showDeleted: queryFlag,
  syncToken: queryText,
  singleEvents: queryFlag,
  orderBy: z.enum(['startTime', 'updated']).optional(),
  updatedMin: queryText,
  q: queryText,
  iCalUID: queryText,
  privateExtendedProperty: many,
  sharedExtendedProperty: many,
  eventTypes: many,
});
const writeQuery = z.object({
  ...view,
  sendUpdates: z.enum(['all', 'externalOnly', 'none']).optional(),
  /** The older form of `sendUpdates=all`. */
  sendNotifications: queryFlag,
  conferenceDataVersion: z.enum(['0', '1']).transform(Number).optional(),
});
const repeated: ReadonlySet<string> = new Set(['privateExtendedProperty', 'sharedExtendedProperty', 'eventTypes']);

export function queryOf<Schema extends z.ZodType>(schema: Schema, { query }: Pick<Call, 'query'>): z.output<Schema> {
  const names = [...new Set(query.keys())];
  const values = names.map((name) => [name, repeated.has(name) ? query.getAll(name) : query.get(name)]);
  const parsed = schema.safeParse(Object.fromEntries(values));
  if (parsed.success) return parsed.data;
  throw invalid(`Invalid value for ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
}

export function writeOptionsOf(call: Call): WriteOptions {
  const { sendNotifications, sendUpdates, ...options } = queryOf(writeQuery, call);
  return {
    ...options,
    sendUpdates: sendUpdates ?? (sendNotifications ? 'all' : undefined),
    ifMatch: call.headers['if-match'],
  };
}
