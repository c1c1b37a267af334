import { AttacheError } from '../../shared/domain/errors';
import { hasRequests, type MailboxRecord, type Recovery } from '../../shared/domain/mailbox-record';
import { toGapRecoveredEvent } from '../../shared/domain/message/message-event';
import { listParked } from '../../shared/store/parked-messages';
import { commitAndPublish, deliverMessages, type Pass } from './deliver-messages';

/**
 * Begins the recovery of a gap: the mailbox's current history id is taken and stored first, then everything since the last
 * good pass is listed by date. A second crash finds the stored recovery and goes on with it.
 */
export async function beginGapRecovery({ held, gmail, settings, clock, logger }: Pass): Promise<void> {
  const profile = await gmail.getProfile();
  if (profile.emailAddress.toLowerCase() !== held.record.emailAddress) {
    throw new AttacheError('bug', 'Gmail answered for another mailbox than the one asked for.', {
      code: 'wrongMailbox',
    });
  }
  logger.warning('history expired', { historyId: held.record.checkpoint ?? '' });
  await held.commit((record) => ({
    patch: {
      recovery: {
        kind: 'gap',
        sinceMs: Math.max((record.lastSyncedAtMs ?? clock.now()) - settings.overlapMs, record.deliverFromMs),
        untilMs: null,
        targetHistoryId: profile.historyId,
        found: 0,
      },
    },
  }));
}

/**
 * Stores what is to be read outside the history, if anything: what was asked for, then the reconciliation when it is due.
 * Not staged but committed, so that a request which comes in meanwhile is a new one and not overwritten.
 */
export async function beginNextRecovery({ held, settings, clock }: Pass): Promise<void> {
  const isDue = (record: MailboxRecord) => clock.now() >= record.nextReconcileAtMs;
  const { record } = held;
  if (record.recovery !== null || !(hasRequests(record) || isDue(record))) return;
  await held.commit((current) => {
    const recovery = { sinceMs: 0, untilMs: null, targetHistoryId: null, found: 0 };
    if (current.replayRequested) {
      return { patch: { replayRequested: false, recovery: { ...recovery, kind: 'replay' } } };
    }
    const { backfillFromMs } = current;
    if (backfillFromMs !== null) {
      return { patch: { backfillFromMs: null, recovery: { ...recovery, kind: 'backfill', sinceMs: backfillFromMs } } };
    }
    const sinceMs = Math.max(current.reconciledUntilMs - settings.overlapMs, current.deliverFromMs);
    const untilMs = clock.now() - settings.reconcileLagMs;
    return { patch: { recovery: { ...recovery, kind: 'reconcile', sinceMs, untilMs } } };
  });
}

/**
 * Lists the messages of the recovery's window (of a replay: the parked ones), drops what is on record, and delivers the rest
 * oldest first in batches. What has been delivered is its stored progress: a crash in the middle lists again and goes on
 * behind it.
 */
export async function listSince(pass: Pass, recovery: Recovery): Promise<'done' | 'outOfTime'> {
  const { held, settings, clock } = pass;
  const messageIds = recovery.kind === 'replay' ? await listParkedIds(pass) : await listMessageIds(pass, recovery);
  if (messageIds === 'outOfTime') return 'outOfTime';

  for (let start = 0; start < messageIds.length; start += settings.chunkSize) {
    if (clock.now() > pass.deadlineMs) return 'outOfTime';
    const chunk = messageIds.slice(start, start + settings.chunkSize);
    await deliverMessages(pass, {
      messageIds: chunk,
      doubtful: chunk,
      entered: new Set(),
      deliverFromMs: recovery.kind === 'replay' ? 0 : held.record.deliverFromMs,
      recovers: true,
      progress: () => ({}),
    });
  }
  await finish(pass);
  return 'done';
}

async function finish(pass: Pass): Promise<void> {
  const { held, settings, clock, logger } = pass;
  const { recovery, emailAddress } = held.record;
  if (!recovery) return;
  const reconcileNextAtMs = clock.now() + settings.reconcileIntervalMs;
  switch (recovery.kind) {
    case 'gap': {
      const event = toGapRecoveredEvent(emailAddress, {
        recovered: recovery.found,
        since: new Date(recovery.sinceMs).toISOString(),
        historyId: recovery.targetHistoryId ?? '',
        time: new Date(clock.now()).toISOString(),
      });
      await commitAndPublish(pass, [{ id: event.id, type: event.type, json: JSON.stringify(event) }], (record) => ({
        patch: {
          checkpoint: recovery.targetHistoryId,
          recovery: null,
          nextReconcileAtMs: clock.now(),
          counters: { ...record.counters, gapRecovered: record.counters.gapRecovered + recovery.found },
        },
      }));
      logger.warning('gap recovered', { count: recovery.found });
      return;
    }
    case 'reconcile':
      held.stage({
        recovery: null,
        nextReconcileAtMs: reconcileNextAtMs,
        reconciledUntilMs: recovery.untilMs ?? clock.now(),
        counters: { ...held.record.counters, reconciled: held.record.counters.reconciled + recovery.found },
      });
      // The expected count is 0: an alert stands on this line.
      if (recovery.found > 0) logger.error('reconcile found missed messages', { count: recovery.found });
      return;
    case 'backfill':
    case 'replay':
      held.stage({ recovery: null });
      logger.info(`${recovery.kind} done`, { count: recovery.found });
      return;
  }
}

async function listParkedIds({ store, held }: Pass): Promise<string[]> {
  return (await listParked(store, held.record.emailAddress, 1_000)).map(({ messageId }) => messageId);
}

/** The window's message ids, oldest first (Gmail lists newest first), over all watched labels. */
async function listMessageIds(pass: Pass, recovery: Recovery): Promise<string[] | 'outOfTime'> {
  const filters = listFilters(pass.held.record);
  const watched = new Set<string>();
  for (const filter of filters) {
    if ((await listInto(watched, pass, recovery, filter)) === 'outOfTime') return 'outOfTime';
  }
  const newestFirst = new Set<string>();
  // A list of ids has no dates: the order over several labels is that of a listing of everything.
  if (filters.length > 1 && (await listInto(newestFirst, pass, recovery, { includeSpamTrash: true })) === 'outOfTime')
    return 'outOfTime';
  return [...new Set([...newestFirst, ...watched])].filter((id) => watched.has(id)).reverse();
}

async function listInto(
  ids: Set<string>,
  { gmail, clock, deadlineMs }: Pass,
  recovery: Recovery,
  filter: ListFilter,
): Promise<'listed' | 'outOfTime'> {
  let pageToken: string | undefined;
  do {
    if (clock.now() > deadlineMs) return 'outOfTime';
    const page = await gmail.listMessages({
      q: searchWindow(recovery),
      maxResults: 500,
      ...filter,
      ...(pageToken !== undefined && { pageToken }),
    });
    for (const { id } of page.messages) ids.add(id);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return 'listed';
}

function searchWindow({ sinceMs, untilMs }: Recovery): string {
  // Gmail compares whole seconds; one more on each side costs a look at the records, not a message.
  const after = `after:${Math.floor(sinceMs / 1_000) - 1}`;
  return untilMs === null ? after : `${after} before:${Math.floor(untilMs / 1_000)}`;
}

interface ListFilter {
  readonly labelIds?: readonly string[];
  readonly includeSpamTrash?: boolean;
}

/** `messages.list` wants all of its labels on a message, so each watched label is a listing of its own. */
function listFilters({ labelIds, labelFilterBehavior }: MailboxRecord): ListFilter[] {
  if (labelFilterBehavior === 'exclude' || labelIds.length === 0) return [{}];
  return labelIds.map((labelId) => ({
    labelIds: [labelId],
    includeSpamTrash: labelId === 'SPAM' || labelId === 'TRASH',
  }));
}
