import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { newChannel, newConnection } from '../shared/domain/connection';
import { DAY_MS } from '../shared/domain/instant';
import { encodeSyncJob, type SyncJob } from '../shared/domain/sync-job';
import { emptyContent } from '../shared/domain/task/edit-task';
import { completeTask, newTask, taskSchema } from '../shared/domain/task/task';
import { clock } from '../shared/runtime/system';
import { createChannelRecord } from '../shared/store/channel-store';
import { createConnectionStore } from '../shared/store/connection-store';
import { expectDone, prepared, type Work, type WorkPlace } from './first-works';

export const syncTopic = 'task-sync';
const pulled = 'task-sync-pulled';

/** One connection with one followed calendar, and the first works of the functions that keep tasks and events the same. */
export async function prepareTaskWorks(place: WorkPlace): Promise<Readonly<Record<string, Work>>> {
  const { emailAddress, workspace, pubsub, asAgent, asScheduler, asPush } = place;
  const channel = { channelId: randomUUID(), token: randomUUID(), resourceId: 'resource' };
  const connectionId = await followCalendar(place, channel);
  await pubsub.subscribe(syncTopic, pulled);

  const { events } = workspace.calendar;
  const tasks = createWaitingTasks(place, connectionId);
  const expectJob = async (job: SyncJob) => {
    const jobs = await pubsub.pull(pulled);
    const { data } = encodeSyncJob(job);
    expectDone(
      jobs.some((sent) => sent.data === data),
      `the job ${data}`,
    );
  };

  return {
    connections: {
      prepare: prepared,
      request: () => asAgent('GET', '/v1/connections'),
      check: async (answer) => expectDone(answer.includes(`"${connectionId}"`), 'the connection'),
    },
    tasks: {
      prepare: prepared,
      request: () => asAgent('POST', '/v1/tasks', { email: emailAddress, title: 'Send the numbers' }),
      async check(answer) {
        const { id: taskId } = z.object({ id: z.string() }).parse(JSON.parse(answer));
        await expectJob({ kind: 'syncTask', connectionId, taskId });
        await tasks.forget(taskId);
      },
    },
    'task-sync': {
      prepare: tasks.make,
      request: () => asPush(encodeSyncJob({ kind: 'syncTask', connectionId, taskId: tasks.newest() }).data),
      async check() {
        const { link, revision, settledRevision } = await tasks.load(tasks.newest());
        expectDone(link?.etag != null && settledRevision === revision, 'a task that is settled');
        if (link) expectDone(events.get(emailAddress, emailAddress, link.eventId).id === link.eventId, 'its event');
        if (link) events.delete(emailAddress, emailAddress, link.eventId);
        await tasks.forget(tasks.newest());
      },
    },
    'calendar-webhook': {
      prepare: prepared,
      request: () => ({
        path: '/',
        init: {
          method: 'POST',
          headers: {
            'x-goog-channel-id': channel.channelId,
            'x-goog-channel-token': channel.token,
            'x-goog-resource-id': channel.resourceId,
            'x-goog-resource-state': 'exists',
          },
        },
      }),
      check: () => expectJob({ kind: 'pullCalendar', connectionId, calendarId: emailAddress }),
    },
    'calendar-sweep': {
      prepare: tasks.make,
      request: () => asScheduler('/sync-pending'),
      async check(answer) {
        expectDone(answer.includes('"sent":1,'), 'one job');
        await expectJob({ kind: 'syncTask', connectionId, taskId: tasks.newest() });
        await tasks.forget(tasks.newest());
      },
    },
  };
}

/** A connection as it is an hour after it was made: no sweep has to look at it. Resolves with its id. */
async function followCalendar(
  { emailAddress, store }: WorkPlace,
  { token, ...channel }: { readonly channelId: string; readonly token: string; readonly resourceId: string },
): Promise<string> {
  const nowMs = clock.now();
  const tokenHash = createHash('sha256').update(token).digest('hex');
  const connection = newConnection({ kind: 'delegation', owner: emailAddress, connectedEmail: emailAddress }, nowMs);
  const { connectionId } = connection;
  const expiresAtMs = nowMs + 7 * DAY_MS;
  const followed = { ...newChannel, ...channel, tokenHash, expiresAtMs, lastSyncedAtMs: nowMs };
  await createConnectionStore({ store, clock }).create({
    ...connection,
    timeZone: 'UTC',
    channels: { [emailAddress]: followed },
  });
  await store.commit([createChannelRecord({ ...channel, tokenHash, connectionId, calendarId: emailAddress }, nowMs)]);
  return connectionId;
}

/** Tasks that have waited for their event for so long that a sweep looks at them. */
function createWaitingTasks({ emailAddress, store }: WorkPlace, connectionId: string) {
  let newest = '';
  const pathOf = (taskId: string) => `tasks/${taskId}`;
  return {
    newest: () => newest,
    make: async (): Promise<void> => {
      newest = `tsk_${randomUUID()}`;
      const hourAgoMs = clock.now() - 3_600_000;
      const content = {
        ...emptyContent,
        title: 'Send the numbers',
        due: new Date(hourAgoMs + 30 * DAY_MS).toISOString(),
      };
      const task = newTask(newest, { owner: emailAddress, connectionId }, content, hourAgoMs);
      await store.commit([{ op: 'create', path: pathOf(newest), data: completeTask(task, hourAgoMs) }]);
    },
    load: async (taskId: string) => taskSchema.parse((await store.get(pathOf(taskId)))?.data),
    forget: async (taskId: string) => void (await store.commit([{ op: 'delete', path: pathOf(taskId) }])),
  };
}
