import { asAttacheError, isAttacheError, isTransient } from '../domain/errors';
import type { Logger } from './logger';
import { asRetry, type Outcome } from './outcome';
import type { Authorize } from './platform-identity';
import { type Delivery, parsePushEnvelope } from './push-envelope';
import { MAX_BODY_BYTES, readJson } from './read-body';
import { type Answer, type Exchange, type Handler, type HttpServing, methodNotAllowed, serveHttp } from './serve-http';

export interface PushServing extends Pick<HttpServing, 'logger' | 'now' | 'ready'> {
  readonly authorize: Authorize;
  readonly handle: (delivery: Delivery, context: PushContext) => Promise<Outcome>;
}

export interface PushContext {
  /** Carries the request id, the trace and the message id. */
  readonly logger: Logger;
  readonly requestId: string;
  /** Aborted when Pub/Sub stops waiting, at the end of the ack deadline. */
  readonly signal: AbortSignal;
}

/**
 * Serves a Pub/Sub push subscription. A handled or skipped delivery is acknowledged (204); a transient error is not, so
 * that Pub/Sub delivers again; a permanent one would only fail again, so it is logged as an error and acknowledged, and
 * so is a body that is no push at all.
 */
export function servePush({ authorize, handle, ...serving }: PushServing): Handler {
  return serveHttp({
    ...serving,
    answer: async (exchange) => {
      if (exchange.method !== 'POST') throw methodNotAllowed(['POST']);
      await authorize(exchange.headers);

      const delivery = await deliveryOf(exchange);
      if (!delivery) {
        exchange.note({ outcome: 'skipped', skipReason: 'malformedEnvelope' }, 'warning');
        return ACKNOWLEDGED;
      }
      const { messageId, subscription, deliveryAttempt } = delivery;
      exchange.note({ messageId, subscription, deliveryAttempt });
      const { requestId, signal } = exchange;
      const logger = exchange.logger.child({ messageId });
      try {
        const outcome = await handle(delivery, { logger, requestId, signal });
        const skipReason = outcome.kind === 'skipped' ? outcome.skipReason : undefined;
        exchange.note({ outcome: outcome.kind, skipReason });
      } catch (thrown) {
        const error = asAttacheError(thrown);
        if (isTransient(error)) {
          exchange.note({ outcome: 'retry', error });
          throw asRetry(error);
        }
        exchange.note({ outcome: 'failed', error }, 'error');
      }
      return ACKNOWLEDGED;
    },
  });
}

const ACKNOWLEDGED: Answer = { status: 204 };

/** Undefined for whatever would be the same the next time; an upload that broke off is thrown. */
async function deliveryOf({ request }: Exchange): Promise<Delivery | undefined> {
  try {
    return parsePushEnvelope(await readJson(request, MAX_BODY_BYTES));
  } catch (error) {
    if (isAttacheError(error, 'invalid')) return undefined;
    throw error;
  }
}
