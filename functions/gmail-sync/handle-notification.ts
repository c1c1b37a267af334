import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import { hashAddress } from '../../shared/domain/hash-address';
import { decodeNotification } from '../../shared/domain/notification';
import type { Logger } from '../../shared/runtime/logger';
import { decideEntry, type Arrival, type NotificationReason, type SkipReason } from './decide-entry';
import type { SyncDependencies } from './dependencies';
import { HeldMailbox } from './hold-mailbox';
import { syncMailbox, type SyncOutcome } from './sync-mailbox';

/** The parts of a Pub/Sub push that this function reads. */
export interface NotificationDelivery {
  readonly messageId: string;
  readonly dataBase64: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly publishTimeMs: number;
}

export type NotificationOutcome =
  | { readonly kind: 'done'; readonly result: SyncOutcome }
  | { readonly kind: 'skipped'; readonly skipReason: SkipReason };

/**
 * One delivery of a mailbox notification. Resolves when it may be acknowledged; throws a transient error when it must come
 * again. What cannot get better by redelivery (malformed, unknown, offboarded) is skipped without a call to Gmail.
 */
export async function handleNotification(
  dependencies: SyncDependencies,
  delivery: NotificationDelivery,
  logger: Logger,
): Promise<NotificationOutcome> {
  const notification = decodeNotification(delivery.dataBase64);
  if (!notification) return { kind: 'skipped', skipReason: 'malformedNotification' };
  const ownLogger = logger.child({ mailboxId: hashAddress(notification.emailAddress) });
  const arrival: Arrival = {
    historyId: notification.historyId,
    reason: reasonOf(delivery.attributes),
    deliveryId: delivery.messageId,
    publishTimeMs: delivery.publishTimeMs,
  };
  ownLogger.info('notification received', { historyId: arrival.historyId, reason: arrival.reason });

  const entry = await enter(dependencies, notification.emailAddress, arrival);
  if (!(entry instanceof HeldMailbox)) return { kind: 'skipped', skipReason: entry };
  return { kind: 'done', result: await syncMailbox(dependencies, entry, arrival, ownLogger) };
}

/** The mailbox, held; or why there is nothing to do. Waits a little for the first attempt of the same delivery. */
async function enter(
  dependencies: SyncDependencies,
  emailAddress: string,
  arrival: Arrival,
): Promise<HeldMailbox | SkipReason> {
  const { mailboxStore, clock, settings } = dependencies;
  let waits = 0;
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const stored = await mailboxStore.load(emailAddress);
    if (!stored) return 'unknownMailbox';
    const entry = decideEntry(stored.record, arrival, clock.now(), settings);
    try {
      const changed =
        Object.keys(entry.patch).length > 0 ? await mailboxStore.replace(stored, { patch: entry.patch }) : stored;
      if (entry.kind === 'hold') return new HeldMailbox(changed, mailboxStore, clock, settings.leaseMs);
      if (entry.kind === 'skip') return entry.skipReason;
    } catch (error) {
      if (isAttacheError(error, 'preconditionFailed')) continue;
      throw error;
    }
    const waitMs = entry.code === 'ownLease' ? ownLeaseWaitsMs[waits++] : undefined;
    if (waitMs === undefined) {
      throw new AttacheError('unavailable', 'The mailbox cannot be read just now; the delivery comes again.', {
        code: entry.code,
      });
    }
    await clock.sleep(waitMs);
  }
  throw new AttacheError('unavailable', 'The mailbox was changed by others at every try.', { code: 'contention' });
}

const maxAttempts = 12;
const ownLeaseWaitsMs = [250, 500, 1_000, 2_000, 4_000];

function reasonOf(attributes: Readonly<Record<string, string>>): NotificationReason {
  const { reason } = attributes;
  return reason === 'sweep' || reason === 'continue' || reason === 'syncNow' ? reason : 'push';
}
