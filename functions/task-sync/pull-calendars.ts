import pMap from 'p-map';
import type { CalendarEvent } from '../../shared/domain/calendar';
import {
  calendarIdOf,
  isBehind,
  isUsable,
  type CalendarChannel,
  type Connection,
} from '../../shared/domain/connection';
import { AttacheError, asAttacheError, isAttacheError, isTransient } from '../../shared/domain/errors';
import type { EventPage } from '../../shared/domain/sync-calendar';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import { followInstance } from '../../shared/domain/task/follow-event';
import { needsPush } from '../../shared/domain/task/task';
import type { Logger } from '../../shared/runtime/logger';
import { hold, type HeldRecord } from '../../shared/store/held-record';
import type { StoredTask } from '../../shared/store/task-store';
import { mappingContext, type TaskSyncDependencies } from './dependencies';
import { followCalendar } from './follow-calendar';
import { isImportable, toImportedTask } from './import-event';
import { lookAtEvent } from './look-at-event';

export type PullOutcome = 'done' | 'unknownConnection' | 'notConnected' | 'leaseHeld' | 'alreadyRead';

export interface PullRequest {
  readonly connectionId: string;
  readonly calendarId: string;
  readonly deliveryId: string;
  readonly publishTimeMs: number;
}

/**
 * Takes over what has changed in a connection's calendars, this one and those that were announced meanwhile. A job that was
 * published before the last reading began is covered by it; one that meets a reader leaves a note that the reader looks for
 * before it ends. Errors: transient ones, for the delivery to come again.
 */
export async function pullCalendars(
  deps: TaskSyncDependencies,
  request: PullRequest,
  logger: Logger,
): Promise<PullOutcome> {
  const { connections, clock, settings } = deps;
  const { connectionId, calendarId, deliveryId, publishTimeMs } = request;
  const stored = await connections.load(connectionId);
  if (!stored) return 'unknownConnection';
  const channel = stored.record.channels[calendarId];
  if (!isUsable(stored.record) || !channel) return 'notConnected';
  const isRead = publishTimeMs + clockSkewMs < (channel.lastSyncedAtMs ?? 0);
  if (isRead && !isBehind(channel)) return 'alreadyRead';

  const holding = await hold<Connection>(
    {
      load: () => connections.load(connectionId),
      replace: (connection, patch) => connections.replace(connection, { patch }),
      clock,
      deliveryId,
      leaseMs: settings.leaseMs,
    },
    ({ channels }) => noted(channels, calendarId, publishTimeMs),
  );
  if (holding.kind === 'gone') return 'unknownConnection';
  if (holding.kind === 'another') return 'leaseHeld';
  const pull: Pull = { ...deps, held: holding.held, logger };
  try {
    await readAll(pull);
  } catch (error) {
    await settleFailure(pull, error);
  }
  return 'done';
}

interface Pull extends TaskSyncDependencies {
  readonly held: HeldRecord<Connection>;
  readonly logger: Logger;
}

/** By so much the clocks of a broker and a reader may differ. */
const clockSkewMs = 1_000;
/** Changes of different tasks are taken over side by side; the quota of a user bears this many. */
const concurrency = 4;

function noted(
  channels: Connection['channels'],
  calendarId: string,
  publishTimeMs: number,
): Partial<Connection> | undefined {
  const channel = channels[calendarId];
  if (!channel || (channel.notifiedAtMs ?? 0) >= publishTimeMs) return {};
  return { channels: { ...channels, [calendarId]: { ...channel, notifiedAtMs: publishTimeMs } } };
}

/**
 * Until nobody has asked for another reading when the lease is given back. A calendar that is gone, or closed to the
 * account, keeps none of the others waiting; it is tried again less and less often.
 */
async function readAll({ held, ...deps }: Pull): Promise<void> {
  const pull = { held, ...deps };
  const unreadable = new Set<string>();
  if (held.record.timeZone === null) {
    const timeZone = await deps.calendarOf(held.record).getTimeZone();
    await held.commit(() => ({ timeZone }));
  }
  const nextBehind = (connection: Connection) =>
    Object.entries(connection.channels).find(([id, channel]) => isBehind(channel) && !unreadable.has(id))?.[0];
  while (held.record.lease !== null) {
    const calendarId = nextBehind(held.record);
    if (calendarId !== undefined) {
      if (!(await canRead(pull, calendarId))) unreadable.add(calendarId);
      continue;
    }
    await held.commit((now) => {
      const pullFailures = unreadable.size > 0 ? Math.min(now.pullFailures + 1, maxFailures) : 0;
      return nextBehind(now) === undefined ? { lease: null, pullFailures } : {};
    });
  }
}

const maxFailures = 20;

async function canRead(pull: Pull, calendarId: string): Promise<boolean> {
  try {
    await readCalendar(pull, calendarId);
    return true;
  } catch (error) {
    if (!isAttacheError(error, 'notFound', 'forbidden')) throw error;
    const { record } = pull.held;
    const isOwn = calendarId === calendarIdOf(record, record.calendarId);
    pull.logger[isOwn ? 'error' : 'warning']('calendar cannot be read', { code: error.code });
    return false;
  }
}

/** The new token is kept only once every page that it stands for has been taken over. */
async function readCalendar(pull: Pull, calendarId: string): Promise<void> {
  const { held, clock, calendarOf, logger } = pull;
  const channel = held.record.channels[calendarId];
  // Whatever was announced by now is read, whichever clock says so.
  const startedAtMs = Math.max(clock.now(), (channel?.notifiedAtMs ?? 0) + 1);
  const syncToken = channel?.syncToken ?? undefined;
  const alive = new Set<string>();
  let pageToken: string | undefined;
  let page: EventPage;
  do {
    try {
      page = await calendarOf(held.record)
        .calendar(calendarId)
        .listEvents({ ...(syncToken !== undefined && { syncToken }), ...(pageToken !== undefined && { pageToken }) });
    } catch (error) {
      if (!isAttacheError(error, 'checkpointExpired')) throw error;
      logger.warning('sync token expired');
      return held.commit((now) => changeChannel(now, calendarId, { syncToken: null, lastSyncedAtMs: null }));
    }
    await takePage(pull, calendarId, page.events);
    for (const { id, status } of page.events) if (status !== 'cancelled') alive.add(id);
    pageToken = page.nextPageToken;
    await held.keepAlive();
  } while (pageToken !== undefined);

  if (syncToken === undefined) await lookForMissing(pull, calendarId, alive);
  const { nextSyncToken = null } = page;
  await held.commit((now) => changeChannel(now, calendarId, { syncToken: nextSyncToken, lastSyncedAtMs: startedAtMs }));
}

function changeChannel(
  { channels }: Connection,
  calendarId: string,
  change: Partial<CalendarChannel>,
): Partial<Connection> {
  const channel = channels[calendarId];
  return channel ? { channels: { ...channels, [calendarId]: { ...channel, ...change } } } : {};
}

async function takePage(pull: Pull, calendarId: string, events: readonly CalendarEvent[]): Promise<void> {
  const { held, tasks } = pull;
  const { connectionId } = held.record;
  const ids = new Set(events.map(({ id, recurringEventId }) => recurringEventId ?? id));
  const linked = await tasks.findByEvents(connectionId, [...ids]);
  const changed = await pMap(
    events,
    (event) => takeEvent(pull, calendarId, event, linked.get(event.recurringEventId ?? event.id)),
    { concurrency },
  );
  await handOn(
    pull,
    changed.filter((one) => one !== undefined),
  );
}

/** Resolves with the task that now has something to write. */
async function takeEvent(
  pull: Pull,
  calendarId: string,
  event: CalendarEvent,
  linked: StoredTask | undefined,
): Promise<string | undefined> {
  const { held, tasks } = pull;
  if (!linked) return importEvent(pull, calendarId, event);
  const { taskId, link } = linked.record;
  if (event.recurringEventId !== undefined) {
    await tasks.change(taskId, (task) =>
      task.link?.eventId === event.recurringEventId ? followInstance(task, event) : undefined,
    );
    return undefined;
  }
  const isDeleted = event.status === 'cancelled';
  // Our own write, or what is left behind where the event has moved away from.
  if (isDeleted ? link?.calendarId !== calendarId : link?.etag === event.etag) return undefined;
  return lookAtTask(pull, held.record, taskId, event.id);
}

/** The event is read again: the page may be older than what the task knows by now. */
async function lookAtTask(
  { tasks, ...deps }: TaskSyncDependencies,
  connection: Connection,
  taskId: string,
  eventId: string,
): Promise<string | undefined> {
  const changed = await tasks.change(taskId, async (task) =>
    task.link?.eventId === eventId ? lookAtEvent({ tasks, ...deps }, connection, task) : undefined,
  );
  if (changed) await followCalendar(deps, connection, changed.record);
  return changed && needsPush(changed.record) ? taskId : undefined;
}

async function importEvent(pull: Pull, calendarId: string, event: CalendarEvent): Promise<undefined> {
  const { held, tasks, marks, clock } = pull;
  const { connectionId } = held.record;
  if (!isImportable(held.record, event, clock.now())) return;
  // Ours, and its task is on its way or gone: not somebody else's to take over.
  if (marks.read(event.privateProperties, { connectionId, eventId: event.id })) return;
  try {
    await tasks.create(toImportedTask(held.record, calendarId, event, mappingContext(pull, held.record)));
  } catch (error) {
    if (!isAttacheError(error, 'conflict')) throw error;
  }
}

/** After everything was listed: tasks whose events were not among it are looked after one by one. */
async function lookForMissing(pull: Pull, calendarId: string, alive: ReadonlySet<string>): Promise<void> {
  const { held, tasks } = pull;
  const { connectionId } = held.record;
  let next: Parameters<typeof tasks.listConnected>[2];
  do {
    const page = await tasks.listConnected(connectionId, 300, next);
    const missing = page.records.filter(
      ({ link }) => link !== null && link.etag !== null && link.calendarId === calendarId && !alive.has(link.eventId),
    );
    const changed = await pMap(
      missing,
      ({ taskId, link }) => lookAtTask(pull, held.record, taskId, link?.eventId ?? ''),
      { concurrency },
    );
    await handOn(
      pull,
      changed.filter((one) => one !== undefined),
    );
    await held.keepAlive();
    next = page.next;
  } while (next !== undefined);
}

async function handOn({ held, bus, settings }: Pull, taskIds: readonly string[]): Promise<void> {
  if (taskIds.length === 0) return;
  const { connectionId } = held.record;
  await bus.publish(
    settings.syncTopic,
    taskIds.map((taskId) => encodeSyncJob({ kind: 'syncTask', connectionId, taskId })),
  );
}

async function settleFailure({ held, logger }: Pull, thrown: unknown): Promise<void> {
  const error = asAttacheError(thrown);
  if (error.code === 'fencedOut') throw error;
  const pullFailures = Math.min(held.record.pullFailures + 1, maxFailures);
  try {
    await held.commit(() => ({ lease: null, pullFailures }));
  } catch {
    // The first error says more; the lease expires by itself.
  }
  if (isTransient(error)) throw error;
  if (error.kind === 'bug' || error.kind === 'conflict')
    throw new AttacheError('unavailable', error.message, { cause: error });
  // The account's trouble: the sweep tries again, less and less often.
  logger.error('calendar cannot be read', { code: error.code });
}
