import type { CalendarEvent } from '../../shared/domain/calendar';
import { emptyContent } from '../../shared/domain/task/edit-task';
import type { Connection } from '../../shared/domain/connection';
import { parseDay, parseInstant, DAY_MS } from '../../shared/domain/instant';
import { takeFields, takeAnswers, toFields, toWritten, type MappingContext } from '../../shared/domain/task/map-event';
import { importedTaskId, newTask, SYNCED_FIELDS, type Task } from '../../shared/domain/task/task';

/** Whether an event that somebody made in the calendar is to become a task: not what is over, and no holidays and the like. */
export function isImportable({ importExternalEvents }: Connection, event: CalendarEvent, nowMs: number): boolean {
  const { status, start, end = start, recurrence = [], recurringEventId, eventType = 'default' } = event;
  if (!importExternalEvents || status === 'cancelled' || !start || recurringEventId !== undefined) return false;
  const endMs = end?.dateTime === undefined ? (parseDay(end?.date ?? '') + 1) * DAY_MS : parseInstant(end.dateTime);
  return eventType === 'default' && (endMs > nowMs || isGoingOn(recurrence, nowMs));
}

/** Whether a series may have occurrences to come: it has no last day, or that is not long over. */
function isGoingOn(recurrence: readonly string[], nowMs: number): boolean {
  const yesterday = new Date(nowMs - DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
  return recurrence.some(
    (line) => !line.startsWith('EX') && (/UNTIL=(\d{8})/.exec(line)?.[1] ?? yesterday) >= yesterday,
  );
}

/** The task that an event becomes, in agreement with it. */
export function toImportedTask(
  connection: Connection,
  calendarId: string,
  event: CalendarEvent,
  context: MappingContext,
): Task {
  const { connectionId, owner } = connection;
  const fields = toFields(event);
  // It stays where it is, whichever calendar tasks go to.
  const content = { ...emptyContent, type: 'meeting' as const, selectedCalendarId: calendarId };
  const bare = newTask(importedTaskId(connectionId, event.id), { owner, connectionId }, content, context.nowMs);
  const filled = { ...bare, imported: true, ...takeFields(bare, fields, SYNCED_FIELDS, fields, context) };
  const task = { ...filled, ...takeAnswers(filled, event), includeGoogleMeet: event.conference !== undefined };
  return {
    ...task,
    link: { eventId: event.id, calendarId, etag: event.etag },
    synced: { ...toWritten(task, context), remote: fields },
    settledRevision: task.revision,
    syncedAtMs: context.nowMs,
  };
}
