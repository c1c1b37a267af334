import { compareHistoryIds, type HistoryId } from '../../shared/domain/history-id';
import { hasUnpublished, isBehind, isSettled, noted, type MailboxRecord } from '../../shared/domain/mailbox-record';

/** Why a notification was sent: by Gmail, or by the bundle itself. */
export type NotificationReason = 'push' | 'sweep' | 'continue' | 'syncNow';

export interface Arrival {
  readonly historyId: HistoryId;
  readonly reason: NotificationReason;
  /** Pub/Sub's message id: the same for every redelivery. */
  readonly deliveryId: string;
  readonly publishTimeMs: number;
}

export type SkipReason =
  | 'malformedNotification'
  | 'unknownMailbox'
  | 'offboarded'
  | 'onboarding'
  | 'paused'
  | 'needsAuth'
  | 'deferred'
  | 'leaseHeld'
  | 'alreadyHandled'
  | 'notDue';

export type Entry =
  /** Acknowledge. `patch` is what must be durable before. */
  | { readonly kind: 'skip'; readonly skipReason: SkipReason; readonly patch: Partial<MailboxRecord> }
  /** Not now: the delivery must come again. */
  | {
      readonly kind: 'comeAgain';
      readonly code: 'onboarding' | 'deferred' | 'ownLease';
      readonly patch: Partial<MailboxRecord>;
    }
  | { readonly kind: 'hold'; readonly patch: Partial<MailboxRecord> };

export interface EntrySettings {
  readonly leaseMs: number;
  /** A push is redelivered for at most so long; later work is the sweep's. */
  readonly redeliveryWindowMs: number;
  /** A deferral up to here is left to redelivery, a longer one to the sweep. */
  readonly shortDeferralMs: number;
}

/** What to do with a notification, given the mailbox. Pure, so that every row of this decision has a test. */
export function decideEntry(record: MailboxRecord, arrival: Arrival, nowMs: number, settings: EntrySettings): Entry {
  const skip = (skipReason: SkipReason, patch: Partial<MailboxRecord> = {}): Entry => ({
    kind: 'skip',
    skipReason,
    patch,
  });
  const note = noted(record, arrival.historyId, arrival.publishTimeMs);
  // Others were acknowledged because this delivery covers its lease: it is not acknowledged without giving that back.
  const isOwn = record.lease?.deliveryId === arrival.deliveryId;
  const handBack = isOwn ? { lease: null, fence: record.fence + 1 } : {};

  switch (record.status) {
    case 'removing':
    case 'removed':
      return skip('offboarded');
    case 'paused':
      return skip('paused', handBack);
    case 'onboarding':
      // The watch answers with a push at once; the checkpoint it sets may not be written yet.
      return nowMs - arrival.publishTimeMs < settings.redeliveryWindowMs
        ? { kind: 'comeAgain', code: 'onboarding', patch: {} }
        : skip('onboarding');
    case 'needsAuth':
      if (!hasUnpublished(record)) return skip('needsAuth', handBack);
      break;
    case 'active':
      break;
  }

  if (record.lease !== null && record.lease.expiresAtMs > nowMs) {
    // Only the holder's own delivery must not be acknowledged: whether its first attempt still works or has died, this
    // delivery is the one that covers it. Anybody else's is covered by the holder, who looks for noted ids before it ends.
    return isOwn ? { kind: 'comeAgain', code: 'ownLease', patch: {} } : skip('leaseHeld', note);
  }
  if (record.deferredUntilMs !== null && record.deferredUntilMs > nowMs) {
    return record.deferredUntilMs - nowMs <= settings.shortDeferralMs
      ? { kind: 'comeAgain', code: 'deferred', patch: note }
      : skip('deferred', note);
  }
  // With work left, even an old push is welcome: a newer one may have been acknowledged in favour of it. And so is a sweep
  // that is not due any more: its own first attempt may have been killed or have failed.
  if (isSettled(record) && !isBehind(record)) {
    if (arrival.reason === 'push' && isHandled(record, arrival.historyId)) return skip('alreadyHandled');
    const isDue = record.dueAtMs !== null && record.dueAtMs <= nowMs;
    if (arrival.reason === 'sweep' && !isDue) return skip('notDue');
  }

  return {
    kind: 'hold',
    patch: {
      ...note,
      fence: record.fence + 1,
      lease: { deliveryId: arrival.deliveryId, expiresAtMs: nowMs + settings.leaseMs },
    },
  };
}

/** Covered by a finished pass that began after this id had been named. An id equal to the checkpoint is read once. */
function isHandled(record: MailboxRecord, historyId: HistoryId): boolean {
  return record.handledHistoryId !== null && compareHistoryIds(historyId, record.handledHistoryId) <= 0;
}
