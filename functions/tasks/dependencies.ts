import type { Clock, DocumentStore, EventBus } from '../../shared/domain/ports';
import type { Logger } from '../../shared/runtime/logger';
import type { ConnectionStore } from '../../shared/store/connection-store';
import type { TaskStore } from '../../shared/store/task-store';

export interface TasksDependencies {
  readonly store: DocumentStore;
  readonly tasks: TaskStore;
  readonly connections: ConnectionStore;
  readonly bus: EventBus;
  readonly clock: Pick<Clock, 'now'>;
  readonly syncTopic: string;
  readonly managedBy: string;
  /** Whether domain-wide delegation covers the user, so that no consent is needed. */
  readonly isDelegated: (emailAddress: string) => boolean;
  readonly newId: () => string;
  readonly logger: Logger;
}
