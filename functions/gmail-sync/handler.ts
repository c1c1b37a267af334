import { AttacheError, asAttacheError, isTransient } from '../../shared/domain/errors';
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
      try {
        const outcome = await handleNotification(dependencies, { ...delivery, publishTimeMs }, logger);
        return outcome.kind === 'skipped' ? skipped(outcome.skipReason) : done;
      } catch (error) {
        throw asRedelivery(error);
      }
    },
  });
}

/**
 * What is permanent about a mailbox has been recorded by the time anything is thrown. Whatever else refuses (a missing grant on
 * the store or the bus) is the deployment's trouble: the delivery must come again.
 */
function asRedelivery(thrown: unknown): AttacheError {
  const error = asAttacheError(thrown);
  if (isTransient(error)) return error;
  const { code, fix } = error;
  return new AttacheError('unavailable', error.message, { code, cause: error, ...(fix !== undefined && { fix }) });
}
