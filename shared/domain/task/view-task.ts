import * as z from 'zod';
import { cloudEvent } from '../message/event-schemas';
import { toEvent } from '../message/message-event';
import { TASK_TYPES } from './event-colors';
import { recurrence } from './recurrence';
import { SYNCED_FIELDS, syncedFields, TASK_PRIORITIES, TASK_STATUSES, type Task } from './task';

const instant = z.string().meta({ format: 'date-time' });
const version = z.object({ fields: syncedFields, etag: z.string() });

export const conflictView = z
  .object({
    fields: z.array(z.enum(SYNCED_FIELDS)).describe('What both sides have changed.'),
    local: version.describe('The task, and the event that it was based on.'),
    remote: version.describe('The event as it is in the calendar.'),
    detectedAt: instant,
  })
  .meta({ id: 'TaskConflict' });

/** A task as agents see it, over HTTP and in events. */
export const taskView = z
  .object({
    id: z.string(),
    email: z.string().describe('Whose task it is.'),
    connectionId: z.string().nullable().describe('Null while the user has none: the task goes out once there is one.'),
    title: z.string(),
    description: z.string(),
    notes: z.string(),
    type: z.enum(TASK_TYPES),
    priority: z.enum(TASK_PRIORITIES),
    status: z.enum(TASK_STATUSES),
    location: z.string(),
    due: z.string().nullable().describe('A date, or an instant in UTC.'),
    end: z.string().nullable().describe('As `due`; a date is exclusive. Null: one day, or one hour.'),
    timeZone: z.string().nullable().describe('Null: that of the user’s calendar.'),
    reminderAt: instant.nullable(),
    recurrence: recurrence.nullable(),
    contact: z.object({ id: z.string(), name: z.string() }).nullable(),
    deal: z.object({ id: z.string(), name: z.string() }).nullable(),
    attendees: z.array(
      z.object({ email: z.string(), displayName: z.string().nullable(), responseStatus: z.string().nullable() }),
    ),
    syncToCalendar: z.boolean(),
    selectedCalendarId: z.string().nullable(),
    includeGoogleMeet: z.boolean(),
    includeZoomMeeting: z.boolean(),
    googleCalendarEventId: z.string().nullable(),
    googleCalendarId: z.string().nullable(),
    googleMeetLink: z.string().nullable(),
    googleMeetId: z.string().nullable(),
    zoomMeetingId: z.string().nullable(),
    zoomJoinUrl: z.string().nullable(),
    exceptions: z
      .array(
        z.object({
          originalStart: instant,
          status: z.enum(['moved', 'cancelled']),
          start: z.string().nullable(),
          end: z.string().nullable(),
        }),
      )
      .describe('Occurrences of a series that were moved or deleted by themselves.'),
    syncStatus: z
      .enum(['off', 'pending', 'synced', 'conflict', 'failed'])
      .describe('`failed`: Google refuses the event, see `syncError`; the next change tries again.'),
    syncError: z.object({ code: z.string(), message: z.string() }).nullable(),
    conflict: conflictView.nullable(),
    imported: z.boolean().describe('Began as an event that somebody made in the calendar.'),
    syncedAt: instant.nullable(),
    localUpdatedAt: instant,
    createdAt: instant,
    etag: z.string().describe('For `If-Match`.'),
  })
  .meta({ id: 'Task' });

export type TaskView = z.infer<typeof taskView>;

export function viewTask(task: Task): TaskView {
  const { link, conflict, syncError, contact, deal } = task;
  return {
    id: task.taskId,
    email: task.owner,
    connectionId: task.connectionId,
    title: task.title,
    description: task.description,
    notes: task.notes,
    type: task.type,
    priority: task.priority,
    status: task.status,
    location: task.location,
    due: task.due,
    end: task.end,
    timeZone: task.timeZone,
    reminderAt: task.reminderAt,
    recurrence: task.recurrence,
    contact,
    deal,
    attendees: task.attendees.map(({ email, displayName, responseStatus }) => ({
      email,
      displayName: displayName ?? null,
      responseStatus: responseStatus ?? null,
    })),
    syncToCalendar: task.syncToCalendar,
    selectedCalendarId: task.selectedCalendarId,
    includeGoogleMeet: task.includeGoogleMeet,
    includeZoomMeeting: task.includeZoomMeeting,
    googleCalendarEventId: link?.etag == null ? null : link.eventId,
    googleCalendarId: link?.etag == null ? null : link.calendarId,
    googleMeetLink: task.googleMeetLink,
    googleMeetId: task.googleMeetId,
    zoomMeetingId: task.zoomMeetingId,
    zoomJoinUrl: task.zoomJoinUrl,
    exceptions: Object.entries(task.recurrence === null ? {} : task.exceptions)
      .map(([originalStart, exception]) => ({ originalStart, ...exception }))
      .sort((a, b) => (a.originalStart < b.originalStart ? -1 : 1)),
    syncStatus: syncStatusOf(task),
    syncError: syncError && { code: syncError.code, message: syncError.message },
    conflict: conflict && {
      fields: conflict.fields,
      local: conflict.local,
      remote: conflict.remote,
      detectedAt: new Date(conflict.detectedAtMs).toISOString(),
    },
    imported: task.imported,
    syncedAt: task.syncedAtMs === null ? null : new Date(task.syncedAtMs).toISOString(),
    localUpdatedAt: new Date(task.localUpdatedAtMs).toISOString(),
    createdAt: new Date(task.createdAtMs).toISOString(),
    etag: taskEtag(task),
  };
}

export function taskEtag({ version: number }: Pick<Task, 'version'>): string {
  return `"${number}"`;
}

/** Whether somebody who looks at the task would see another one. When both sides agreed last is not worth an event. */
export function isVisiblyOther(before: Task, after: Task): boolean {
  const shown = (task: Task) =>
    JSON.stringify({ ...viewTask(task), syncedAt: null, etag: null, deleted: task.deleted });
  return shown(before) !== shown(after);
}

const taskEventData = z.object({
  mailbox: z.string().describe('The owner.'),
  deleted: z.boolean(),
  ...taskView.shape,
});

export const taskEvents = [
  cloudEvent('task.updated', taskEventData),
  cloudEvent('conflict.detected', taskEventData),
] as const;

/** One event for each version of a task: made again, it has the same id. */
export function toTaskEvent(type: z.infer<(typeof taskEvents)[number]>['type'], task: Task) {
  const { owner, taskId, version: number, deleted } = task;
  const key = { key: `${taskId}\n${number}`, time: new Date(task.updatedAtMs).toISOString() };
  const event = {
    ...toEvent(type, owner, key, { mailbox: owner, deleted, ...viewTask(task) }),
    source: `//tasks/${encodeURIComponent(owner)}`,
    subject: `tasks/${taskId}`,
  };
  return { id: event.id, type, mailbox: owner, json: JSON.stringify(event) };
}

function syncStatusOf({ syncToCalendar, status, conflict, syncError, link, revision, settledRevision }: Task) {
  if (conflict) return 'conflict';
  if (!syncToCalendar || status === 'cancelled') return 'off';
  if (syncError) return 'failed';
  return link?.etag != null && revision <= settledRevision ? 'synced' : 'pending';
}
