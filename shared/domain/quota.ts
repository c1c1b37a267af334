import { AttacheError } from './errors';
import type { Mailbox, Mailboxes } from './mailbox';
import type { Clock } from './ports';

/** Quota units of Gmail's methods (projects created since May 2026), per call. */
export interface UnitCosts {
  readonly getProfile: number;
  readonly listHistory: number;
  readonly listMessages: number;
  readonly getMessage: number;
  readonly getAttachment: number;
  readonly watch: number;
  readonly stop: number;
}

export const gmailUnitCosts: UnitCosts = {
  getProfile: 1,
  listHistory: 2,
  listMessages: 5,
  getMessage: 20,
  getAttachment: 20,
  watch: 100,
  stop: 50,
};

export interface QuotaGovernorOptions {
  readonly clock: Clock;
  readonly mailboxUnitsPerMinute: number;
  /** This instance's share of the project's budget. */
  readonly projectUnitsPerMinute: number;
  /** A call that would have to wait longer is refused as `rateLimited` instead. */
  readonly maxWaitMs: number;
  readonly unitCosts?: UnitCosts;
}

/**
 * Keeps the calls of every mailbox, and of all together, inside Gmail's budgets by making them wait for their units.
 * A mailbox has one worker at a time (its lease), so an instance sees all the units it spends there.
 */
export function governQuota(mailboxes: Mailboxes, options: QuotaGovernorOptions): Mailboxes {
  const { clock, maxWaitMs, unitCosts = gmailUnitCosts } = options;
  const project = new TokenBucket(options.projectUnitsPerMinute, clock.now());
  const perMailbox = new Map<string, TokenBucket>();

  async function spend(emailAddress: string, units: number): Promise<void> {
    const nowMs = clock.now();
    const own = bucketOf(emailAddress, nowMs);
    const waitMs = Math.max(own.waitMs(units, nowMs), project.waitMs(units, nowMs));
    if (waitMs > maxWaitMs) {
      throw new AttacheError('rateLimited', 'The configured quota of Gmail units is spent for now.', {
        code: 'quotaGoverned',
        retryAfterMs: nowMs + waitMs,
      });
    }
    own.take(units, nowMs);
    project.take(units, nowMs);
    if (waitMs > 0) await clock.sleep(waitMs);
  }

  function bucketOf(emailAddress: string, nowMs: number): TokenBucket {
    const bucket = perMailbox.get(emailAddress) ?? new TokenBucket(options.mailboxUnitsPerMinute, nowMs);
    // The least recently used one goes first: a bucket that was left alone for a minute is full anyway.
    perMailbox.delete(emailAddress);
    perMailbox.set(emailAddress, bucket);
    if (perMailbox.size > maxBuckets) perMailbox.delete(perMailbox.keys().next().value ?? '');
    return bucket;
  }

  return (emailAddress) => {
    const mailbox = mailboxes(emailAddress);
    const after = async <T>(units: number, call: () => Promise<T>): Promise<T> => {
      await spend(emailAddress, units);
      return call();
    };
    const governed: Mailbox = {
      emailAddress: mailbox.emailAddress,
      getProfile: () => after(unitCosts.getProfile, () => mailbox.getProfile()),
      listHistory: (request) => after(unitCosts.listHistory, () => mailbox.listHistory(request)),
      listMessages: (request) => after(unitCosts.listMessages, () => mailbox.listMessages(request)),
      getMessage: (id) => after(unitCosts.getMessage, () => mailbox.getMessage(id)),
      getAttachment: (messageId, attachmentId) =>
        after(unitCosts.getAttachment, () => mailbox.getAttachment(messageId, attachmentId)),
      watch: (request) => after(unitCosts.watch, () => mailbox.watch(request)),
      stop: () => after(unitCosts.stop, () => mailbox.stop()),
    };
    return governed;
  };
}

const maxBuckets = 10_000;

/** Refills evenly; the level may go below zero, which is what later callers wait for: first come, first served. */
class TokenBucket {
  private level: number;

  constructor(
    private readonly unitsPerMinute: number,
    private filledAtMs: number,
  ) {
    this.level = unitsPerMinute;
  }

  waitMs(units: number, nowMs: number): number {
    this.refill(nowMs);
    return Math.max(0, ((units - this.level) / this.unitsPerMinute) * 60_000);
  }

  take(units: number, nowMs: number): void {
    this.refill(nowMs);
    this.level -= units;
  }

  private refill(nowMs: number): void {
    // A clock that is set back takes nothing away.
    const elapsedMs = Math.max(0, nowMs - this.filledAtMs);
    this.level = Math.min(this.unitsPerMinute, this.level + (elapsedMs / 60_000) * this.unitsPerMinute);
    this.filledAtMs = nowMs;
  }
}
