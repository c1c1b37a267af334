import type { Clock, EventBus } from '../../shared/domain/ports';
import { isBehind, type MailboxRecord } from '../../shared/domain/mailbox-record';
import { encodeNotification } from '../../shared/domain/notification';
import type { MailboxStore } from '../../shared/store/mailbox-store';
import type { PagePosition } from '../../shared/store/record-store';

export interface SweepDependencies {
  readonly mailboxStore: MailboxStore;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly notificationsTopic: string;
  /** Epoch milliseconds after which no further page is begun. */
  readonly deadlineMs: number;
}

export interface SweepCounts {
  readonly notified: number;
  /** Those of them with mail that was announced a quarter of an hour ago and has not been read. */
  readonly lagging: number;
  /** 1 when the time ran out before the last page: the next sweep goes on with the longest overdue. */
  readonly unfinished: number;
}

/**
 * Sends a notification of our own for every mailbox whose time has come: quiet for too long, behind, deferred until now, with
 * unpublished events, or to be reconciled. The work itself stays in gmail-sync, so a sweep is a fan-out, not a loop.
 */
export async function sweepMailboxes({
  mailboxStore,
  bus,
  clock,
  notificationsTopic,
  deadlineMs,
}: SweepDependencies): Promise<SweepCounts> {
  const nowMs = clock.now();
  let notified = 0;
  let lagging = 0;
  let after: PagePosition | undefined;
  do {
    if (clock.now() > deadlineMs) return { notified, lagging, unfinished: 1 };
    const { records, next } = await mailboxStore.listDue('dueAtMs', nowMs, 300, after);
    if (records.length > 0) {
      await bus.publish(
        notificationsTopic,
        records.map(({ emailAddress, notifiedHistoryId, checkpoint }) => ({
          data: encodeNotification({ emailAddress, historyId: notifiedHistoryId ?? checkpoint ?? '0' }),
          attributes: { reason: 'sweep' },
        })),
      );
    }
    notified += records.length;
    lagging += records.filter((record) => lags(record, nowMs)).length;
    after = next;
  } while (after !== undefined);
  return { notified, lagging, unfinished: 0 };
}

const lagAlertMs = 15 * 60_000;

function lags(record: MailboxRecord, nowMs: number): boolean {
  return isBehind(record) && record.notifiedAtMs !== null && record.notifiedAtMs <= nowMs - lagAlertMs;
}
