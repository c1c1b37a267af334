import type { Connection } from '../../shared/domain/connection';
import type { Clock, DocumentStore, EventBus, Random } from '../../shared/domain/ports';
import type { SyncCalendar } from '../../shared/domain/sync-calendar';
import type { MappingContext } from '../../shared/domain/task/map-event';
import type { Marks } from '../../shared/domain/task/mark';
import type { Zoom } from '../../shared/domain/zoom';
import type { ConnectionStore } from '../../shared/store/connection-store';
import type { TaskStore } from '../../shared/store/task-store';

export interface TaskSyncSettings {
  readonly syncTopic: string;
  /** Names this installation in its events. */
  readonly deployment: string;
  readonly managedBy: string;
  /** Where Google announces changes: the public address of `calendar-webhook`. */
  readonly webhookUrl: string;
  readonly leaseMs: number;
}

/** Everything task-sync reaches the world through. */
export interface TaskSyncDependencies {
  readonly store: DocumentStore;
  readonly tasks: TaskStore;
  readonly connections: ConnectionStore;
  readonly calendarOf: (connection: Connection) => SyncCalendar;
  /** Undefined where the deployment has no Zoom account. */
  readonly zoom: Zoom | undefined;
  readonly marks: Marks;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly random: Random;
  /** 256 random bits, base64url. */
  readonly newToken: () => string;
  readonly settings: TaskSyncSettings;
}

export const defaultTaskSyncSettings = { syncTopic: 'task-sync', managedBy: 'Attaché', leaseMs: 90_000 } as const;

export function mappingContext(deps: TaskSyncDependencies, connection: Connection): MappingContext {
  const { timeZone, taskTypeColors } = connection;
  return {
    timeZone: timeZone ?? 'UTC',
    taskTypeColors,
    managedBy: deps.settings.managedBy,
    nowMs: deps.clock.now(),
  };
}
