import { isAttacheError } from '../../shared/domain/errors';
import { earlierHistoryId, laterHistoryId, type HistoryId } from '../../shared/domain/history-id';
import { candidatesOf } from '../../shared/domain/label-rules';
import type { HistoryPage, HistoryRecord } from '../../shared/domain/mailbox';
import type { MailboxRecord } from '../../shared/domain/mailbox-record';
import { deliverMessages, type Pass } from './deliver-messages';

export type HistoryOutcome =
  /** Read to the end, which was `historyId` when the reading began. */
  | { readonly kind: 'read'; readonly historyId: HistoryId }
  /** Gmail no longer has the history since the checkpoint. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'outOfTime' };

/**
 * Reads the history from the checkpoint, page by page, and delivers what it names. The checkpoint follows: to the last
 * record of each finished chunk, and after the last page to the id that the first page gave as the mailbox's current one.
 */
export async function readHistory(pass: Pass): Promise<HistoryOutcome> {
  const { held, logger } = pass;
  const startHistoryId = held.record.checkpoint;
  if (startHistoryId === null) return { kind: 'expired' };

  let firstPage: HistoryPage | undefined;
  let pageToken: string | undefined;
  do {
    if (pass.clock.now() > pass.deadlineMs) return { kind: 'outOfTime' };
    const page = await listPage(pass, startHistoryId, pageToken);
    if (!page) return { kind: 'expired' };
    firstPage ??= page;
    pageToken = page.nextPageToken;
    const { historyId } = firstPage;
    logger.info('history listed', { historyId: page.historyId, count: page.history?.length ?? 0 });

    for (const chunk of inChunks(page.history ?? [], held.record, pass.settings.chunkSize)) {
      if (pass.clock.now() > pass.deadlineMs) return { kind: 'outOfTime' };
      await deliverMessages(pass, {
        messageIds: chunk.messageIds,
        doubtful: chunk.doubtful,
        entered: chunk.entered,
        deliverFromMs: 0,
        recovers: false,
        progress: (record) => ({
          checkpoint: laterHistoryId(earlierHistoryId(chunk.lastRecordId, historyId), record.checkpoint),
        }),
      });
    }
    if (pageToken === undefined) held.stage({ checkpoint: laterHistoryId(historyId, held.record.checkpoint) });
    else if (held.hasStaged) await held.commit(() => ({ patch: {} }));
  } while (pageToken !== undefined);
  return { kind: 'read', historyId: firstPage.historyId };
}

async function listPage(
  { gmail }: Pass,
  startHistoryId: HistoryId,
  pageToken: string | undefined,
): Promise<HistoryPage | undefined> {
  try {
    return await gmail.listHistory({ startHistoryId, ...(pageToken !== undefined && { pageToken }) });
  } catch (error) {
    if (isAttacheError(error, 'checkpointExpired')) return undefined;
    throw error;
  }
}

interface Chunk {
  readonly messageIds: readonly string[];
  readonly doubtful: readonly string[];
  readonly entered: ReadonlySet<string>;
  readonly lastRecordId: HistoryId;
}

/** Cuts a page at record boundaries into chunks of about `chunkSize` messages, each named once on the page. */
function inChunks(records: readonly HistoryRecord[], watched: MailboxRecord, chunkSize: number): Chunk[] {
  const chunks: Chunk[] = [];
  const seen = new Set<string>();
  const entered = new Set<string>();
  let messageIds: string[] = [];
  let doubtful: string[] = [];
  for (const [index, record] of records.entries()) {
    for (const { messageId, isNew, enteredWatched } of candidatesOf(record, watched)) {
      if (enteredWatched) entered.add(messageId);
      if (seen.has(messageId)) continue;
      seen.add(messageId);
      messageIds.push(messageId);
      if (!isNew) doubtful.push(messageId);
    }
    if (messageIds.length < chunkSize && index < records.length - 1) continue;
    chunks.push({ messageIds, doubtful, entered, lastRecordId: record.id });
    messageIds = [];
    doubtful = [];
  }
  return chunks;
}
