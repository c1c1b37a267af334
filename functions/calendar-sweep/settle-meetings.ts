import pMap from 'p-map';
import { asAttacheError, isAttacheError } from '../../shared/domain/errors';
import type { StoredMeeting } from '../../shared/domain/meeting/meeting-record';
import { settleMeeting, type SettleDependencies } from '../../shared/domain/meeting/settle-meeting';
import type { Logger } from '../../shared/runtime/logger';

export interface SettleCounts {
  readonly settled: number;
  /** Could not be brought to rest now; looked at again later, the less often the longer it lasts. */
  readonly postponed: number;
  readonly published: number;
  /** 1 when the time ran out before the last page: the next sweep goes on with the longest overdue. */
  readonly unfinished: number;
}

const pageSize = 50;
const concurrency = 5;
const minPostponementMs = 300_000;
const maxPostponementMs = 6 * 3_600_000;

/** Expired holds, changes and cancellations that somebody began and did not finish, links that were late, events unpublished. */
export async function settleMeetings(
  deps: SettleDependencies & { readonly logger: Logger; readonly deadlineMs: number },
): Promise<SettleCounts> {
  const { meetings, clock, deadlineMs } = deps;
  let settled = 0;
  let postponed = 0;
  let isUnfinished = true;
  while (clock.now() < deadlineMs && isUnfinished) {
    const due = await meetings.listDue(clock.now(), pageSize);
    const outcomes = await pMap(due, (stored) => settleOne(deps, stored), { concurrency });
    settled += outcomes.filter((isSettled) => isSettled).length;
    postponed += outcomes.filter((isSettled) => !isSettled).length;
    isUnfinished = due.length === pageSize;
  }
  const published = await meetings.publishRecorded();
  return { settled, postponed, published, unfinished: isUnfinished ? 1 : 0 };
}

async function settleOne(
  deps: SettleDependencies & { readonly logger: Logger },
  stored: StoredMeeting,
): Promise<boolean> {
  const { meetings, clock, logger } = deps;
  const { id: meetingId, status, updatedAtMs, createdAtMs } = stored.record;
  try {
    await settleMeeting(deps, stored);
    logger.info('meeting settled', { meetingId, status });
    return true;
  } catch (thrown) {
    const error = asAttacheError(thrown);
    // Its maker has come back, or another sweep was faster.
    if (error.kind === 'preconditionFailed') return true;
    logger.warning('meeting not settled', { meetingId, status, code: error.code, error });
    const ageMs = clock.now() - Math.max(updatedAtMs, createdAtMs);
    const delayMs = Math.min(Math.max(ageMs, minPostponementMs), maxPostponementMs);
    try {
      await meetings.postpone(stored, clock.now() + delayMs);
    } catch (failure) {
      if (!isAttacheError(failure, 'preconditionFailed')) throw failure;
    }
    return false;
  }
}
