import { createHash } from 'node:crypto';
import * as z from 'zod';
import { TASK_TYPES } from './event-colors';
import { recurrence } from './recurrence';

export const TASK_PRIORITIES = ['low', 'medium', 'high'] as const;
export const TASK_STATUSES = ['pending', 'inProgress', 'completed', 'cancelled'] as const;
/** What both sides may change, each for itself; a conflict is about some of these. */
export const SYNCED_FIELDS = ['title', 'description', 'location', 'when', 'recurrence', 'guests'] as const;

export type SyncedField = (typeof SYNCED_FIELDS)[number];

const eventTime = z.object({
  dateTime: z.string().exactOptional(),
  date: z.string().exactOptional(),
  timeZone: z.string().exactOptional(),
});

export const guest = z.object({
  email: z.string(),
  displayName: z.string().exactOptional(),
  optional: z.boolean().exactOptional(),
  responseStatus: z.string().exactOptional(),
  comment: z.string().exactOptional(),
  additionalGuests: z.number().exactOptional(),
  resource: z.boolean().exactOptional(),
});

export type Guest = z.infer<typeof guest>;

/** A task and an event in the one form in which they are compared: that of the event. */
export const syncedFields = z.object({
  title: z.string(),
  description: z.string(),
  location: z.string(),
  when: z.object({ start: eventTime, end: eventTime }),
  recurrence: z.array(z.string()),
  guests: z.array(guest),
});

export type SyncedFields = z.infer<typeof syncedFields>;

/** What goes from a task to its event only. */
const outgoing = z.object({
  block: z.string(),
  colorId: z.string(),
  reminderMinutes: z.number().nullable(),
  meet: z.boolean(),
});

export type Outgoing = z.infer<typeof outgoing>;

/** One state of a task, as it is written to its event. */
const written = z.object({
  revision: z.number(),
  fields: syncedFields,
  out: outgoing,
  /** The task had no due date: its event stays on the day that it was given. */
  isUndated: z.boolean(),
});

export type Written = z.infer<typeof written>;

const version = z.object({ fields: syncedFields, etag: z.string() });

export const taskConflict = z.object({
  fields: z.array(z.enum(SYNCED_FIELDS)),
  /** The task as it was then, on top of the event of this etag. */
  local: version,
  remote: version,
  detectedAtMs: z.number(),
});

export type TaskConflict = z.infer<typeof taskConflict>;

const reference = z.object({ id: z.string(), name: z.string() });

/**
 * A task, in one document (`tasks/{id}`) whose version is what every write compares. Dates are `YYYY-MM-DD`, instants
 * are RFC 3339 in UTC, and what ends in `Ms` is epoch milliseconds.
 */
export const taskSchema = z.object({
  taskId: z.string(),
  /** The user, by mailbox address. */
  owner: z.string(),
  domain: z.string(),
  /** Of the request that made it, where that had a key of its own. */
  requestHash: z.string().nullable(),
  /** Null until the owner has a connection. */
  connectionId: z.string().nullable(),

  title: z.string(),
  description: z.string(),
  notes: z.string(),
  type: z.enum(TASK_TYPES),
  priority: z.enum(TASK_PRIORITIES),
  status: z.enum(TASK_STATUSES),
  location: z.string(),
  due: z.string().nullable(),
  end: z.string().nullable(),
  timeZone: z.string().nullable(),
  reminderAt: z.string().nullable(),
  recurrence: recurrence.nullable(),
  contact: reference.nullable(),
  deal: reference.nullable(),
  attendees: z.array(guest),
  syncToCalendar: z.boolean(),
  selectedCalendarId: z.string().nullable(),
  includeGoogleMeet: z.boolean(),
  includeZoomMeeting: z.boolean(),

  googleMeetLink: z.string().nullable(),
  googleMeetId: z.string().nullable(),
  googleMeetStatus: z.enum(['pending', 'success', 'failure']).nullable(),
  zoomMeetingId: z.string().nullable(),
  zoomJoinUrl: z.string().nullable(),
  /** What Zoom was last told of the meeting. */
  zoomTold: z.string().nullable(),
  /** Occurrences of a series that were moved or deleted by themselves, by their original start. */
  exceptions: z.record(
    z.string(),
    z.object({ status: z.enum(['moved', 'cancelled']), start: z.string().nullable(), end: z.string().nullable() }),
  ),
  conflict: taskConflict.nullable(),
  /** To be found by. */
  hasConflict: z.boolean(),
  /** Why Google refuses the event; the next edit tries again. */
  syncError: z.object({ code: z.string(), message: z.string(), atMs: z.number() }).nullable(),

  /** Began as somebody's event: without its task it stays. */
  imported: z.boolean(),
  /** Asked for by the API; the document goes when the event has gone. */
  deleted: z.boolean(),
  /** Its event; the etag is null until an answer has told it. Known before the event is made, so that none is lost. */
  link: z.object({ eventId: z.string(), calendarId: z.string(), etag: z.string().nullable() }).nullable(),
  /** `connection event`, to be found by. */
  linkKey: z.string().nullable(),
  /** What both sides last agreed on: as the task had it, and as the event had it. */
  synced: written.extend({ remote: syncedFields }).nullable(),
  /** What is being written, known before it is, so that an event that shows it is known for our own write. */
  pushing: written.extend({ calendarId: z.string(), guests: z.array(guest) }).nullable(),
  /** Grows when an event is gone for good. */
  generation: z.number(),
  /** Grows with every change that the event has to follow; up to `settledRevision` it has. */
  revision: z.number(),
  settledRevision: z.number(),

  /** Grows with everything that the API shows; the task's ETag. */
  version: z.number(),
  localUpdatedAtMs: z.number(),
  syncedAtMs: z.number().nullable(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),

  /** Grows by one with every holder of the lease on writing; a holder that finds another number has lost it. */
  fence: z.number(),
  lease: z.object({ deliveryId: z.string(), expiresAtMs: z.number() }).nullable(),
  failures: z.number(),
  /** When sync-pending looks at it; null where there is nothing to do. Computed in every write. */
  dueAtMs: z.number().nullable(),
});

export type Task = z.infer<typeof taskSchema>;

/** What the API lets be changed. */
export type TaskContent = Pick<
  Task,
  | 'title'
  | 'description'
  | 'notes'
  | 'type'
  | 'priority'
  | 'status'
  | 'location'
  | 'due'
  | 'end'
  | 'timeZone'
  | 'reminderAt'
  | 'recurrence'
  | 'contact'
  | 'deal'
  | 'attendees'
  | 'syncToCalendar'
  | 'selectedCalendarId'
  | 'includeGoogleMeet'
  | 'includeZoomMeeting'
>;

export function newTask(
  taskId: string,
  { owner, connectionId }: Pick<Task, 'owner' | 'connectionId'>,
  content: TaskContent,
  nowMs: number,
): Task {
  return {
    taskId,
    owner,
    domain: owner.slice(owner.lastIndexOf('@') + 1),
    requestHash: null,
    connectionId,
    ...content,
    googleMeetLink: null,
    googleMeetId: null,
    googleMeetStatus: null,
    zoomMeetingId: null,
    zoomJoinUrl: null,
    zoomTold: null,
    exceptions: {},
    conflict: null,
    hasConflict: false,
    syncError: null,
    imported: false,
    deleted: false,
    link: null,
    linkKey: null,
    synced: null,
    pushing: null,
    generation: 0,
    revision: 1,
    settledRevision: 0,
    version: 1,
    localUpdatedAtMs: nowMs,
    syncedAtMs: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    fence: 0,
    lease: null,
    failures: 0,
    dueAtMs: null,
  };
}

/** The task that an external event becomes: one, whoever finds it. */
export function importedTaskId(connectionId: string, eventId: string): string {
  return `tsk_${createHash('sha256').update(`${connectionId}\n${eventId}`).digest('hex').slice(0, 32)}`;
}

export function linkKeyOf(connectionId: string, eventId: string): string {
  return `${connectionId} ${eventId}`;
}

/** Whether there is to be an event. */
export function wantsEvent({ syncToCalendar, status, deleted }: Task): boolean {
  return syncToCalendar && status !== 'cancelled' && !deleted;
}

/** Whether a writer has anything to do in the calendar or in Zoom. A conflict waits for somebody to settle it. */
export function needsPush(task: Task): boolean {
  if (!wantsEvent(task))
    return task.link !== null || task.zoomMeetingId !== null || task.revision > task.settledRevision;
  return task.conflict === null && (task.link?.etag == null || task.revision > task.settledRevision);
}

export interface TaskSchedule {
  /** How long unfinished work is left to redelivery. */
  readonly retryAfterMs: number;
  readonly maxRetryMs: number;
}

export const taskSchedule: TaskSchedule = { retryAfterMs: 60_000, maxRetryMs: 6 * 3_600_000 };

/** The task as it is kept: found by its event, and by the time at which somebody has to look at it. */
export function completeTask(task: Task, nowMs: number, schedule: TaskSchedule = taskSchedule): Task {
  const { link, connectionId } = task;
  return {
    ...task,
    hasConflict: task.conflict !== null,
    linkKey: link && connectionId !== null ? linkKeyOf(connectionId, link.eventId) : null,
    updatedAtMs: nowMs,
    dueAtMs: dueAt(task, nowMs, schedule),
  };
}

function dueAt(task: Task, nowMs: number, { retryAfterMs, maxRetryMs }: TaskSchedule): number | null {
  const isUnfinished = task.deleted || (task.syncError === null && needsPush(task));
  const isPending = wantsEvent(task) && task.googleMeetStatus === 'pending';
  if (!isUnfinished && !isPending) return null;
  if (task.lease) return task.lease.expiresAtMs + retryAfterMs;
  return nowMs + Math.min(retryAfterMs * 2 ** task.failures, maxRetryMs);
}
