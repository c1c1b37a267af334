import type { CalendarEvent } from '../calendar';
import type { TaskTypeColors } from './colors';
import { colorIdOf, type TaskType } from './event-colors';
import { renderBlock, withoutBlock } from './description';
import { fromRules, rulesKey, toRules } from './recurrence';
import type { Guest, SyncedField, SyncedFields, Task, Written } from './task';
import { fromWhen, isAllDay, reminderMinutes, toWhen, whenKey } from './when';

export interface MappingContext {
  /** Of the user's calendar: for tasks that name no zone. */
  readonly timeZone: string;
  readonly taskTypeColors: TaskTypeColors;
  /** Closes the description of every event. */
  readonly managedBy: string;
  readonly nowMs: number;
}

const maxTitle = 255;
const maxDescription = 5_000;
const maxLocation = 1_024;
const maxGuests = 50;

/** The task as its event is to be. */
export function toWritten(task: Task, context: MappingContext): Written {
  const zone = task.timeZone ?? context.timeZone;
  const isUndated = task.due === null;
  const given = task.pushing ?? task.synced;
  const when = isUndated && given?.isUndated ? given.fields.when : toWhen(task, context.timeZone, context.nowMs);
  return {
    revision: task.revision,
    isUndated,
    fields: {
      title: task.title,
      description: task.description,
      location: task.location === '' ? (task.zoomJoinUrl ?? '') : task.location,
      when,
      recurrence: toRules(task.recurrence, { allDay: isAllDay(when), timeZone: zone }),
      guests: task.attendees,
    },
    out: {
      block: task.imported ? '' : blockOf(task, context.managedBy),
      colorId: colorIdOf(task.type, context.taskTypeColors),
      reminderMinutes: task.reminderAt === null ? null : reminderMinutes(task.reminderAt, when, zone),
      meet: task.includeGoogleMeet,
    },
  };
}

/** An event in the form in which it is compared. Times it does not have, as of a deleted one, are empty. */
export function toFields(event: CalendarEvent): SyncedFields {
  const { summary = '', description = '', location = '', start = {}, end = start, recurrence = [], attendees } = event;
  return {
    title: summary,
    description: withoutBlock(description),
    location,
    when: { start, end },
    recurrence: [...recurrence],
    guests: attendees.filter(({ email }) => email !== '').map((attendee) => ({ ...attendee })),
  };
}

/** What the task says once it has taken these fields of its event over; nothing but these fields changes. */
export function takeFields(
  task: Task,
  fields: SyncedFields,
  names: readonly SyncedField[],
  before: SyncedFields,
  { timeZone }: MappingContext,
): Partial<Task> {
  const take: { readonly [Name in SyncedField]: () => Partial<Task> } = {
    title: () => ({ title: cut(fields.title, maxTitle) }),
    description: () => ({ description: cut(fields.description, maxDescription) }),
    location: () => ({ location: fields.location === task.zoomJoinUrl ? '' : cut(fields.location, maxLocation) }),
    when: () => fromWhen(fields.when, task, before.when, timeZone),
    recurrence: () => ({
      recurrence: fromRules(fields.recurrence, {
        allDay: isAllDay(fields.when),
        timeZone: task.timeZone ?? timeZone,
      }),
    }),
    guests: () => ({ attendees: fields.guests.slice(0, maxGuests) }),
  };
  return names.reduce<Partial<Task>>((patch, name) => ({ ...patch, ...take[name]() }), {});
}

/** Guests' answers and the Meet link are the event's alone, so that they come over whatever else happens. */
export function takeAnswers(task: Task, event: CalendarEvent): Partial<Task> {
  const byEmail = new Map(event.attendees.map((attendee) => [attendee.email, attendee.responseStatus]));
  const attendees = task.attendees.map((one) => {
    const responseStatus = byEmail.get(one.email);
    return responseStatus === undefined ? one : { ...one, responseStatus };
  });
  const { conference } = event;
  const joinUrl = conference?.joinUrl ?? null;
  return {
    attendees,
    googleMeetStatus: conference?.status ?? null,
    googleMeetLink: joinUrl,
    googleMeetId: joinUrl === null ? null : joinUrl.slice(joinUrl.lastIndexOf('/') + 1),
  };
}

export function isSame(name: SyncedField, a: SyncedFields, b: SyncedFields): boolean {
  switch (name) {
    case 'title':
    case 'description':
    case 'location':
      return a[name] === b[name];
    case 'when': {
      const repeats = a.recurrence.length > 0 || b.recurrence.length > 0;
      return whenKey(a.when, repeats) === whenKey(b.when, repeats);
    }
    case 'recurrence':
      return rulesKey(a.recurrence) === rulesKey(b.recurrence);
    case 'guests':
      return emailsOf(a.guests) === emailsOf(b.guests);
  }
}

/** `guests` with what changed from `before` to `after`: people come and go one by one, so that two lists never conflict. */
export function mergeGuests(guests: readonly Guest[], before: readonly Guest[], after: readonly Guest[]): Guest[] {
  const has = (list: readonly Guest[], email: string) => list.some((one) => one.email === email);
  const added = after.filter(({ email }) => !has(before, email) && !has(guests, email));
  const gone = before.filter(({ email }) => !has(after, email));
  return [...guests.filter(({ email }) => !has(gone, email)), ...added];
}

const typeNames: Readonly<Record<TaskType, string>> = {
  call: 'Call',
  email: 'Email',
  meeting: 'Meeting',
  task: 'Task',
  followUp: 'Follow-up',
};
const statusNames: Readonly<Record<Task['status'], string>> = {
  pending: 'Pending',
  inProgress: 'In progress',
  completed: 'Completed',
  cancelled: 'Cancelled',
};
const priorityNames: Readonly<Record<Task['priority'], string>> = { low: 'Low', medium: 'Medium', high: 'High' };

function blockOf(task: Task, managedBy: string): string {
  const { zoomJoinUrl, notes, contact, deal } = task;
  return renderBlock(
    {
      zoomJoinUrl,
      notes,
      type: typeNames[task.type],
      priority: priorityNames[task.priority],
      status: statusNames[task.status],
      contact: contact?.name ?? null,
      deal: deal?.name ?? null,
    },
    managedBy,
  );
}

function emailsOf(guests: readonly Guest[]): string {
  return guests
    .map(({ email }) => email.toLowerCase())
    .sort()
    .join();
}

/** Never between the halves of a character. */
function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '');
}
