import pMap from 'p-map';
import { asAttacheError, isAttacheError } from '../../shared/domain/errors';
import { hashAddress } from '../../shared/domain/hash-address';
import type { Mailbox, Mailboxes } from '../../shared/domain/mailbox';
import { watchFailed, watched, type MailboxRecord } from '../../shared/domain/mailbox-record';
import type { Clock } from '../../shared/domain/ports';
import type { Logger } from '../../shared/runtime/logger';
import type { MailboxStore } from '../../shared/store/mailbox-store';
import type { PagePosition } from '../../shared/store/record-store';

export interface RenewalDependencies {
  readonly mailboxStore: MailboxStore;
  readonly mailboxes: Mailboxes;
  readonly clock: Clock;
  readonly topicName: string;
  readonly renewAfterMs: number;
  readonly deadlineMs: number;
}

export interface RenewalCounts {
  readonly renewed: number;
  readonly stopped: number;
  readonly failed: number;
  readonly unfinished: number;
}

/**
 * Renews every watch whose time has come, soonest first, in pages over all mailboxes; a failure stays with its mailbox and
 * is tried again within minutes. Never "stop, then start": a watch is replaced by asking again. Finishes onboardings and
 * offboardings that were cut off, and tries mailboxes that need authorisation again.
 */
export async function renewWatches(dependencies: RenewalDependencies, logger: Logger): Promise<RenewalCounts> {
  const { mailboxStore, clock, deadlineMs } = dependencies;
  const nowMs = clock.now();
  const counts = { renewed: 0, stopped: 0, failed: 0, unfinished: 0 };
  let after: PagePosition | undefined;
  do {
    if (clock.now() > deadlineMs) return { ...counts, unfinished: 1 };
    const { records, next } = await mailboxStore.listDue('watchRenewAtMs', nowMs, 100, after);
    const outcomes = await pMap(records, (record) => renewOne(dependencies, record, logger), { concurrency: 10 });
    for (const outcome of outcomes) counts[outcome] += 1;
    after = next;
  } while (after !== undefined);
  return counts;
}

async function renewOne(
  dependencies: RenewalDependencies,
  record: MailboxRecord,
  logger: Logger,
): Promise<'renewed' | 'stopped' | 'failed'> {
  const { mailboxStore, mailboxes, clock, topicName, renewAfterMs } = dependencies;
  const { emailAddress, labelIds, labelFilterBehavior, watchExpirationAtMs } = record;
  try {
    if (record.status === 'removing') {
      await stopIfAllowed(mailboxes(emailAddress));
      await mailboxStore.change(emailAddress, ({ status }) =>
        status === 'removing'
          ? { patch: { status: 'removed', watchRenewAtMs: null, watchExpirationAtMs: null } }
          : undefined,
      );
      return 'stopped';
    }
    const answer = await mailboxes(emailAddress).watch({ topicName, labelIds, labelFilterBehavior });
    await mailboxStore.change(emailAddress, (current) =>
      current.status === 'removing' || current.status === 'removed'
        ? undefined
        : { patch: watched(current, answer, clock.now(), renewAfterMs) },
    );
    return 'renewed';
  } catch (thrown) {
    const error = asAttacheError(thrown);
    const mailboxId = hashAddress(emailAddress);
    logger.error('watch renewal failed', { mailboxId, code: error.code, status: record.status });
    if (record.status === 'active' && (watchExpirationAtMs ?? Infinity) < clock.now() + expiryAlertMs) {
      logger.error('watch expires soon', { mailboxId, expiresAtMs: watchExpirationAtMs ?? undefined });
    }
    await mailboxStore
      .change(emailAddress, (current) =>
        current.status === 'removed' ? undefined : { patch: watchFailed(current, error.code, clock.now()) },
      )
      // It stays due, then, and the next run comes back to it.
      .catch(() => undefined);
    return 'failed';
  }
}

const expiryAlertMs = 48 * 3_600_000;

/** Without consent the watch cannot be stopped, and does not live on for more than a week either. */
async function stopIfAllowed(mailbox: Mailbox): Promise<void> {
  try {
    await mailbox.stop();
  } catch (error) {
    if (!isAttacheError(error, 'unauthorized', 'forbidden', 'notFound')) throw error;
  }
}
