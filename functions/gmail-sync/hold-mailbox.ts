import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import type { MailboxRecord } from '../../shared/domain/mailbox-record';
import type { Clock } from '../../shared/domain/ports';
import type { MailboxStore } from '../../shared/store/mailbox-store';
import type { RecordChange, Stored } from '../../shared/store/record-store';

/**
 * A mailbox whose lease this invocation holds. Every write is a compare-and-set on the document that also carries the
 * fence: whoever stalls past its lease and wakes up finds another fence and cannot write.
 */
export class HeldMailbox {
  private staged: Partial<MailboxRecord> = {};

  constructor(
    private stored: Stored<MailboxRecord>,
    private readonly mailboxes: MailboxStore,
    private readonly clock: Clock,
    private readonly leaseMs: number,
  ) {}

  get record(): MailboxRecord {
    return { ...this.stored.record, ...this.staged };
  }

  /** Kept in mind and written with the next commit, to save a round trip. Only facts that a crash may forget. */
  stage(patch: Partial<MailboxRecord>): void {
    this.staged = { ...this.staged, ...patch };
  }

  get hasStaged(): boolean {
    return Object.keys(this.staged).length > 0;
  }

  /**
   * Writes what `decide` makes of the record, and extends the lease unless `decide` gives it back. A notification that was
   * noted in between makes the compare-and-set fail; then the record is read and `decide` asked again.
   * Errors: `preconditionFailed` code `fencedOut` when somebody else holds the mailbox now; `conflict` of a write.
   */
  async commit(decide: (record: MailboxRecord) => RecordChange<MailboxRecord>): Promise<void> {
    for (let attempt = 1; attempt <= maxCollisions; attempt++) {
      const change = decide(this.record);
      const lease = this.stored.record.lease && {
        ...this.stored.record.lease,
        expiresAtMs: this.clock.now() + this.leaseMs,
      };
      try {
        this.stored = await this.mailboxes.replace(this.stored, {
          ...change,
          patch: { lease, ...this.staged, ...change.patch },
        });
        this.staged = {};
        return;
      } catch (error) {
        if (!isAttacheError(error, 'preconditionFailed', 'conflict')) throw error;
        const collided = await this.reload();
        if (isAttacheError(error, 'conflict') && !collided) throw error;
      }
    }
    throw new AttacheError('unavailable', 'The mailbox was changed by others at every try.', { code: 'contention' });
  }

  /**
   * Forgets what was staged, after an error: the outcome of the last commit may be unknown, and a staged checkpoint could
   * then be older than the one that is stored.
   */
  discardStaged(): void {
    this.staged = {};
  }

  private async reload(): Promise<boolean> {
    const { record: before, updateTime } = this.stored;
    const stored = await this.mailboxes.load(before.emailAddress);
    if (!stored || stored.record.fence !== before.fence || stored.record.lease === null) {
      throw new AttacheError('preconditionFailed', 'Another worker holds this mailbox now.', { code: 'fencedOut' });
    }
    this.stored = stored;
    return stored.updateTime !== updateTime;
  }
}

const maxCollisions = 10;
