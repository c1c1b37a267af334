import { isUsable, type Connection } from '../../shared/domain/connection';
import { isAttacheError } from '../../shared/domain/errors';
import type { CalendarEvent } from '../../shared/domain/calendar';
import { needsPush } from '../../shared/domain/task/task';
import { eventIdOf } from '../../shared/domain/task/mark';
import type { Logger } from '../../shared/runtime/logger';
import type { TaskSyncDependencies } from './dependencies';
import { updatesFor } from './event-of-task';
import { followCalendar } from './follow-calendar';
import { lookAtEvent } from './look-at-event';

export type OrphansOutcome = 'done' | 'unknownConnection' | 'notConnected';

/**
 * Compares a connection's events that carry this deployment's mark with its tasks. An event whose task is gone, or has
 * another event, is deleted; a task whose event is not there is looked after. A dry run changes nothing and only logs.
 */
export async function removeOrphans(
  deps: TaskSyncDependencies,
  { connectionId, dryRun }: { readonly connectionId: string; readonly dryRun: boolean },
  logger: Logger,
): Promise<OrphansOutcome> {
  const stored = await deps.connections.load(connectionId);
  if (!stored) return 'unknownConnection';
  const connection = stored.record;
  if (!isUsable(connection)) return 'notConnected';
  const alive = new Set<string>();
  const readable = new Set<string>();
  let orphans = 0;
  for (const calendarId of Object.keys(connection.channels)) {
    try {
      for await (const event of listMarked(deps, connection, calendarId)) {
        alive.add(event.id);
        if (!(await isOrphan(deps, connectionId, event))) continue;
        orphans += 1;
        if (!dryRun) await deleteOrphan(deps, connection, calendarId, event);
      }
      readable.add(calendarId);
    } catch (error) {
      // Whether its events are gone too, nobody can tell.
      if (!isAttacheError(error, 'notFound', 'forbidden')) throw error;
      logger.warning('calendar cannot be read', { code: error.code });
    }
  }
  const unlinked = dryRun ? 0 : await lookForMissing(deps, connection, alive, readable);
  if (orphans + unlinked > 0) logger.warning('orphans found', { count: orphans + unlinked });
  return 'done';
}

async function* listMarked(
  { calendarOf, marks }: TaskSyncDependencies,
  connection: Connection,
  calendarId: string,
): AsyncGenerator<CalendarEvent> {
  const calendar = calendarOf(connection).calendar(calendarId);
  let pageToken: string | undefined;
  do {
    const page = await calendar.listEvents({
      privateProperty: marks.filter,
      ...(pageToken !== undefined && { pageToken }),
    });
    // Occurrences carry the mark of their series, and go with it.
    for (const event of page.events)
      if (event.status !== 'cancelled' && event.recurringEventId === undefined) yield event;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}

/**
 * Ours beyond doubt, and no task's any more. An event that is being made is its task's before it exists. One of an earlier
 * life of a task that has none now is left alone: somebody has taken it out of the bin.
 */
async function isOrphan(
  { marks, tasks, settings }: TaskSyncDependencies,
  connectionId: string,
  { id: eventId, privateProperties }: CalendarEvent,
): Promise<boolean> {
  const mark = marks.read(privateProperties, { connectionId, eventId });
  if (!mark) return false;
  const task = (await tasks.load(mark.taskId))?.record;
  if (!task) return true;
  return task.link
    ? task.link.eventId !== eventId
    : eventIdOf(settings.deployment, task.taskId, task.generation) === eventId;
}

async function deleteOrphan(
  { calendarOf }: TaskSyncDependencies,
  connection: Connection,
  calendarId: string,
  { id, etag, attendees }: CalendarEvent,
): Promise<void> {
  try {
    const options = { sendUpdates: updatesFor(attendees.length > 0), etag };
    await calendarOf(connection).calendar(calendarId).deleteEvent(id, options);
  } catch (error) {
    // Gone by itself, or changed just now: the next sweep looks again.
    if (!isAttacheError(error, 'notFound', 'preconditionFailed')) throw error;
  }
}

async function lookForMissing(
  deps: TaskSyncDependencies,
  connection: Connection,
  alive: ReadonlySet<string>,
  readable: ReadonlySet<string>,
): Promise<number> {
  const { tasks } = deps;
  let unlinked = 0;
  let next: Parameters<typeof tasks.listConnected>[2];
  do {
    const page = await tasks.listConnected(connection.connectionId, 300, next);
    for (const { taskId, link, imported } of page.records) {
      if (link === null || link.etag === null || imported || alive.has(link.eventId)) continue;
      if (!readable.has(link.calendarId)) continue;
      const after = await tasks.change(taskId, async (task) =>
        task.link?.eventId === link.eventId ? lookAtEvent(deps, connection, task) : undefined,
      );
      if (after) await followCalendar(deps, connection, after.record);
      if (after && after.record.link === null && !needsPush(after.record)) unlinked += 1;
    }
    next = page.next;
  } while (next !== undefined);
  return unlinked;
}
