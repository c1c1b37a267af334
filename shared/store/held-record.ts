import { AttacheError, isAttacheError } from '../domain/errors';
import type { Clock } from '../domain/ports';
import type { Stored } from './record-store';

/** What a record needs to be held: who holds it until when, and a number that grows with every holder. */
export interface Leased {
  readonly fence: number;
  readonly lease: { readonly deliveryId: string; readonly expiresAtMs: number } | null;
}

export interface HoldOptions<Record> {
  readonly load: () => Promise<Stored<Record> | undefined>;
  readonly replace: (stored: Stored<Record>, patch: Partial<Record>) => Promise<Stored<Record>>;
  readonly clock: Pick<Clock, 'now'>;
  readonly deliveryId: string;
  readonly leaseMs: number;
}

/** `held` by this delivery from now on; by `another`, who will see what was written before; or `gone`. */
export type Hold<Record extends Leased> =
  | { readonly kind: 'held'; readonly held: HeldRecord<Record> }
  | { readonly kind: 'another' }
  | { readonly kind: 'gone' };

/**
 * A record whose lease this delivery holds. Every write is a compare-and-set, and whoever stalls past its lease and wakes up
 * finds another fence and cannot write.
 */
export class HeldRecord<Record extends Leased> {
  constructor(
    private stored: Stored<Record>,
    private readonly options: HoldOptions<Record>,
  ) {}

  get record(): Record {
    return this.stored.record;
  }

  /**
   * Writes what `decide` makes of the record, and extends the lease unless `decide` says otherwise; again on what somebody
   * else has made of the record meanwhile. Errors: `preconditionFailed` code `fencedOut`.
   */
  async commit(decide: (record: Record) => Partial<Record>): Promise<void> {
    for (let attempt = 1; attempt <= maxCollisions; attempt++) {
      try {
        this.stored = await this.options.replace(this.stored, {
          ...leaseOf<Record>(this.options),
          ...decide(this.record),
        });
        return;
      } catch (error) {
        if (!isAttacheError(error, 'preconditionFailed')) throw error;
        await this.reload();
      }
    }
    throw new AttacheError('unavailable', 'The record was changed by others at every try.', { code: 'contention' });
  }

  /** Extends a lease that is half over. */
  async keepAlive(): Promise<void> {
    const { clock, leaseMs } = this.options;
    const leftMs = (this.record.lease?.expiresAtMs ?? 0) - clock.now();
    if (leftMs < leaseMs / 2) await this.commit(() => ({}));
  }

  /** The record as it is, if it is still ours. */
  async reload(): Promise<void> {
    const stored = await this.options.load();
    if (!stored || stored.record.fence !== this.record.fence || stored.record.lease === null) {
      throw new AttacheError('preconditionFailed', 'Another worker holds this record now.', { code: 'fencedOut' });
    }
    this.stored = stored;
  }
}

/**
 * Takes the lease, with `note` (undefined: nothing) written in any case: whoever holds it looks at that before it ends.
 * Errors: `unavailable` code `ownLease` for a delivery whose first attempt may still be at work: it has to come again.
 */
export async function hold<Record extends Leased>(
  options: HoldOptions<Record>,
  note: (record: Record) => Partial<Record> | undefined = () => undefined,
): Promise<Hold<Record>> {
  const { load, replace, clock, deliveryId } = options;
  for (let attempt = 1; attempt <= maxCollisions; attempt++) {
    const stored = await load();
    if (!stored) return { kind: 'gone' };
    const { lease, fence } = stored.record;
    const isTaken = lease !== null && lease.expiresAtMs > clock.now();
    if (isTaken && lease.deliveryId === deliveryId) {
      throw new AttacheError('unavailable', 'The first attempt of this delivery may still be at work.', {
        code: 'ownLease',
      });
    }
    const noted = note(stored.record);
    if (isTaken && noted === undefined) return { kind: 'another' };
    const patch = isTaken ? noted : { ...noted, ...leaseOf<Record>(options), fence: fence + 1 };
    try {
      const changed = await replace(stored, patch as Partial<Record>);
      return isTaken ? { kind: 'another' } : { kind: 'held', held: new HeldRecord(changed, options) };
    } catch (error) {
      if (!isAttacheError(error, 'preconditionFailed')) throw error;
    }
  }
  throw new AttacheError('unavailable', 'The record was changed by others at every try.', { code: 'contention' });
}

const maxCollisions = 10;

function leaseOf<Record extends Leased>({
  deliveryId,
  clock,
  leaseMs,
}: Pick<HoldOptions<Record>, 'deliveryId' | 'clock' | 'leaseMs'>): Partial<Record> {
  const lease: Leased['lease'] = { deliveryId, expiresAtMs: clock.now() + leaseMs };
  // A part of Leased is a part of every record that extends it.
  return { lease } as Partial<Record>;
}
