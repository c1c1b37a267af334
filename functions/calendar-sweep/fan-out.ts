import type { Connection } from '../../shared/domain/connection';
import type { Clock, EventBus } from '../../shared/domain/ports';
import { encodeSyncJob, type SyncJob } from '../../shared/domain/sync-job';
import type { ConnectionStore } from '../../shared/store/connection-store';
import type { PagePosition, RecordPage } from '../../shared/store/record-store';
import type { TaskStore } from '../../shared/store/task-store';

export interface FanOutDependencies {
  readonly tasks: Pick<TaskStore, 'listDue'>;
  readonly connections: Pick<ConnectionStore, 'listDue' | 'listAll'>;
  readonly bus: EventBus;
  readonly clock: Pick<Clock, 'now'>;
  readonly syncTopic: string;
  /** Epoch milliseconds after which no further page is begun. */
  readonly deadlineMs: number;
}

/** How many jobs were sent; `unfinished` is 1 when the time ran out: the next run goes on with the longest overdue. */
export interface FanOutCounts {
  readonly sent: number;
  readonly unfinished: number;
}

/** Sends channels to their renewal: those that are missing, and those that end within a day. */
export function refreshDueChannels(deps: FanOutDependencies): Promise<FanOutCounts> {
  const nowMs = deps.clock.now();
  return fanOut(
    deps,
    (after) => deps.connections.listDue('renewAtMs', nowMs, pageSize, after),
    ({ connectionId }) => [{ kind: 'refreshChannels', connectionId, force: false }],
  );
}

/** Sends what is unsent, oldest first, and has calendars read that nobody has heard from. */
export async function syncPending(deps: FanOutDependencies): Promise<FanOutCounts> {
  const nowMs = deps.clock.now();
  const tasks = await fanOut(
    deps,
    (after) => deps.tasks.listDue(nowMs, pageSize, after),
    // A task that nobody can send yet still wants to be looked at, for the time at which it is looked at next.
    ({ connectionId, taskId }) => [{ kind: 'syncTask', connectionId: connectionId ?? '', taskId }],
  );
  const calendars = await fanOut(
    deps,
    (after) => deps.connections.listDue('pullAtMs', nowMs, pageSize, after),
    ({ connectionId, channels }) =>
      Object.keys(channels).map((calendarId) => ({ kind: 'pullCalendar', connectionId, calendarId })),
  );
  return { sent: tasks.sent + calendars.sent, unfinished: Math.max(tasks.unfinished, calendars.unfinished) };
}

/** Has every connection's events compared with its tasks. */
export function sweepOrphans(
  deps: FanOutDependencies,
  { dryRun }: { readonly dryRun: boolean },
): Promise<FanOutCounts> {
  return fanOut(
    deps,
    (after) => deps.connections.listAll(pageSize, after),
    ({ connectionId, status, isActive }: Connection) =>
      status === 'active' && isActive ? [{ kind: 'removeOrphans', connectionId, dryRun }] : [],
  );
}

const pageSize = 300;

async function fanOut<Record>(
  { bus, clock, syncTopic, deadlineMs }: FanOutDependencies,
  list: (after: PagePosition | undefined) => Promise<RecordPage<Record>>,
  toJobs: (record: Record) => readonly SyncJob[],
): Promise<FanOutCounts> {
  let sent = 0;
  let after: PagePosition | undefined;
  do {
    if (clock.now() > deadlineMs) return { sent, unfinished: 1 };
    const { records, next } = await list(after);
    const jobs = records.flatMap((record) => toJobs(record));
    if (jobs.length > 0) await bus.publish(syncTopic, jobs.map(encodeSyncJob));
    sent += jobs.length;
    after = next;
  } while (after !== undefined);
  return { sent, unfinished: 0 };
}
