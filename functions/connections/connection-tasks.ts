import pMap from 'p-map';
import type { Connection } from '../../shared/domain/connection';
import type { Clock, EventBus } from '../../shared/domain/ports';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import { flagTask } from '../../shared/domain/task/edit-task';
import { needsPush, wantsEvent, type Task } from '../../shared/domain/task/task';
import type { RecordPage } from '../../shared/store/record-store';
import type { PagePosition } from '../../shared/store/record-store';
import type { TaskStore } from '../../shared/store/task-store';
import type { ConnectionTasks } from './dependencies';

const pageSize = 300;
const concurrency = 20;

export function createConnectionTasks({
  tasks,
  bus,
  clock,
  syncTopic,
}: {
  readonly tasks: Pick<TaskStore, 'listOf' | 'listConnected' | 'change'>;
  readonly bus: EventBus;
  readonly clock: Pick<Clock, 'now'>;
  readonly syncTopic: string;
}): ConnectionTasks {
  return {
    async counts({ connectionId }) {
      const counts = { pending: 0, synced: 0, conflicts: 0 };
      for await (const page of pages((after) => tasks.listConnected(connectionId, pageSize, after))) {
        for (const task of page) {
          if (task.conflict !== null) counts.conflicts++;
          else if (needsPush(task)) counts.pending++;
          else if (task.link !== null) counts.synced++;
        }
      }
      return counts;
    },

    async requestSync({ connectionId, owner }, { all }) {
      let count = 0;
      for await (const page of pages((after) => tasks.listOf({ owners: [owner] }, pageSize, after))) {
        const chosen = page.filter((task) => isFor(task, connectionId) && (all ? isOpen(task) : isUnlinked(task)));
        await pMap(
          chosen.filter((task) => !task.syncToCalendar || task.connectionId !== connectionId),
          ({ taskId }) => tasks.change(taskId, (task) => flagTask(task, connectionId, clock.now())),
          { concurrency },
        );
        const jobs = chosen.map(({ taskId }) => encodeSyncJob({ kind: 'syncTask', connectionId, taskId }));
        if (jobs.length > 0) await bus.publish(syncTopic, jobs);
        count += jobs.length;
      }
      return count;
    },
  };
}

async function* pages(
  read: (after: PagePosition | undefined) => Promise<RecordPage<Task>>,
): AsyncGenerator<readonly Task[]> {
  let after: PagePosition | undefined;
  do {
    const { records, next } = await read(after);
    yield records;
    after = next;
  } while (after);
}

/** A task that goes through another account stays there. */
function isFor({ connectionId }: Task, wanted: Connection['connectionId']): boolean {
  return connectionId === null || connectionId === wanted;
}

function isOpen({ status, deleted }: Task): boolean {
  return !deleted && (status === 'pending' || status === 'inProgress');
}

function isUnlinked(task: Task): boolean {
  return wantsEvent(task) && task.link === null;
}
