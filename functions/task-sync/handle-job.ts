import { encodeSyncJob, syncJob, type SyncJob } from '../../shared/domain/sync-job';
import { forgetLink } from '../../shared/domain/task/edit-task';
import { needsPush } from '../../shared/domain/task/task';
import type { Logger } from '../../shared/runtime/logger';
import { done, skipped, type Outcome } from '../../shared/runtime/outcome';
import type { TaskSyncDependencies } from './dependencies';
import { pullCalendars } from './pull-calendars';
import { pushTask } from './push-task';
import { refreshChannels } from './refresh-channels';
import { removeOrphans } from './remove-orphans';

export interface JobDelivery {
  readonly messageId: string;
  /** JSON text. */
  readonly data: string;
  readonly publishTimeMs: number;
}

/** One job of the topic `task-sync`. Resolves when it may be acknowledged; throws when it has to come again. */
export async function handleJob(deps: TaskSyncDependencies, delivery: JobDelivery, logger: Logger): Promise<Outcome> {
  const job = parseJob(delivery.data);
  if (!job) return skipped('malformedJob');
  const outcome = await run(deps, job, delivery, logger);
  return outcome === 'done' ? done : skipped(outcome);
}

function run(
  deps: TaskSyncDependencies,
  job: SyncJob,
  { messageId: deliveryId, publishTimeMs }: JobDelivery,
  logger: Logger,
) {
  switch (job.kind) {
    case 'syncTask':
      return pushTask(deps, job.taskId, deliveryId, logger);
    case 'pullCalendar':
      return pullCalendars(deps, { ...job, deliveryId, publishTimeMs }, logger);
    case 'refreshChannels':
      return refreshChannels(deps, job, logger);
    case 'clearLinks':
      return clearLinks(deps, job);
    case 'removeOrphans':
      return removeOrphans(deps, job, logger);
  }
}

function parseJob(data: string) {
  try {
    return syncJob.parse(JSON.parse(data));
  } catch {
    return undefined;
  }
}

/** The tasks get events of their own in the other account; the old ones stay where they are. */
async function clearLinks(
  { tasks, bus, settings }: TaskSyncDependencies,
  { connectionId, successorId }: Extract<SyncJob, { kind: 'clearLinks' }>,
): Promise<'done'> {
  let next: Parameters<typeof tasks.listConnected>[2];
  do {
    const page = await tasks.listConnected(connectionId, 300, next);
    for (const { taskId } of page.records) {
      const changed = await tasks.change(taskId, (task) =>
        task.connectionId === connectionId
          ? { ...forgetLink(task), connectionId: successorId, selectedCalendarId: null }
          : undefined,
      );
      if (changed && needsPush(changed.record))
        await bus.publish(settings.syncTopic, [encodeSyncJob({ kind: 'syncTask', connectionId: successorId, taskId })]);
    }
    next = page.next;
  } while (next !== undefined);
  return 'done';
}
