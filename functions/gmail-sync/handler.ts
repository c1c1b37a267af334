import type { Logger } from '../../shared/runtime/logger';
import { done, skipped } from '../../shared/runtime/outcome';
import type { Authorize } from '../../shared/runtime/platform-identity';
import type { Handler } from '../../shared/runtime/serve-http';
import { servePush } from '../../shared/runtime/serve-push';
import type { SyncDependencies } from './dependencies';
import { handleNotification } from './handle-notification';

/** The push subscription on the notifications topic: one delivery in, its work durable or thrown back. */
export function createGmailSyncHandler(
  dependencies: SyncDependencies,
  serving: { readonly authorize: Authorize; readonly logger: Logger },
): Handler {
  const now = () => dependencies.clock.now();
  return servePush({
    ...serving,
    now,
    ready: async () => void (await dependencies.store.get('health/ready')),
    handle: async (delivery, { logger }) => {
      const publishTimeMs = delivery.publishTimeMs ?? now();
      const outcome = await handleNotification(dependencies, { ...delivery, publishTimeMs }, logger);
      return outcome.kind === 'skipped' ? skipped(outcome.skipReason) : done;
    },
  });
}
