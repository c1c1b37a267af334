import { syncPending, sweepOrphans } from '../../functions/calendar-sweep/fan-out';
import { defaultTaskSyncSettings, type TaskSyncDependencies } from '../../functions/task-sync/dependencies';
import { handleJob } from '../../functions/task-sync/handle-job';
import { newConnection } from '../../shared/domain/connection';
import { AttacheError, asAttacheError, isAttacheError, isTransient } from '../../shared/domain/errors';
import type { DocumentStore, EventBus } from '../../shared/domain/ports';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import { createMarks, type Marks } from '../../shared/domain/task/mark';
import type { Task } from '../../shared/domain/task/task';
import type { Zoom } from '../../shared/domain/zoom';
import { createLogger } from '../../shared/runtime/logger';
import { createConnectionStore, type ConnectionStore } from '../../shared/store/connection-store';
import { createMemoryStore } from '../../shared/store/memory';
import { createTaskStore, type TaskStore } from '../../shared/store/task-store';
import { seededRandom } from '../simulation/world';
import { CalendarModel } from '../workspace/calendar/model';
import { calendarOnModel } from './calendar-port';

export const ann = 'ann@example.com';
export const second = 'second@group.calendar.google.com';

/** What may befall an I/O. */
export interface Weather {
  /** Chances of each I/O of a worker, together below 1. */
  readonly failBefore: number;
  readonly failAfter: number;
  readonly killBefore: number;
  readonly killAfter: number;
  readonly dropWebhook: number;
  readonly doubleWebhook: number;
}

export const calm: Weather = {
  failBefore: 0,
  failAfter: 0,
  killBefore: 0,
  killAfter: 0,
  dropWebhook: 0,
  doubleWebhook: 0,
};

interface Message {
  readonly messageId: string;
  readonly data: string;
  readonly publishTimeMs: number;
}

interface Waiting {
  readonly name: string;
  readonly worker: Worker;
  readonly go: (fate: 'pass' | 'failBefore' | 'failAfter' | 'kill' | 'killAfter') => Promise<void>;
}

interface Worker {
  readonly message: Message;
  isDead: boolean;
}

/**
 * task-sync on a virtual clock: every I/O of every job waits until it is let go, one at a time and in any order, so that jobs
 * interleave in every way; it may fail before or after it happened, or end its worker there.
 */
export class TaskWorld {
  nowMs = Date.parse('2026-11-22T09:00:00Z');
  weather: Weather = calm;
  zoom: Zoom | undefined;
  readonly trace: string[] = [];
  readonly calendar: CalendarModel;
  readonly marks: Marks = createMarks('sim', 'k'.repeat(32));
  readonly connectionId: string;
  /** On the store itself: what people do does not fail here. */
  readonly tasks: TaskStore;
  readonly store: DocumentStore;
  /** Calls that change a calendar. */
  writes = 0;
  /** Those that Google has refused because the event was another by then. */
  refusals = 0;
  private commits = 0;
  readonly random: { next(): number };
  readonly bugs: string[] = [];
  readonly connections: ConnectionStore;
  private readonly inbox: Message[] = [];
  private readonly waiting: Waiting[] = [];
  private readonly running = new Set<Worker>();
  private messages = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const now = () => this.nowMs;
    this.store = createMemoryStore({ now });
    this.calendar = new CalendarModel({
      now,
      maxChannelLifetimeMs: 1e12,
      notify: ({ channelId }) => this.notified(channelId === 'one' ? ann : second),
    });
    this.calendar.createUser(ann, 'Europe/Berlin');
    this.calendar.calendars.insert(ann, { summary: 'Second' }, second);
    const clock = { now, sleep: async () => undefined };
    this.connections = createConnectionStore({ store: this.store, clock });
    const connection = newConnection({ kind: 'delegation', owner: ann, connectedEmail: ann }, this.nowMs);
    this.connectionId = connection.connectionId;
    this.tasks = createTaskStore({
      store: this.store,
      clock,
      outbox: {
        record: (event) => ({ op: 'create', path: `told/${event.id}`, data: { ...event } }),
        publish: async () => undefined,
      },
    });
  }

  async start(importExternalEvents = false): Promise<void> {
    const connection = newConnection({ kind: 'delegation', owner: ann, connectedEmail: ann }, this.nowMs);
    const channels = { ...connection.channels, [second]: connection.channels[ann]! };
    await this.connections.create({ ...connection, importExternalEvents, timeZone: 'Europe/Berlin', channels });
    this.calendar.watchEvents({ actor: ann, projectId: 'local' }, ann, channelRequest('one'));
    this.calendar.watchEvents({ actor: ann, projectId: 'local' }, second, channelRequest('two'));
  }

  publish(data: string): void {
    this.inbox.push({ messageId: String((this.messages += 1)), data, publishTimeMs: this.nowMs });
  }

  /** What a person does with a task, and the job that the API sends after it. */
  async edit(taskId: string, decide: (task: Task) => Partial<Task> | undefined): Promise<void> {
    this.commits += 1;
    await this.tasks.change(taskId, (task) => {
      const patch = decide(task);
      this.trace.push(`${this.nowMs % 1e8} person ${taskId} ${JSON.stringify(patch)}`);
      return patch;
    });
    // The API may be killed before it has sent the job.
    if (this.random.next() >= this.weather.killAfter) this.publish(jobOf(this.connectionId, taskId));
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random.next() * list.length)]!;
  }

  /** Another one whenever a task or an event is. */
  get stateId(): string {
    return [this.commits, this.calendar.calendar(ann).changeId, this.calendar.calendar(second).changeId].join();
  }

  get isIdle(): boolean {
    return this.inbox.length === 0 && this.running.size === 0;
  }

  /** Lets one thing happen; resolves with whether there was anything. */
  async step(): Promise<boolean> {
    this.nowMs += Math.floor(this.random.next() * 300);
    const choices = this.waiting.length + this.inbox.length;
    if (choices === 0) return false;
    const choice = Math.floor(this.random.next() * choices);
    const next = this.waiting[choice];
    if (next) {
      this.waiting.splice(choice, 1);
      await this.release(next);
    } else {
      this.deliver(this.inbox.splice(choice - this.waiting.length, 1)[0]!);
    }
    await settled();
    return true;
  }

  /** Until nothing is on its way. */
  async drain(): Promise<void> {
    for (let steps = 0; await this.step(); steps++) if (steps > 200_000) throw new Error('It never comes to rest.');
    if (this.running.size > 0) throw new Error('A worker waits for nothing.');
  }

  async sweep(): Promise<void> {
    const { tasks, connections } = this;
    const { bus, clock } = this.sweeper();
    await syncPending({ tasks, connections, bus, clock, syncTopic: 'task-sync', deadlineMs: Infinity });
  }

  async sweepForOrphans(): Promise<void> {
    const { tasks, connections } = this;
    const { bus, clock } = this.sweeper();
    const deps = { tasks, connections, bus, clock, syncTopic: 'task-sync', deadlineMs: Infinity };
    await sweepOrphans(deps, { dryRun: false });
  }

  private sweeper() {
    const publish: EventBus['publish'] = async (_, messages) => messages.map(({ data }) => (this.publish(data), ''));
    return { bus: { publish }, clock: { now: () => this.nowMs } };
  }

  private notified(calendarId: string): void {
    if (this.chance(this.weather.dropWebhook)) return;
    const times = this.chance(this.weather.doubleWebhook) ? 2 : 1;
    const { data } = encodeSyncJob({ kind: 'pullCalendar', connectionId: this.connectionId, calendarId });
    for (let time = 0; time < times; time++) this.publish(data);
  }

  private async release(one: Waiting): Promise<void> {
    const { failBefore, failAfter, killBefore, killAfter } = this.weather;
    const fates = [
      ['failBefore', failBefore],
      ['failAfter', failAfter],
      ['kill', killBefore],
      ['killAfter', killAfter],
    ] as const;
    let dice = this.random.next();
    const fate = fates.find(([, chance]) => (dice -= chance) < 0)?.[0] ?? 'pass';
    this.trace.push(`${this.nowMs % 1e8} ${one.worker.message.messageId} ${one.name} ${fate === 'pass' ? '' : fate}`);
    await one.go(fate);
    if (fate === 'kill' || fate === 'killAfter') {
      one.worker.isDead = true;
      for (const other of this.waiting.filter(({ worker }) => worker === one.worker))
        this.waiting.splice(this.waiting.indexOf(other), 1);
      this.running.delete(one.worker);
      this.inbox.push(one.worker.message);
    }
  }

  private deliver(message: Message): void {
    const worker: Worker = { message, isDead: false };
    this.running.add(worker);
    this.trace.push(`${this.nowMs % 1e8} ${message.messageId} ${message.data}`);
    void handleJob(this.dependenciesOf(worker), message, logger).then(
      ({ kind, ...rest }) => {
        this.running.delete(worker);
        this.trace.push(`${this.nowMs % 1e8} ${message.messageId} ${kind} ${JSON.stringify(rest)}`);
      },
      (thrown: unknown) => {
        const error = asAttacheError(thrown);
        this.running.delete(worker);
        this.trace.push(`${this.nowMs % 1e8} ${message.messageId} failed ${error.kind} ${error.code}`);
        if (error.kind === 'bug') this.bugs.push(`${error.message} ${error.stack}`);
        if (!isTransient(error)) this.bugs.push(`permanent: ${error.kind} ${error.message}`);
        // Pub/Sub waits before it delivers again.
        this.nowMs += 500;
        this.inbox.push(message);
      },
    );
  }

  private dependenciesOf(worker: Worker): TaskSyncDependencies {
    const around = <T>(name: string, run: () => Promise<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (worker.isDead) return;
        this.waiting.push({
          name,
          worker,
          go: async (fate) => {
            const failure = new AttacheError('unavailable', `${name} did not answer.`);
            if (fate === 'kill') return;
            if (fate === 'failBefore') return reject(failure);
            const isWrite = /^events\.(insert|patch|delete|move)$/.test(name);
            if (isWrite) this.writes += 1;
            try {
              const result = await run();
              if (fate === 'pass') resolve(result);
              else if (fate === 'failAfter') reject(failure);
            } catch (error) {
              if (isWrite && isAttacheError(error, 'preconditionFailed')) this.refusals += 1;
              this.trace.push(`   ${name} ${asAttacheError(error).kind} ${asAttacheError(error).message}`);
              if (fate !== 'killAfter') reject(asAttacheError(error));
            }
          },
        });
      });
    const clock = { now: () => this.nowMs, sleep: async () => undefined };
    const store: DocumentStore = {
      get: (path) => around(`get ${path}`, () => this.store.get(path)),
      getAll: (paths) => around('getAll', () => this.store.getAll(paths)),
      query: (query) => around(`query ${query.collection}`, () => this.store.query(query)),
      commit: (writes) =>
        around(`commit ${writes[0]?.path}`, () => {
          this.commits += 1;
          return this.store.commit(writes);
        }),
      runTransaction: (run) => around('transaction', () => this.store.runTransaction(run)),
    };
    const bus: EventBus = {
      publish: (topic, messages) =>
        around(`publish ${topic}`, async () => messages.map(({ data }) => (this.publish(data), ''))),
    };
    return {
      store,
      tasks: createTaskStore({
        store,
        clock,
        outbox: {
          record: (event) => ({ op: 'create', path: `told/${event.id}`, data: { ...event } }),
          publish: async () => undefined,
        },
      }),
      connections: createConnectionStore({ store, clock }),
      calendarOf: () => calendarOnModel(this.calendar, ann, around, clock.now),
      zoom: this.zoom,
      marks: this.marks,
      bus,
      clock,
      random: this.random,
      newToken: () => 'token',
      settings: { ...defaultTaskSyncSettings, deployment: 'sim', webhookUrl: 'https://hooks.example.com/' },
    };
  }
}

export function jobOf(connectionId: string, taskId: string): string {
  return encodeSyncJob({ kind: 'syncTask', connectionId, taskId }).data;
}

const logger = createLogger({ now: () => 0, write: () => undefined });

function channelRequest(id: string) {
  return { id, type: 'web_hook', address: 'https://hooks.example.com/', expiration: String(Date.parse('2036-01-01')) };
}

/** All that follows in microtasks has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
