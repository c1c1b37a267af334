import * as z from 'zod';
import { compareHistoryIds, historyIdSchema, laterHistoryId, type HistoryId } from './history-id';

/**
 * Everything the bundle knows about one mailbox, in one document (`mailboxes/{address}`), so that one compare-and-set on
 * its version is lease, fence, checkpoint and hand-over at once. Times are epoch milliseconds.
 */
export const mailboxRecordSchema = z.object({
  emailAddress: z.string(),
  domain: z.string(),
  status: z.enum(['onboarding', 'active', 'paused', 'needsAuth', 'removing', 'removed']),
  /** Why the mailbox needs attention: the error's code. */
  statusReason: z.string().nullable(),
  registeredAtMs: z.number(),

  labelIds: z.array(z.string()),
  labelFilterBehavior: z.enum(['include', 'exclude']),
  watchExpirationAtMs: z.number().nullable(),
  /** When the watch is renewed next, or its failed renewal (or stop) tried again; null when it is not to be. */
  watchRenewAtMs: z.number().nullable(),
  watchFailures: z.number(),
  watchError: z.string().nullable(),

  /** Every message up to here has its event record or was skipped for good. Null until the first watch has answered. */
  checkpoint: historyIdSchema.nullable(),
  /** Messages that arrived earlier are not replayed, except by `backfillSince`. */
  deliverFromMs: z.number(),
  /** The highest history id a push has named, and when that push was published. */
  notifiedHistoryId: historyIdSchema.nullable(),
  notifiedAtMs: z.number().nullable(),
  /** The highest notified id that a finished pass has covered. Below `notifiedHistoryId`: the mailbox is behind. */
  handledHistoryId: historyIdSchema.nullable(),
  /** Start of the last pass that read the history to its end. */
  lastSyncedAtMs: z.number().nullable(),

  /** The number of the newest event record, and of the newest one that is on the bus. Without gaps. */
  sequence: z.number(),
  publishedSequence: z.number(),

  /** Grows by one with every holder of the lease; a holder that finds another number has lost it. */
  fence: z.number(),
  lease: z.object({ deliveryId: z.string(), expiresAtMs: z.number() }).nullable(),

  /** Google asked for quiet until then. */
  deferredUntilMs: z.number().nullable(),
  /** Reading that is under way outside the history: by date after a gap, to reconcile or to backfill; or parked messages again. */
  recovery: z
    .object({
      kind: z.enum(['gap', 'reconcile', 'backfill', 'replay']),
      sinceMs: z.number(),
      untilMs: z.number().nullable(),
      /** gap only: the mailbox's history id taken before the listing began; the checkpoint moves there at the end. */
      targetHistoryId: historyIdSchema.nullable(),
      /** Messages delivered by it so far. */
      found: z.number(),
    })
    .nullable(),
  /** Asked for through the API, and not begun yet. */
  replayRequested: z.boolean(),
  backfillFromMs: z.number().nullable(),
  nextReconcileAtMs: z.number(),
  /** Upper end of the last reconciled window. */
  reconciledUntilMs: z.number(),
  /** Messages past the checkpoint may have records already: a page was left half done. */
  partial: z.boolean(),
  /** Deliveries that failed on a message, by message id, until it is parked or its batch is settled. */
  attempts: z.record(z.string(), z.number()),
  /** Passes in a row that Gmail refused with the ambiguous `failedPrecondition`. */
  refusals: z.number(),

  /** When the sweep looks at the mailbox next; null when there is nothing to look for. */
  dueAtMs: z.number().nullable(),

  counters: z.object({
    delivered: z.number(),
    skipped: z.number(),
    parked: z.number(),
    gapRecovered: z.number(),
    reconciled: z.number(),
  }),
});

export type MailboxRecord = z.infer<typeof mailboxRecordSchema>;
export type Recovery = NonNullable<MailboxRecord['recovery']>;

export interface WatchSettings {
  readonly labelIds: readonly string[];
  readonly labelFilterBehavior: 'include' | 'exclude';
}

export function newMailboxRecord(emailAddress: string, settings: WatchSettings, nowMs: number): MailboxRecord {
  return {
    emailAddress,
    domain: emailAddress.slice(emailAddress.lastIndexOf('@') + 1),
    status: 'onboarding',
    statusReason: null,
    registeredAtMs: nowMs,
    labelIds: [...settings.labelIds],
    labelFilterBehavior: settings.labelFilterBehavior,
    watchExpirationAtMs: null,
    watchRenewAtMs: nowMs,
    watchFailures: 0,
    watchError: null,
    checkpoint: null,
    deliverFromMs: nowMs,
    notifiedHistoryId: null,
    notifiedAtMs: null,
    handledHistoryId: null,
    lastSyncedAtMs: null,
    sequence: 0,
    publishedSequence: 0,
    fence: 0,
    lease: null,
    deferredUntilMs: null,
    recovery: null,
    replayRequested: false,
    backfillFromMs: null,
    nextReconcileAtMs: nowMs,
    reconciledUntilMs: nowMs,
    partial: false,
    attempts: {},
    refusals: 0,
    dueAtMs: null,
    counters: { delivered: 0, skipped: 0, parked: 0, gapRecovered: 0, reconciled: 0 },
  };
}

/** Whether a pass has nothing left to finish but what a new push would bring. */
export function isSettled(record: MailboxRecord): boolean {
  return (
    record.lease === null &&
    record.recovery === null &&
    !record.partial &&
    !hasUnpublished(record) &&
    !hasRequests(record)
  );
}

export function hasRequests({ replayRequested, backfillFromMs }: MailboxRecord): boolean {
  return replayRequested || backfillFromMs !== null;
}

export function hasUnpublished(record: MailboxRecord): boolean {
  return record.publishedSequence < record.sequence;
}

export function isBehind(record: MailboxRecord): boolean {
  const { notifiedHistoryId, handledHistoryId } = record;
  return (
    notifiedHistoryId !== null &&
    (handledHistoryId === null || compareHistoryIds(notifiedHistoryId, handledHistoryId) > 0)
  );
}

/** The change that notes a push. */
export function noted(record: MailboxRecord, historyId: HistoryId, publishTimeMs: number): Partial<MailboxRecord> {
  const isNews = record.notifiedHistoryId === null || compareHistoryIds(historyId, record.notifiedHistoryId) > 0;
  return isNews
    ? { notifiedHistoryId: laterHistoryId(historyId, record.notifiedHistoryId), notifiedAtMs: publishTimeMs }
    : {};
}

/** The watch's answer as a change: the first one sets the checkpoint, a renewal never moves it. */
export function watched(
  record: MailboxRecord,
  answer: { readonly historyId: HistoryId; readonly expirationMs: number },
  nowMs: number,
  renewAfterMs: number,
): Partial<MailboxRecord> {
  return {
    watchExpirationAtMs: answer.expirationMs,
    watchRenewAtMs: Math.min(nowMs + renewAfterMs, nowMs + (answer.expirationMs - nowMs) / 2),
    watchFailures: 0,
    watchError: null,
    ...(record.checkpoint === null && {
      checkpoint: answer.historyId,
      deliverFromMs: nowMs,
      reconciledUntilMs: nowMs,
      lastSyncedAtMs: nowMs,
    }),
    ...((record.status === 'onboarding' || record.status === 'needsAuth') && {
      status: 'active' as const,
      statusReason: null,
      refusals: 0,
    }),
  };
}

/** A refused renewal as a change: tried again after 1, 2, 4 … minutes, at most hourly. */
export function watchFailed(record: MailboxRecord, code: string, nowMs: number): Partial<MailboxRecord> {
  const backoffMs = Math.min(60_000 * 2 ** record.watchFailures, 3_600_000);
  return { watchFailures: record.watchFailures + 1, watchError: code, watchRenewAtMs: nowMs + backoffMs };
}

export interface DueSettings {
  /** A mailbox from which nothing was heard for so long is read without a push. */
  readonly quietMs: number;
  /** How long unfinished work is left to redelivery before the sweep steps in. */
  readonly retryAfterMs: number;
}

/** A second, and some for clocks that differ. */
const pushDropWindowMs = 1_500;

/** When the sweep should look at this mailbox, given its state; one indexed field instead of a scan over all mailboxes. */
export function dueAt(record: MailboxRecord, nowMs: number, { quietMs, retryAfterMs }: DueSettings): number | null {
  if (record.status === 'needsAuth') return hasUnpublished(record) ? nowMs + retryAfterMs : null;
  if (record.status !== 'active') return null;
  if (record.deferredUntilMs !== null && record.deferredUntilMs > nowMs) return record.deferredUntilMs;
  if (record.lease !== null) return record.lease.expiresAtMs + retryAfterMs;
  if (!isSettled(record) || isBehind(record)) return nowMs + retryAfterMs;
  // Gmail drops pushes above one a second: what arrived right after the newest one may not have been announced at all.
  const { notifiedAtMs, lastSyncedAtMs } = record;
  if (notifiedAtMs !== null && (lastSyncedAtMs ?? 0) < notifiedAtMs + pushDropWindowMs)
    return notifiedAtMs + retryAfterMs;
  const heardAtMs = Math.max(notifiedAtMs ?? 0, lastSyncedAtMs ?? 0, record.registeredAtMs);
  return Math.min(heardAtMs + quietMs, record.nextReconcileAtMs);
}
