import type { CalendarEvent } from '../../shared/domain/calendar';
import { calendarIdOf, type Connection } from '../../shared/domain/connection';
import { isAttacheError } from '../../shared/domain/errors';
import type { SyncCalendar } from '../../shared/domain/sync-calendar';
import { followDeletion, followEvent, unlinked, type SeenEvent } from '../../shared/domain/task/follow-event';
import { wantsEvent, type Task } from '../../shared/domain/task/task';
import { mappingContext, type TaskSyncDependencies } from './dependencies';

/**
 * What becomes of a task when its event is read now, wherever it is; undefined where nothing does. To be called with a task
 * that was read before, so that the event cannot be older than what the task says of it.
 */
export async function lookAtEvent(
  deps: TaskSyncDependencies,
  connection: Connection,
  task: Task,
): Promise<Partial<Task> | undefined> {
  const { link, pushing } = task;
  if (!link) return undefined;
  const found = await findEvent(deps, connection, task);
  if (found === 'never') return isRepeatable(task) ? undefined : { link: null, pushing: null };
  if (found === 'gone') return followDeletion(task);
  if (found === 'taken') return unlinked(task);
  const followed = followEvent(task, found, mappingContext(deps, connection));
  const moved = found.calendarId !== link.calendarId && found.calendarId !== targetOf(connection, task);
  if (!followed) return pushing && !isRepeatable(task) ? { pushing: null } : undefined;
  // Somebody has moved it to another calendar, where it is to stay.
  return moved && wantsEvent(task) ? { ...followed, selectedCalendarId: found.calendarId } : followed;
}

/** Whether what was announced can be sent again as it was: a new event, or a change of one, but not that it moves. */
function isRepeatable(task: Task): boolean {
  const { link, pushing } = task;
  return pushing !== null && link?.calendarId === pushing.calendarId && wantsEvent(task);
}

/** The calendar that a task's event belongs into. */
export function targetOf(connection: Connection, { selectedCalendarId }: Task): string {
  return calendarIdOf(connection, selectedCalendarId ?? connection.calendarId);
}

export function seenEvent(
  { marks }: Pick<TaskSyncDependencies, 'marks'>,
  connectionId: string,
  calendarId: string,
  event: CalendarEvent,
): SeenEvent {
  return { event, calendarId, mark: marks.read(event.privateProperties, { connectionId, eventId: event.id }) };
}

/**
 * An event is looked for where it was last seen or was to be made, and then, because somebody may have moved it, in every
 * calendar that we follow, and at last in all that the account may write to. `never`: the insert has not happened. `taken`: a deleted event of another life has the id.
 */
async function findEvent(
  deps: TaskSyncDependencies,
  connection: Connection,
  { link, pushing }: Task,
): Promise<SeenEvent | 'gone' | 'never' | 'taken'> {
  if (!link) return 'never';
  const { connectionId, channels } = connection;
  const calendar = deps.calendarOf(connection);
  const known = [link.calendarId, ...(pushing ? [pushing.calendarId] : [])];
  const followed = new Set([...known, ...Object.keys(channels)]);
  let missing: 'gone' | 'never' | 'taken' = link.etag === null ? 'never' : 'gone';
  for await (const calendarId of placesOf(calendar, connection, followed)) {
    try {
      const seen = seenEvent(
        deps,
        connectionId,
        calendarId,
        await calendar.calendar(calendarId).getEvent(link.eventId),
      );
      if (seen.event.status !== 'cancelled') return seen;
      if (link.etag === null) missing = seen.mark && seen.mark.revision === pushing?.revision ? 'gone' : 'taken';
    } catch (error) {
      if (!isAttacheError(error, 'notFound')) throw error;
      if (missing === 'never') return missing;
    }
  }
  return missing;
}

/** Those that nobody follows come last, and are asked for only then. */
async function* placesOf(
  calendar: SyncCalendar,
  { channels }: Connection,
  followed: Iterable<string>,
): AsyncGenerator<string> {
  yield* followed;
  for (const { id, accessRole } of await calendar.listCalendars())
    if (!channels[id] && (accessRole === 'owner' || accessRole === 'writer')) yield id;
}
