import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import * as z from 'zod';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { accounts, audiences, deploy, topics, type Deployment } from './deployment';
import { eventually } from './eventually';
import type { FunctionProcess } from './function-process';
import { pubsubProject } from './pubsub-emulator';
import { startRoundRobin } from './round-robin';

const users = ['ana@example.com', 'ben@example.com'];
/** `npm run test:long` has 500. */
const count = Number(process.env['TASK_COUNT'] ?? 60);

const taskList = z.object({
  tasks: z.array(
    z.object({
      id: z.string(),
      email: z.string(),
      title: z.string(),
      due: z.string().nullable(),
      syncStatus: z.string(),
      googleCalendarEventId: z.string().nullable(),
    }),
  ),
  nextPageToken: z.string().nullable(),
});
type Task = z.infer<typeof taskList>['tasks'][number];

emulatedDescribe('firestore', 'The built bundle', (firestoreHost) =>
  emulatedDescribe('pubsub', 'on the emulators', (pubsubHost) => {
    let deployment: Deployment;
    let door: Awaited<ReturnType<typeof startRoundRobin>> | undefined;
    let tasks: FunctionProcess;
    let webhook: FunctionProcess;
    /** The instances of task-sync behind the door. */
    let workers: FunctionProcess[] = [];

    beforeAll(async () => {
      deployment = await deploy({ users, firestoreHost, pubsubHost });
      const pubsub = pubsubProject(pubsubHost, deployment.projectId);
      const token = await deployment.idToken(accounts.push, audiences.push);
      door = await startRoundRobin(() => workers.map(({ url }) => url), token);
      for (const topic of Object.values(topics)) await pubsub.createTopic(topic);
      await pubsub.subscribe(topics.sync, 'task-sync', door.url);
      [tasks, webhook] = await Promise.all([deployment.start('tasks'), deployment.start('calendar-webhook')]);
      workers = await Promise.all([startWorker(), startWorker()]);
    }, 120_000);

    afterAll(async () => {
      await door?.close();
      await deployment.close();
    }, 30_000);

    test(`keeps ${count} tasks and their events the same through as many edits in the calendar and a killed worker`, async () => {
      const { calendar } = deployment.workspace;
      const killed = killWhen(() => eventsOf(0).length > count / 10);
      await pMap(
        Array.from({ length: count }, (_, i) => i),
        createTask,
        { concurrency: 8 },
      );
      await reach((all) => all.every(({ syncStatus }) => syncStatus === 'synced'), 'tasks are synced');
      await killed;
      expect([eventsOf(0).length, eventsOf(1).length]).toEqual([count / 2, count / 2]);

      for (const user of users) {
        for (const { id, summary } of calendar.events.list(user, user, { maxResults: count }).items ?? [])
          calendar.events.patch(user, user, id ?? '', { summary: `${summary}, moved by hand` });
      }
      await reach((all) => all.every(({ title }) => title.endsWith('moved by hand')), 'tasks follow their events');

      const all = await readTasks();
      expect(all).toHaveLength(count);
      expect(new Set(all.map(({ googleCalendarEventId }) => googleCalendarEventId)).size).toBe(count);
      expect(all.map(({ email, title, due }) => [email, title, due]).sort()).toEqual(
        users
          .flatMap((email, i) => eventsOf(i).map(({ summary, start }) => [email, summary, toInstant(start?.dateTime)]))
          .sort(),
      );
      expect(door?.broken()).toBeGreaterThan(0);
    }, 240_000);

    function startWorker(): Promise<FunctionProcess> {
      return deployment.start('task-sync', { changes: { CALENDAR_WEBHOOK_URL: webhook.url } });
    }

    async function createTask(index: number): Promise<void> {
      const due = new Date(Date.UTC(2027, 0, 1 + (index >> 3), 8 + (index % 8))).toISOString();
      const email = users[index % users.length];
      await deployment.call(tasks, 'POST', '/v1/tasks', { email, title: `Task ${index}`, due, syncToCalendar: true });
    }

    function eventsOf(user: number) {
      const email = users[user] ?? '';
      return deployment.workspace.calendar.events.list(email, email, { maxResults: count }).items ?? [];
    }

    /** SIGKILL to one worker in the middle of its work, and a new one in its place. */
    async function killWhen(isTime: () => boolean): Promise<void> {
      await eventually(
        () => isTime() || undefined,
        () => 'it never came to it',
        120_000,
      );
      const [victim, ...others] = workers;
      const gone = victim?.end('SIGKILL');
      const replacement = await startWorker();
      workers = [...others, replacement];
      expect(await gone).toBeNull();
    }

    async function readTasks(): Promise<Task[]> {
      const all: Task[] = [];
      for (let pageToken = ''; ;) {
        const page = taskList.parse(await deployment.call(tasks, 'GET', `/v1/tasks?pageSize=250${pageToken}`));
        all.push(...page.tasks);
        if (page.nextPageToken === null) return all;
        pageToken = `&pageToken=${encodeURIComponent(page.nextPageToken)}`;
      }
    }

    async function reach(isReached: (all: readonly Task[]) => boolean, what: string): Promise<void> {
      let all: Task[] = [];
      await eventually(
        // Reading all tasks over and over would take the time that they need.
        async () => (await sleep(2_000), isReached((all = await readTasks())) || undefined),
        () => `not yet: ${what}; ${JSON.stringify(all.find((task) => !isReached([task])))}`,
        150_000,
      );
    }
  }),
);

function toInstant(dateTime: string | null | undefined): string {
  return new Date(dateTime ?? NaN).toISOString();
}
