import type * as z from 'zod';
import { hashAddress } from '../../shared/domain/hash-address';
import { hasUnpublished, isBehind, type MailboxRecord } from '../../shared/domain/mailbox-record';
import type { ParkedMessage } from '../../shared/store/parked-messages';
import type { mailbox, parkedMessage, status } from './schema';

export function viewMailbox(record: MailboxRecord): z.input<typeof mailbox> {
  const { status: state, recovery } = record;
  return {
    email: record.emailAddress,
    status: state === 'removing' || state === 'removed' ? 'paused' : state,
    statusReason: record.statusReason,
    labelIds: record.labelIds,
    labelFilterBehavior: record.labelFilterBehavior,
    registeredAt: toInstant(record.registeredAtMs),
    checkpoint: record.checkpoint,
    behind: isBehind(record),
    notifiedHistoryId: record.notifiedHistoryId,
    lastNotificationAt: toOptionalInstant(record.notifiedAtMs),
    lastSyncedAt: toOptionalInstant(record.lastSyncedAtMs),
    lastReconciledUntil: toInstant(record.reconciledUntilMs),
    deferredUntil: toOptionalInstant(record.deferredUntilMs),
    recovery: recovery && { kind: recovery.kind, since: toInstant(recovery.sinceMs), found: recovery.found },
    watch: { expiration: toOptionalInstant(record.watchExpirationAtMs), error: record.watchError },
    sequence: record.sequence,
    unpublishedEvents: record.sequence - record.publishedSequence,
    counters: record.counters,
    logId: hashAddress(record.emailAddress),
  };
}

export function viewParked({ messageId, attempts, code, parkedAtMs }: ParkedMessage): z.input<typeof parkedMessage> {
  return { messageId, attempts, code, parkedAt: toInstant(parkedAtMs) };
}

type Problem = z.input<typeof status>['attention'][number];

/** What a person should look at, if anything: the gravest first. */
export function problemOf(record: MailboxRecord, nowMs: number): Problem | undefined {
  const about = (problem: Problem['problem'], detail: string): Problem => ({
    email: record.emailAddress,
    problem,
    detail,
  });
  if (record.status === 'needsAuth') return about('needsAuth', record.statusReason ?? 'unknown');
  if (record.status === 'onboarding')
    return about('onboarding', record.watchError ?? 'The watch has not answered yet.');
  if (record.status !== 'active') return undefined;
  if (record.watchError !== null) return about('watchFailing', record.watchError);
  if (record.deferredUntilMs !== null && record.deferredUntilMs > nowMs)
    return about('deferred', `until ${toInstant(record.deferredUntilMs)}`);
  if (isBehind(record) && nowMs - (record.notifiedAtMs ?? nowMs) > graceMs) {
    return about('behind', `since ${toInstant(record.notifiedAtMs ?? nowMs)}`);
  }
  if (hasUnpublished(record)) return about('unpublished', `${record.sequence - record.publishedSequence} events`);
  return record.counters.parked > 0 ? about('parked', `${record.counters.parked} messages set aside`) : undefined;
}

/** A mailbox that was notified a moment ago is not yet worth anybody's attention. */
const graceMs = 60_000;

export function toInstant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function toOptionalInstant(epochMs: number | null): string | null {
  return epochMs === null ? null : toInstant(epochMs);
}
