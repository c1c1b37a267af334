import type { Logger } from '../../shared/runtime/logger';
import { methodNotAllowed, serveHttp, type Handler } from '../../shared/runtime/serve-http';
import { receiveNotification, type WebhookDependencies } from './receive-notification';

/** Google's announcements of changes. Public: whoever calls is told apart by what only Google and the store know. */
export function createCalendarWebhookHandler(
  dependencies: WebhookDependencies,
  serving: { readonly logger: Logger; readonly now: () => number },
): Handler {
  return serveHttp({
    ...serving,
    ready: async () => void (await dependencies.store.get('health/ready')),
    answer: async ({ method, headers, note }) => {
      if (method !== 'POST') throw methodNotAllowed(['POST']);
      note({ outcome: await receiveNotification(dependencies, headers) });
      return { status: 204 };
    },
  });
}
