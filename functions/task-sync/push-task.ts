import { isUsable, type Connection } from '../../shared/domain/connection';
import {
  AttacheError,
  asAttacheError,
  isAttacheError,
  isDeploymentFault,
  isTransient,
} from '../../shared/domain/errors';
import type { EventPatch } from '../../shared/domain/calendar';
import type { FollowedCalendar } from '../../shared/domain/sync-calendar';
import { followEvent, unlinked } from '../../shared/domain/task/follow-event';
import { toWritten } from '../../shared/domain/task/map-event';
import { eventIdOf } from '../../shared/domain/task/mark';
import { needsPush, wantsEvent, type Guest, type Task, type Written } from '../../shared/domain/task/task';
import type { Logger } from '../../shared/runtime/logger';
import { hold, type HeldRecord } from '../../shared/store/held-record';
import { mappingContext, type TaskSyncDependencies } from './dependencies';
import { eventPatchOf, newEventOf, updatesFor, type EventWrite } from './event-of-task';
import { followCalendar } from './follow-calendar';
import { lookAtEvent, seenEvent, targetOf } from './look-at-event';
import { followWithZoom, removeFromZoom } from './zoom-meeting';

export type PushOutcome = 'done' | 'unknownTask' | 'leaseHeld' | 'notConnected';

/**
 * Brings a task's event into line with the task, however often it changes meanwhile. What is about to be written is known
 * before it is, so that after a crash anywhere the event itself tells whether the write has arrived. Errors: transient ones,
 * for the delivery to come again.
 */
export async function pushTask(
  deps: TaskSyncDependencies,
  taskId: string,
  deliveryId: string,
  logger: Logger,
): Promise<PushOutcome> {
  const { tasks, clock, settings } = deps;
  const stored = await tasks.load(taskId);
  if (!stored) return 'unknownTask';
  if (!needsPush(stored.record) && !stored.record.deleted && !isMeetPending(stored.record)) return 'done';
  const connection = await loadConnection(deps, stored.record.connectionId, logger);
  if (connection === 'refused' || !connection || !isUsable(connection))
    return standAside(deps, stored.record, connection);

  const holding = await hold({
    load: () => tasks.load(taskId),
    replace: (task, patch) => tasks.replace(task, patch),
    clock,
    deliveryId,
    leaseMs: settings.leaseMs,
  });
  if (holding.kind === 'gone') return 'unknownTask';
  if (holding.kind === 'another') return 'leaseHeld';
  const push: Push = { ...deps, connection, held: holding.held, logger, zoomRevision: undefined };
  try {
    await settle(push);
  } catch (error) {
    await settleFailure(push, error);
  }
  await followCalendar(push, connection, push.held.record);
  return 'done';
}

interface Push extends TaskSyncDependencies {
  readonly connection: Connection;
  readonly held: HeldRecord<Task>;
  readonly logger: Logger;
  /** The revision that Zoom was last told of, well or not. */
  zoomRevision: number | undefined;
}

const maxSteps = 20;

/** One step at a time, each on the task as it then is, until there is nothing left to do when the lease is given back. */
async function settle(push: Push): Promise<void> {
  const { held, tasks } = push;
  if (isMeetPending(held.record) && !needsPush(held.record)) await look(push);
  for (let step = 1; step <= maxSteps; step++) {
    if (!needsPush(held.record)) {
      await held.commit((task) => (needsPush(task) ? {} : { lease: null, failures: 0 }));
      if (held.record.lease !== null) continue;
      if (held.record.deleted) await forget(tasks, held.record.taskId);
      return;
    }
    await takeStep(push, held.record);
  }
  throw new AttacheError('unavailable', 'The task and its event were changed by others at every try.', {
    code: 'contention',
  });
}

async function takeStep(push: Push, task: Task): Promise<void> {
  const { connection, held, marks, zoom, logger } = push;
  if (task.pushing !== null) return repeat(push);
  const written = toWritten(task, mappingContext(push, connection));
  if (!wantsEvent(task)) return takeAway(push, task);
  if (zoom && push.zoomRevision !== written.revision) {
    push.zoomRevision = written.revision;
    const meeting = await followWithZoom(zoom, task, written, logger);
    if (meeting) return held.commit(() => meeting);
  }
  const { link, synced } = task;
  const calendarId = targetOf(connection, task);
  if (!link || !synced) return insert(push, task, calendarId, written);
  if (link.calendarId !== calendarId) return move(push, task, calendarId);

  const write = eventPatchOf(task, written, marks);
  const { revision, isUndated } = written;
  if (!write) {
    const settled = { settledRevision: revision, synced: { ...synced, revision, isUndated } };
    return held.commit((now) => (isAsPlanned(now, task) ? settled : {}));
  }
  const guests = write.fields.attendees ?? synced.remote.guests;
  if (!(await announce(push, task, link, { ...written, guests, calendarId }))) return;
  return patch(push, link, write);
}

/**
 * Whether the last write has arrived nobody knows. One that has not is sent again as it was, whatever the task has
 * become: who sent it first may be late, not gone, and has then written nothing that is not known.
 */
async function repeat(push: Push): Promise<void> {
  const { held, marks } = push;
  if (await look(push)) return;
  const task = held.record;
  const { link, pushing } = task;
  if (!link || !pushing) return;
  if (link.etag === null) return make(push, task, link.eventId, pushing);
  const write = eventPatchOf(task, pushing, marks);
  return write ? patch(push, link, write) : held.commit(() => ({ pushing: null }));
}

function patch(
  push: Push,
  { eventId, etag }: NonNullable<Task['link']>,
  { fields, sendUpdates }: EventWrite<EventPatch>,
): Promise<void> {
  const options = { sendUpdates, ...(etag !== null && { etag }) };
  return attempt(push, (calendar) => calendar.patchEvent(eventId, fields, options));
}

/** Known before it happens: the event that is to be written, where, and what it will say. False where the plan is out of date. */
async function announce(
  { held }: Push,
  task: Task,
  link: NonNullable<Task['link']>,
  {
    revision,
    fields,
    out,
    isUndated,
    calendarId,
    guests,
  }: Written & { readonly calendarId: string; readonly guests: readonly Guest[] },
): Promise<boolean> {
  const pushing = { revision, fields, out, isUndated, calendarId, guests: [...guests] };
  await held.commit((now) => (isAsPlanned(now, task) ? { link, pushing } : {}));
  return held.record.pushing !== null;
}

/** Whether nobody has seen another event since; what people change in the task meanwhile is the next step's. */
function isAsPlanned(now: Task, { link, generation }: Task): boolean {
  const isSameEvent = now.link?.etag === link?.etag && now.generation === generation;
  return isSameEvent && now.pushing === null && now.conflict === null && wantsEvent(now);
}

async function insert(push: Push, task: Task, calendarId: string, written: Written): Promise<void> {
  const { settings } = push;
  const eventId = eventIdOf(settings.deployment, task.taskId, task.generation);
  const announced = { ...written, calendarId, guests: written.fields.guests };
  if (!(await announce(push, task, { eventId, calendarId, etag: null }, announced))) return;
  return make(push, task, eventId, written);
}

function make(push: Push, task: Task, eventId: string, written: Written): Promise<void> {
  const { fields, sendUpdates } = newEventOf(task, eventId, written, push.marks);
  return attempt(push, (calendar) => calendar.insertEvent(fields, { sendUpdates }));
}

/** The destination is announced: what stays behind looks deleted. */
async function move(push: Push, task: Task, destination: string): Promise<void> {
  const { link, synced, attendees } = task;
  if (!link || !synced) return;
  const announced = { ...synced, calendarId: destination, guests: synced.remote.guests };
  if (!(await announce(push, task, link, announced))) return;
  const sendUpdates = updatesFor(attendees.length > 0);
  const etag = link.etag === null ? {} : { etag: link.etag };
  await attempt(
    push,
    (calendar) => calendar.moveEvent(link.eventId, destination, { sendUpdates, ...etag }),
    destination,
  );
}

/** Nobody else can have written the event between the announced write and its answer; a refusal means that somebody had. */
async function attempt(
  push: Push,
  send: (calendar: FollowedCalendar) => ReturnType<FollowedCalendar['getEvent']>,
  calendarId?: string,
): Promise<void> {
  const { connection, held, calendarOf } = push;
  const { link, pushing } = held.record;
  if (!link || !pushing) return;
  try {
    const event = await send(calendarOf(connection).calendar(link.calendarId));
    const seen = seenEvent(push, connection.connectionId, calendarId ?? link.calendarId, event);
    await held.commit((task) =>
      // Whoever has read the event in between has seen at least this.
      task.pushing?.revision === pushing.revision && task.link?.etag === link.etag
        ? (followEvent(task, seen, mappingContext(push, connection)) ?? { pushing: null })
        : {},
    );
  } catch (error) {
    const isNew = link.etag === null;
    if (isAttacheError(error, 'invalid', 'forbidden') || (isNew && isAttacheError(error, 'notFound'))) {
      // What Google refuses as it is, or for a calendar that it does not know, it refuses whenever it comes.
      await held.commit(() => ({ pushing: null, ...(isNew && { link: null }) }));
      throw error;
    }
    if (!isAttacheError(error, 'preconditionFailed', 'conflict', 'notFound') || error.code === 'fencedOut') throw error;
    await look(push);
    // Nothing has come of it, and the event is as it was: Google does not know the calendar it was to go to.
    const isAsItWas = held.record.link?.etag === link.etag;
    if (isAttacheError(error, 'notFound') && isAsItWas && wantsEvent(held.record)) throw error;
  }
}

/** Reads the event and takes over what it says; resolves with whether it said anything. */
async function look(push: Push): Promise<boolean> {
  const { held, connection } = push;
  const before = held.record;
  const patch = await lookAtEvent(push, connection, before);
  await held.commit((task) =>
    task.link?.etag === before.link?.etag &&
    task.pushing?.revision === before.pushing?.revision &&
    task.revision === before.revision
      ? (patch ?? {})
      : {},
  );
  return patch !== undefined;
}

async function takeAway(push: Push, task: Task): Promise<void> {
  const { held, connection, calendarOf, zoom } = push;
  const { link, zoomMeetingId } = task;
  if (link === null && zoomMeetingId !== null) {
    await removeFromZoom(zoom, task);
    return held.commit(() => ({ zoomMeetingId: null, zoomJoinUrl: null }));
  }
  // Somebody's own event stays, unless the task was cancelled.
  const isToGo = link !== null && (!task.imported || task.status === 'cancelled');
  if (isToGo) {
    const options = {
      sendUpdates: updatesFor(task.attendees.length > 0),
      ...(link.etag !== null && { etag: link.etag }),
    };
    try {
      await calendarOf(connection).calendar(link.calendarId).deleteEvent(link.eventId, options);
    } catch (error) {
      // Changed, gone, or moved to another calendar by somebody.
      if (isAttacheError(error, 'preconditionFailed', 'notFound')) return void (await look(push));
      throw error;
    }
  }
  // What was deleted is gone, whatever the task wants by now. What was never made keeps its id: made late, it is an orphan.
  await held.commit((now) =>
    now.link?.eventId === link?.eventId
      ? { ...unlinked(now), ...(link === null && { generation: now.generation }) }
      : {},
  );
}

async function forget(tasks: TaskSyncDependencies['tasks'], taskId: string): Promise<void> {
  const stored = await tasks.load(taskId);
  if (stored?.record.deleted && !needsPush(stored.record) && stored.record.lease === null) await tasks.remove(stored);
}

/** Google makes some Meet links a moment later. */
function isMeetPending(task: Task): boolean {
  return wantsEvent(task) && task.googleMeetStatus === 'pending' && task.link !== null;
}

async function loadConnection(
  { connections, calendarOf }: TaskSyncDependencies,
  connectionId: string | null,
  logger: Logger,
): Promise<Connection | 'refused' | undefined> {
  const stored = connectionId === null ? undefined : await connections.load(connectionId);
  if (!stored || !isUsable(stored.record) || stored.record.timeZone !== null) return stored?.record;
  try {
    const timeZone = await calendarOf(stored.record).getTimeZone();
    return (await connections.change(stored.record.connectionId, () => ({ patch: { timeZone } })))?.record;
  } catch (thrown) {
    const error = asAttacheError(thrown);
    if (isTransient(error)) throw error;
    logger.error('calendar refused the account', { code: error.code });
    return 'refused';
  }
}

/** Without a usable connection a task waits, longer each time; a deleted one that nothing can be done for is forgotten. */
async function standAside(
  { tasks }: TaskSyncDependencies,
  task: Task,
  connection: Connection | 'refused' | undefined,
): Promise<PushOutcome> {
  const isOver = !connection || (connection !== 'refused' && connection.status === 'disconnected');
  const changed = await tasks.change(task.taskId, ({ failures }) => ({
    failures: Math.min(failures + 1, maxFailures),
  }));
  if (isOver && changed?.record.deleted) await tasks.remove(changed);
  return 'notConnected';
}

const maxFailures = 20;

/** No token was given at all, which is mended for all of the account's tasks at once. */
const accountCodes: readonly string[] = ['scopesNotGranted', 'userDenied', 'domainNotAllowed'];

/** A refusal of this one event is recorded and rests until the next change; everything else comes again. */
async function settleFailure(push: Push, thrown: unknown): Promise<void> {
  const { held, clock, logger } = push;
  const error = asAttacheError(thrown);
  if (error.code === 'fencedOut') throw error;
  const failures = Math.min(held.record.failures + 1, maxFailures);
  if (error.kind === 'unauthorized' || accountCodes.includes(error.code) || isDeploymentFault(error)) {
    // The account's trouble or the deployment's, not the task's: the task waits.
    logger.error('calendar refused the account', { code: error.code });
    return held.commit(() => ({ lease: null, failures }));
  }
  if (isTransient(error)) {
    try {
      await held.commit(() => ({ lease: null, failures }));
    } catch {
      // The first error says more; the lease expires by itself.
    }
    throw error;
  }
  logger.error('event refused', { code: error.code });
  const syncError = { code: error.code, message: error.message, atMs: clock.now() };
  const { revision } = held.record;
  await held.commit((task) => ({ lease: null, ...(task.revision === revision && { syncError }) }));
}
