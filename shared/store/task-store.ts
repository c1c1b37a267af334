import { AttacheError, isAttacheError } from '../domain/errors';
import type { Clock, DocumentStore, Write } from '../domain/ports';
import { completeTask, linkKeyOf, taskSchema, type Task } from '../domain/task/task';
import { isVisiblyOther, toTaskEvent } from '../domain/task/view-task';
import type { EventOutbox, OutgoingEvent } from './event-outbox';
import { createRecordStore, type PagePosition, type RecordPage, type Stored } from './record-store';

export type StoredTask = Stored<Task>;

export type TaskScope = { readonly owners: readonly string[] } | { readonly domain: string };

/**
 * Tasks, one document each. Every write that a reader would notice makes a new version, and records the event that tells of
 * it in the same commit; the event is published after it.
 */
export interface TaskStore {
  load(taskId: string): Promise<StoredTask | undefined>;
  /** Errors: `conflict` when it exists. */
  create(task: Task): Promise<StoredTask>;
  /** One compare-and-set on the version given. Errors: `preconditionFailed`. */
  replace(stored: StoredTask, patch: Partial<Task>): Promise<StoredTask>;
  /**
   * Reads, decides and writes until nobody came in between. `decide` returns undefined to leave the task alone. Resolves
   * with the task as it now is; undefined when there is none.
   */
  change(
    taskId: string,
    decide: (task: Task) => Partial<Task> | undefined | Promise<Partial<Task> | undefined>,
  ): Promise<StoredTask | undefined>;
  /** Forgets a deleted task whose event is gone. Errors: `preconditionFailed`. */
  remove(stored: StoredTask): Promise<void>;
  /** The tasks whose events these are, by event id. */
  findByEvents(connectionId: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, StoredTask>>;
  /** Tasks of these owners, at most 30, or of a domain, by id; deleted ones among them. */
  listOf(scope: TaskScope, limit: number, after?: PagePosition): Promise<RecordPage<Task>>;
  listConflicts(scope: TaskScope, limit: number, after?: PagePosition): Promise<RecordPage<Task>>;
  /** Tasks that go through a connection, by id. */
  listConnected(connectionId: string, limit: number, after?: PagePosition): Promise<RecordPage<Task>>;
  /** Tasks whose time has come, the longest overdue first. */
  listDue(nowMs: number, limit: number, after?: PagePosition): Promise<RecordPage<Task>>;
}

export function createTaskStore({
  store,
  clock,
  outbox,
}: {
  readonly store: DocumentStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly outbox: Pick<EventOutbox, 'record' | 'publish'>;
}): TaskStore {
  const records = createRecordStore({
    store,
    collection: 'tasks',
    schema: taskSchema,
    idOf: ({ taskId }) => taskId,
    complete: (task) => completeTask(task, clock.now()),
  });

  /** The events that a write is worth, recorded with it and published after it. */
  async function telling<T>(
    events: readonly OutgoingEvent[],
    write: (writes: readonly Write[]) => Promise<T>,
  ): Promise<T> {
    const result = await write(events.map((event) => outbox.record(event)));
    for (const event of events) await outbox.publish(event);
    return result;
  }

  async function replace(stored: StoredTask, patch: Partial<Task>): Promise<StoredTask> {
    const before = stored.record;
    const after = { ...before, ...patch, updatedAtMs: clock.now() };
    if (!isVisiblyOther(before, after)) return records.replace(stored, { patch });
    const version = before.version + 1;
    const told = { ...after, version };
    const isNewConflict = after.conflict !== null && after.conflict.remote.etag !== before.conflict?.remote.etag;
    const events = [
      toTaskEvent('task.updated', told),
      ...(isNewConflict ? [toTaskEvent('conflict.detected', told)] : []),
    ];
    return telling(events, (writes) => records.replace(stored, { patch: { ...patch, version }, writes }));
  }

  const from = (after: PagePosition | undefined) => after && { startAfter: after };
  const inScope = (scope: TaskScope) =>
    'domain' in scope
      ? ({ field: 'domain', op: '==', value: scope.domain } as const)
      : ({ field: 'owner', op: 'in', value: [...scope.owners] } as const);

  return {
    load: (taskId) => records.load(taskId),
    replace,
    create: (task) => telling([toTaskEvent('task.updated', task)], (writes) => records.create(task, writes)),
    remove: (stored) => records.remove(stored),

    async change(taskId, decide) {
      for (let attempt = 1; attempt <= maxCollisions; attempt++) {
        const stored = await records.load(taskId);
        const patch = stored && (await decide(stored.record));
        if (!stored || !patch) return stored;
        try {
          return await replace(stored, patch);
        } catch (error) {
          if (!isAttacheError(error, 'preconditionFailed')) throw error;
        }
      }
      throw new AttacheError('unavailable', 'The task was changed by others at every try.', { code: 'contention' });
    },

    async findByEvents(connectionId, eventIds) {
      const found = new Map<string, StoredTask>();
      for (let start = 0; start < eventIds.length; start += largestInClause) {
        const keys = eventIds.slice(start, start + largestInClause).map((eventId) => linkKeyOf(connectionId, eventId));
        const { stored } = await records.list({
          where: [{ field: 'linkKey', op: 'in', value: keys }],
          limit: largestInClause,
        });
        for (const task of stored) if (task.record.link) found.set(task.record.link.eventId, task);
      }
      return found;
    },

    listOf: (scope, limit, after) => records.list({ where: [inScope(scope)], limit, ...from(after) }),
    listConflicts: (scope, limit, after) =>
      records.list({
        where: [inScope(scope), { field: 'hasConflict', op: '==', value: true }],
        limit,
        ...from(after),
      }),
    listConnected: (connectionId, limit, after) =>
      records.list({ where: [{ field: 'connectionId', op: '==', value: connectionId }], limit, ...from(after) }),
    listDue: (nowMs, limit, after) =>
      records.list({
        where: [{ field: 'dueAtMs', op: '<=', value: nowMs }],
        orderBy: { field: 'dueAtMs', direction: 'asc' },
        limit,
        ...from(after),
      }),
  };
}

const maxCollisions = 10;
const largestInClause = 30;
