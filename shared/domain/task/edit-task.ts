import type { Task, TaskContent } from './task';
import { wantsEvent } from './task';

/**
 * What a task becomes when somebody changes it; undefined where nothing is other than it was. Guests keep their answers.
 * A task that has never been in a calendar and is not to be needs nobody to look at it.
 */
export function editTask(task: Task, wanted: Partial<TaskContent>, nowMs: number): Partial<Task> | undefined {
  const content: Partial<TaskContent> = {
    ...wanted,
    ...(wanted.attendees && { attendees: withAnswers(wanted.attendees, task.attendees) }),
  };
  const isOther = (Object.keys(content) as (keyof TaskContent)[]).some(
    (name) => JSON.stringify(content[name]) !== JSON.stringify(task[name]),
  );
  if (!isOther) return undefined;
  // Of another series, or of none.
  const isOtherSeries = content.recurrence !== undefined && (content.recurrence === null || task.recurrence === null);
  return settleAtOnce(task, { ...content, ...(isOtherSeries && { exceptions: {} }), ...touched(task, nowMs) });
}

/** Asked for by the API: the event goes first, then the task. One that began as somebody's event leaves it where it is. */
export function deleteTask(task: Task, nowMs: number): Partial<Task> | undefined {
  return task.deleted ? undefined : { deleted: true, ...touched(task, nowMs) };
}

/** A connection that an owner's waiting task can go through, or the same once more. */
export function flagTask(task: Task, connectionId: string, nowMs: number): Partial<Task> {
  return { connectionId, syncToCalendar: true, ...touched(task, nowMs) };
}

/** The account behind the connection is another: what was its event stays where it is. */
export function forgetLink(task: Task): Partial<Task> {
  return { link: null, synced: null, pushing: null, conflict: null, generation: task.generation + 1, imported: false };
}

function touched(task: Task, nowMs: number): Partial<Task> {
  return { revision: task.revision + 1, localUpdatedAtMs: nowMs, syncError: null, failures: 0 };
}

function settleAtOnce(task: Task, patch: Partial<Task>): Partial<Task> {
  const after = { ...task, ...patch };
  const isIdle = !wantsEvent(after) && after.link === null && after.zoomMeetingId === null;
  return isIdle ? { ...patch, settledRevision: after.revision } : patch;
}

function withAnswers(wanted: Task['attendees'], known: Task['attendees']): Task['attendees'] {
  return wanted.map((guest) => {
    const answered = known.find(({ email }) => email === guest.email);
    return answered ? { ...answered, ...guest } : guest;
  });
}

/** A task of which only the title is still to be said. */
export const emptyContent: TaskContent = {
  title: '',
  description: '',
  notes: '',
  type: 'task',
  priority: 'medium',
  status: 'pending',
  location: '',
  due: null,
  end: null,
  timeZone: null,
  reminderAt: null,
  recurrence: null,
  contact: null,
  deal: null,
  attendees: [],
  syncToCalendar: true,
  selectedCalendarId: null,
  includeGoogleMeet: false,
  includeZoomMeeting: false,
};
