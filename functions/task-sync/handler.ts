import type { Logger } from '../../shared/runtime/logger';
import type { Authorize } from '../../shared/runtime/platform-identity';
import type { Handler } from '../../shared/runtime/serve-http';
import { servePush } from '../../shared/runtime/serve-push';
import type { TaskSyncDependencies } from './dependencies';
import { handleJob } from './handle-job';

/** The push subscription on the topic of sync jobs: one delivery in, its work durable or thrown back. */
export function createTaskSyncHandler(
  dependencies: TaskSyncDependencies,
  serving: { readonly authorize: Authorize; readonly logger: Logger },
): Handler {
  const now = () => dependencies.clock.now();
  return servePush({
    ...serving,
    now,
    ready: async () => void (await dependencies.store.get('health/ready')),
    handle: ({ messageId, data, publishTimeMs }, { logger }) =>
      handleJob(dependencies, { messageId, data, publishTimeMs: publishTimeMs ?? now() }, logger),
  });
}
