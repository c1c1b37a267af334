import * as z from 'zod';
import { address, timeZone } from '../../shared/domain/request-fields';
import { TASK_TYPES } from '../../shared/domain/task/event-colors';
import { recurrenceRequest } from '../../shared/domain/task/recurrence';
import { resolution } from '../../shared/domain/task/follow-event';
import { TASK_PRIORITIES, TASK_STATUSES } from '../../shared/domain/task/task';
import { taskView } from '../../shared/domain/task/view-task';

/** The API's shapes. */

export const task = taskView;
export const conflictResolution = resolution;

const time = z
  .string()
  .max(64)
  .describe('A date such as `2026-03-09`, or RFC 3339; without an offset it is local time of `timeZone`.');
const reference = z.strictObject({ id: z.string().min(1).max(200), name: z.string().max(255) });
const attendees = z
  .array(z.strictObject({ email: address, displayName: z.string().max(200).exactOptional() }))
  .max(50)
  .refine((all) => new Set(all.map(({ email }) => email)).size === all.length, 'must name every address once only');

const schedule = {
  due: time.nullable().optional().describe('Null: no day of its own; its event is put on today.'),
  end: time.nullable().optional().describe('As `due`; a date is exclusive. Left out: one day, or one hour.'),
  timeZone: timeZone.nullable().optional().describe('Of times without an offset, and of what repeats.'),
};

const content = {
  title: z.string().trim().min(1).max(255),
  description: z.string().max(5_000),
  notes: z.string().max(5_000),
  type: z.enum(TASK_TYPES),
  priority: z.enum(TASK_PRIORITIES),
  status: z.enum(TASK_STATUSES),
  location: z.string().max(1_024),
  reminderAt: time.nullable(),
  recurrence: recurrenceRequest.nullable(),
  contact: reference.nullable(),
  deal: reference.nullable(),
  attendees,
  syncToCalendar: z.boolean().describe('Whether there is to be an event; by default what the connection says.'),
  selectedCalendarId: z.string().min(1).max(255).nullable().describe('Null: the connection’s calendar.'),
  includeGoogleMeet: z.boolean(),
  includeZoomMeeting: z.boolean(),
};
const partialContent = z.strictObject(content).partial().shape;

export const taskChange = z.strictObject({ ...partialContent, ...schedule });

export const newTask = z.strictObject({
  ...partialContent,
  ...schedule,
  title: content.title,
  email: address.describe('Whose task it is.'),
  connectionId: z.string().max(200).optional().describe('Of several connected accounts of this user.'),
});

export const reschedule = z.strictObject({ ...schedule, due: time.nullable() });

export const taskParam = z.object({ taskId: z.string().min(1).max(200) });

export const ifMatch = z.object({
  'If-Match': z.string().max(200).optional().describe('The `etag` that the change is based on.'),
});

export const idempotencyKey = z.object({
  'Idempotency-Key': z.string().min(1).max(200).optional().describe('The same for every try of one request.'),
});

export const page = z.object({
  email: address.optional().describe('Of this user only.'),
  pageSize: z.coerce.number().int().min(1).max(500).default(100),
  pageToken: z
    .string()
    .regex(/^tsk_\w{1,100}$/, 'expected the nextPageToken of a page')
    .optional(),
});

export const taskList = z.object({ tasks: z.array(taskView), nextPageToken: z.string().nullable() });
