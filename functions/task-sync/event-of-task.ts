import type { EventPatch, NewEvent, SendUpdates } from '../../shared/domain/calendar';
import { joinDescription } from '../../shared/domain/task/description';
import { isSame, mergeGuests } from '../../shared/domain/task/map-event';
import type { Marks } from '../../shared/domain/task/mark';
import type { SyncedField, Task, Written } from '../../shared/domain/task/task';

export interface EventWrite<Fields> {
  readonly fields: Fields;
  readonly sendUpdates: SendUpdates;
}

/** The event that is made for a task. */
export function newEventOf(task: Task, eventId: string, { fields, out, revision }: Written, marks: Marks) {
  const { title, description, location, when, recurrence, guests } = fields;
  const event: NewEvent = {
    id: eventId,
    summary: title,
    description: joinDescription(description, out.block),
    location,
    start: when.start,
    end: when.end,
    recurrence,
    attendees: guests,
    colorId: out.colorId,
    reminderMinutes: out.reminderMinutes,
    ...(out.meet && { conferenceRequestId: conferenceIdOf(eventId, revision) }),
    ...markOf(task, eventId, revision, marks),
  };
  return { fields: event, sendUpdates: updatesFor(guests.length > 0) } satisfies EventWrite<NewEvent>;
}

/**
 * What has changed in the task since both agreed, on top of the event as it then was; undefined where nothing has. What is
 * not named stays as people have made it.
 */
export function eventPatchOf(task: Task, written: Written, marks: Marks): EventWrite<EventPatch> | undefined {
  const { synced, link } = task;
  if (!synced || !link) return undefined;
  const { fields, out, revision } = written;
  const isOther = (name: SyncedField) => !isSame(name, fields, synced.fields);
  const attendees = mergeGuests(synced.remote.guests, synced.fields.guests, fields.guests);
  const hasOtherText = isOther('description') || out.block !== synced.out.block;
  const description = isOther('description') ? fields.description : synced.remote.description;
  const changes: EventPatch = {
    ...(isOther('title') && { summary: fields.title }),
    ...(hasOtherText && { description: joinDescription(description, out.block) }),
    ...(isOther('location') && { location: fields.location }),
    ...(isOther('when') && { start: fields.when.start, end: fields.when.end }),
    ...(isOther('recurrence') && { recurrence: fields.recurrence }),
    ...(isOther('guests') && { attendees }),
    ...(out.colorId !== synced.out.colorId && { colorId: out.colorId }),
    ...(out.reminderMinutes !== synced.out.reminderMinutes && { reminderMinutes: out.reminderMinutes }),
    ...(out.meet !== synced.out.meet && {
      conferenceRequestId: out.meet ? conferenceIdOf(link.eventId, revision) : null,
    }),
  };
  if (Object.keys(changes).length === 0) return undefined;
  const isNews = (['title', 'when', 'recurrence', 'location', 'guests'] as const).some(isOther);
  const hasGuests = attendees.length > 0 || synced.remote.guests.length > 0;
  return {
    fields: { ...changes, ...markOf(task, link.eventId, revision, marks) },
    sendUpdates: updatesFor(isNews && hasGuests),
  };
}

/** E-mail goes out only where guests would want it. */
export function updatesFor(concernsGuests: boolean): SendUpdates {
  return concernsGuests ? 'all' : 'none';
}

/** An event that somebody else made carries no mark: it is not ours to clean up. */
function markOf({ taskId, type, connectionId, imported }: Task, eventId: string, revision: number, marks: Marks) {
  if (imported || connectionId === null) return {};
  return { privateProperties: marks.sign({ taskId, type, revision }, { connectionId, eventId }) };
}

/** Sent only when a conference is wanted for the first time, and the same when that write is repeated. */
function conferenceIdOf(eventId: string, revision: number): string {
  return `${eventId}-${revision}`;
}
