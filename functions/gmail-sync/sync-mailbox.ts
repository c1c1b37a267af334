import { AttacheError, asAttacheError, isAttacheError } from '../../shared/domain/errors';
import { compareHistoryIds, laterHistoryId, type HistoryId } from '../../shared/domain/history-id';
import { hasRequests, hasUnpublished, type MailboxRecord } from '../../shared/domain/mailbox-record';
import { toNeedsAuthEvent } from '../../shared/domain/message/message-event';
import { encodeNotification } from '../../shared/domain/notification';
import type { Logger } from '../../shared/runtime/logger';
import { listEventsAfter } from '../../shared/store/event-store';
import type { Arrival } from './decide-entry';
import { commitAndPublish, publishEvents, type Pass } from './deliver-messages';
import type { SyncDependencies } from './dependencies';
import type { HeldMailbox } from './hold-mailbox';
import { beginGapRecovery, beginNextRecovery, listSince } from './list-since';
import { readHistory } from './read-history';
import { MailboxRefused, resilientMailbox } from './resilient-mailbox';

export type SyncOutcome = 'done' | 'needsAuth' | 'deferred' | 'continued';

/**
 * Brings a held mailbox up to date and gives the lease back. Resolves when all of this delivery's work is durable, so that
 * it may be acknowledged; throws when the delivery must come again.
 */
export async function syncMailbox(
  dependencies: SyncDependencies,
  held: HeldMailbox,
  arrival: Arrival,
  logger: Logger,
): Promise<SyncOutcome> {
  const deadlineMs = dependencies.clock.now() + dependencies.settings.budgetMs;
  const gmail = resilientMailbox(dependencies.mailboxes(held.record.emailAddress), deadlineMs, dependencies);
  const pass: Pass = { ...dependencies, held, gmail, logger, deadlineMs };
  try {
    await publishBacklog(pass);
    return held.record.status === 'needsAuth' ? await release(pass, {}, 'needsAuth') : await catchUp(pass, arrival);
  } catch (error) {
    held.discardStaged();
    return settleFailure(pass, error);
  }
}

/** Events of a delivery that was killed between its commit and its publish. */
async function publishBacklog(pass: Pass): Promise<void> {
  const { held, store } = pass;
  while (hasUnpublished(held.record)) {
    const events = await listEventsAfter(store, held.record.emailAddress, held.record.publishedSequence, 100);
    if (events.length === 0) throw new AttacheError('bug', 'Event records are missing below the mailbox’s sequence.');
    await publishEvents(pass, events);
  }
}

async function catchUp(pass: Pass, arrival: Arrival): Promise<SyncOutcome> {
  const { held, clock, settings, logger } = pass;
  for (let looks = 0; ;) {
    const target = held.record.notifiedHistoryId;
    const startedAtMs = clock.now();

    if (held.record.recovery?.kind !== 'gap') {
      const history = await readHistory(pass);
      if (history.kind === 'outOfTime') return handOver(pass);
      if (history.kind === 'expired') {
        await beginGapRecovery(pass);
      } else if (target !== null && compareHistoryIds(history.historyId, target) < 0) {
        const waitMs = settings.lagWaitsMs[looks++];
        if (waitMs === undefined) return leaveLagging(pass, arrival, history.historyId);
        logger.info('history lags behind the push', { historyId: history.historyId, delayMs: waitMs });
        await clock.sleep(waitMs);
        continue;
      } else {
        held.stage({ lastSyncedAtMs: startedAtMs });
        await beginNextRecovery(pass);
      }
    }
    const { recovery } = held.record;
    if (recovery !== null && (await listSince(pass, recovery)) === 'outOfTime') return handOver(pass);
    // After a gap, the history since its recovery began is still to be read.
    if (recovery?.kind !== 'gap' && (await finishOrGoOn(pass, target))) return 'done';
    looks = 0;
  }
}

/** Gives the lease back by a compare-and-set that sees no higher notified id and no request; returns false where there is one. */
async function finishOrGoOn({ held }: Pass, target: HistoryId | null): Promise<boolean> {
  let finished = false;
  await held.commit((record) => {
    const { notifiedHistoryId } = record;
    const covered =
      notifiedHistoryId === null || (target !== null && compareHistoryIds(notifiedHistoryId, target) <= 0);
    finished = covered && !hasRequests(record);
    const handledHistoryId =
      target === null ? record.handledHistoryId : laterHistoryId(target, record.handledHistoryId);
    const handled = { handledHistoryId, deferredUntilMs: null, refusals: 0, partial: false, attempts: {} };
    return { patch: finished ? { ...handled, lease: null } : handled };
  });
  return finished;
}

/** The push has announced history that cannot be listed yet: redelivery for two minutes, then the sweep, then let go. */
async function leaveLagging(pass: Pass, arrival: Arrival, listedHistoryId: HistoryId): Promise<SyncOutcome> {
  const { clock, settings, logger } = pass;
  const { notifiedAtMs } = pass.held.record;
  const ageMs = clock.now() - (notifiedAtMs ?? arrival.publishTimeMs);
  if (ageMs > settings.lagAbandonMs) {
    logger.warning('announced history never came', { historyId: listedHistoryId });
    return release(pass, { notifiedHistoryId: listedHistoryId, handledHistoryId: listedHistoryId }, 'done');
  }
  await release(pass, {}, 'done');
  if (ageMs > settings.redeliveryWindowMs) return 'deferred';
  throw new AttacheError('unavailable', 'The history that the push announced cannot be listed yet.', {
    code: 'historyLag',
  });
}

/** Out of time: the lease is given back with the progress so far, and a notification of our own goes on from there. */
async function handOver(pass: Pass): Promise<SyncOutcome> {
  const { held, bus, settings } = pass;
  await release(pass, {}, 'continued');
  const { emailAddress, notifiedHistoryId, checkpoint } = held.record;
  const data = encodeNotification({ emailAddress, historyId: notifiedHistoryId ?? checkpoint ?? '0' });
  await bus.publish(settings.notificationsTopic, [{ data, attributes: { reason: 'continue' } }]);
  return 'continued';
}

async function settleFailure(pass: Pass, thrown: unknown): Promise<SyncOutcome> {
  const { held, clock, settings, logger } = pass;
  const settleRefusal = (reason: AttacheError) =>
    refuse(pass, reason).catch((error: unknown) => settleFailure(pass, error));
  if (thrown instanceof MailboxRefused) return settleRefusal(thrown.reason);
  const error = asAttacheError(thrown);
  if (error.code === 'fencedOut') throw error;

  if (error.kind === 'rateLimited') {
    const deferredUntilMs = error.retryAfterMs ?? clock.now() + (1 + pass.random.next()) * settings.defaultDeferralMs;
    logger.warning('mailbox deferred', { code: error.code, delayMs: deferredUntilMs - clock.now() });
    await release(pass, { deferredUntilMs }, 'deferred');
    if (deferredUntilMs - clock.now() > settings.shortDeferralMs) return 'deferred';
    throw error;
  }
  if (error.code === 'failedPrecondition') {
    if (held.record.refusals + 1 >= settings.maxRefusals) return settleRefusal(error);
    await release(pass, { refusals: held.record.refusals + 1 }, 'done');
    throw error;
  }
  try {
    await release(pass, {}, 'done');
  } catch (releaseError) {
    // The first error says more; the lease expires by itself.
    if (!isAttacheError(releaseError)) throw releaseError;
  }
  throw error;
}

/** Gmail refuses the mailbox: one event, one alert, no more calls until somebody has mended it. */
async function refuse(pass: Pass, reason: AttacheError): Promise<SyncOutcome> {
  const { held, clock, logger } = pass;
  const event = toNeedsAuthEvent(held.record.emailAddress, {
    reason: reason.code,
    fix: reason.fix ?? 'Authorise the mailbox again, then register it with PUT /v1/mailboxes/{email}.',
    time: new Date(clock.now()).toISOString(),
    sequence: held.record.sequence + 1,
  });
  const { watchExpirationAtMs } = held.record;
  await commitAndPublish(pass, [{ id: event.id, type: event.type, json: JSON.stringify(event) }], (record) => {
    if (record.watchExpirationAtMs !== watchExpirationAtMs) {
      throw new AttacheError('unavailable', 'Gmail has accepted the mailbox since it refused this pass.', {
        code: 'acceptedAgain',
      });
    }
    return { patch: { status: 'needsAuth', statusReason: reason.code } };
  });
  logger.error('mailbox needs authorisation', { code: reason.code });
  return release(pass, {}, 'needsAuth');
}

async function release<Outcome>({ held }: Pass, patch: Partial<MailboxRecord>, outcome: Outcome): Promise<Outcome> {
  await held.commit(() => ({ patch: { ...patch, lease: null } }));
  return outcome;
}
