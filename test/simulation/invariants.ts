import * as z from 'zod';
import { mailboxRecordSchema, type MailboxRecord } from '../../shared/domain/mailbox-record';
import type { BusMessage, DocumentSnapshot, DocumentStore, Write } from '../../shared/domain/ports';
import { messageKey } from './gmail-port';
import { largestSkewMs, type World } from './world';

/** A message that must reach the agent, and the history id at which it became news. */
interface Expectation {
  readonly mailbox: string;
  readonly historyId: string;
  readonly deliveredAtMs: number;
}

interface Recorded {
  readonly mailbox: string;
  readonly type: string;
  readonly sequence: number;
  readonly json: string;
}

export interface Acknowledged {
  readonly id: string;
  readonly historyId: string;
  /** The attempt that was answered, and whether that was after work, or after nothing but a look. */
  readonly worker: string;
  readonly hasWorked: boolean;
  readonly isAtWork: (worker: string) => boolean;
}

/** What has been seen of a mailbox. */
interface Known {
  /** Of its events, in order. */
  readonly ids: string[];
  published: number;
  gapDelivered: number;
  /** Who took the lease last. */
  holder?: string | undefined;
}

/**
 * What must be true at every write, publish and acknowledgement, and when faults have stopped. Knows from the scenario which
 * messages are news, and nothing of how the product finds them.
 */
export class Invariants {
  /** Each kind once. */
  readonly violations: string[] = [];
  doubled = 0;
  private readonly expected = new Map<string, Expectation>();
  private readonly allowed = new Set<string>();
  private readonly parked = new Set<string>();
  private readonly everParked = new Set<string>();
  private readonly events = new Map<string, Recorded>();
  /** Event id by message. */
  private readonly eventOf = new Map<string, string>();
  /** When each event was first published, by its id. */
  private readonly published = new Map<string, number>();
  private readonly mailboxes = new Map<string, Known>();
  private readonly parsed = new WeakMap<DocumentSnapshot, MailboxRecord>();

  constructor(
    private readonly world: World,
    private readonly store: DocumentStore,
  ) {}

  // ── What the scenario says ───────────────────────────────────────────────────────────────────────────────────────

  /** The message is news from now on. */
  expect(mailbox: string, messageId: string, historyId: string): void {
    const key = messageKey(mailbox, messageId);
    this.allowed.add(key);
    if (!this.expected.has(key)) this.expected.set(key, { mailbox, historyId, deliveredAtMs: this.world.nowMs });
  }

  /** The message may be delivered, or not. */
  allow(mailbox: string, messageId: string): void {
    const key = messageKey(mailbox, messageId);
    this.allowed.add(key);
    this.expected.delete(key);
  }

  isKnown(mailbox: string, messageId: string): boolean {
    return this.allowed.has(messageKey(mailbox, messageId));
  }

  /** What has not been delivered from this mailbox need not be any more. */
  excuseAll(mailbox: string): void {
    for (const [key, expectation] of this.expected) if (expectation.mailbox === mailbox) this.expected.delete(key);
  }

  // ── What the product does ────────────────────────────────────────────────────────────────────────────────────────

  /** `worker`: the attempt at a delivery that writes; undefined for what clients and schedulers ask for. */
  async commit(writes: readonly Write[], worker?: string): Promise<string[]> {
    const mailboxPaths = writes.map(({ path }) => path).filter((path) => path.startsWith('mailboxes/'));
    const before = await this.store.getAll(mailboxPaths);
    const versions = await this.store.commit(writes);
    const after = await this.store.getAll(mailboxPaths);
    const recovery = before[0] && this.parse(before[0]).recovery;
    const found = (after[0] && this.parse(after[0]).recovery?.found) ?? 0;
    const isReconciled = recovery?.kind === 'reconcile' && recovery.found < found;
    for (const write of writes) this.checkWrite(write, recovery?.kind === 'gap', isReconciled);
    for (const [index, snapshot] of after.entries()) {
      const previous = before[index];
      if (snapshot && previous) this.checkMailbox(this.parse(previous), this.parse(snapshot), worker);
    }
    return versions;
  }

  receive({ data, attributes = {}, orderingKey }: BusMessage): void {
    const id = attributes['id'] ?? '';
    const event = this.events.get(id);
    if (!event || event.json !== data || event.mailbox !== orderingKey) {
      this.violate('published what is not on record');
    } else if (!this.published.has(id)) {
      const mailbox = this.mailbox(event.mailbox);
      if (event.sequence !== ++mailbox.published) this.violate('published out of order');
      this.published.set(id, this.world.nowMs);
    }
  }

  /** Nothing is acknowledged before its work is durable: done, or left to somebody who is still to be acknowledged. */
  async acknowledged(mailboxPath: string, delivery: Acknowledged): Promise<void> {
    const snapshot = await this.store.get(mailboxPath);
    if (!snapshot) return;
    const record = this.parse(snapshot);
    const { holder = '' } = this.mailbox(record.emailAddress);
    // Pub/Sub sometimes delivers twice at once: a copy may have begun after this one had found another delivery at work.
    const isCopyAtWork = holder !== delivery.worker && (delivery.hasWorked || delivery.isAtWork(holder));
    if (record.lease?.deliveryId === delivery.id && !isCopyAtWork)
      this.violate('acknowledged while its own work was under way');
    const isUpTo = (limit: string | null) => limit !== null && !isLater(delivery.historyId, limit);
    const isLeft = isUpTo(record.notifiedHistoryId) && record.dueAtMs !== null;
    // A mailbox that was removed and registered anew begins at a checkpoint above it.
    const isDone = isUpTo(record.handledHistoryId) || isUpTo(record.checkpoint);
    if (record.status === 'active' && !isDone && !isLeft) this.violate('acknowledged without a trace');
  }

  // ── What must be true in the end ─────────────────────────────────────────────────────────────────────────────────

  /** When faults have stopped; `atRest` when nothing is under way any more. */
  async checkSettled({ atRest }: { readonly atRest: boolean }): Promise<void> {
    const isLost = (key: string) => !this.eventOf.has(key) && (atRest || !this.parked.has(key));
    for (const key of this.expected.keys()) if (isLost(key)) this.violate('message lost', key);
    for (const record of await this.records()) {
      const { emailAddress, status, checkpoint } = record;
      if (status !== 'active') continue;
      const { ids } = this.mailbox(emailAddress);
      if (ids.some((id) => !this.published.has(id))) this.violate('event on record was never published');
      if (!atRest) continue;
      if (checkpoint === null) this.violate('mailbox never got its checkpoint');
      if (record.publishedSequence !== record.sequence) this.violate('mailbox left with unpublished events');
      if (record.lease !== null || record.recovery !== null) this.violate('mailbox left with work under way');
      const { notifiedHistoryId, handledHistoryId } = record;
      if (notifiedHistoryId !== null && isLater(notifiedHistoryId, handledHistoryId ?? '0'))
        this.violate('mailbox left behind what was announced');
      if (record.dueAtMs === null) this.violate('mailbox left out of the sweep');
    }
  }

  /** Each message was with the agent within seconds. */
  checkPrompt(limitMs: number): void {
    for (const [key, { deliveredAtMs }] of this.expected) {
      const atMs = this.published.get(this.eventOf.get(key) ?? '') ?? Infinity;
      if (atMs - deliveredAtMs > limitMs) this.violate('message was late without any fault');
    }
  }

  get lost(): number {
    let lost = 0;
    for (const key of this.expected.keys()) if (!this.eventOf.has(key)) lost += 1;
    return lost;
  }

  get parkedCount(): number {
    return this.parked.size;
  }

  countEvents(type: string): number {
    return [...this.events.values()].filter((event) => event.type === type).length;
  }

  async records(): Promise<MailboxRecord[]> {
    const snapshots = await this.store.query({ collection: 'mailboxes', limit: 100 });
    return snapshots.map((snapshot) => this.parse(snapshot));
  }

  violate(what: string, ...details: string[]): void {
    this.world.note('VIOLATION', what, ...details);
    if (!this.violations.includes(what)) this.violations.push(what);
  }

  // ── How ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  private checkWrite({ path, ...write }: Write, isGap: boolean, isReconciled: boolean): void {
    const id = path.slice(path.lastIndexOf('/') + 1);
    if (path.startsWith('parkedMessages/')) {
      const key = decodeURIComponent(id).replace(':', '/');
      if (write.op === 'delete') this.parked.delete(key);
      else for (const set of [this.parked, this.everParked]) set.add(key);
      // It takes more deliveries than that to give a message up.
      if (write.op !== 'delete' && this.expected.has(key) && this.world.faults < 4)
        this.violate('message set aside too early');
    }
    if (!path.startsWith('events/')) return;
    if (write.op !== 'create') return this.violate('event record changed');

    const event = recordedSchema.parse(write.data);
    const { data } = eventSchema.parse(JSON.parse(event.json));
    const mailbox = this.mailbox(event.mailbox);
    this.events.set(id, event);
    if (event.sequence !== mailbox.ids.push(id)) this.violate('sequence is not exact');
    if (event.type === 'mailbox.gapRecovered') {
      if (data.recovered !== mailbox.gapDelivered) this.violate('gap recovery miscounted');
      mailbox.gapDelivered = 0;
    }
    if (event.type !== 'message.received') return;
    if (isGap) mailbox.gapDelivered += 1;
    const key = messageKey(event.mailbox, data.messageId ?? '');
    if (isReconciled && this.expected.has(key) && !this.everParked.has(key))
      this.violate('reconciling found what sync had missed');
    if (!this.allowed.has(key)) this.violate('message delivered that is no news');
    if (this.eventOf.has(key)) {
      this.doubled += 1;
      this.violate('message has two events');
    }
    this.eventOf.set(key, id);
  }

  private checkMailbox(old: MailboxRecord, record: MailboxRecord, worker: string | undefined): void {
    const mailbox = this.mailbox(record.emailAddress);
    if (record.sequence !== mailbox.ids.length) this.violate('sequence is not that of the newest event');
    if (record.publishedSequence > mailbox.published) this.violate('marked as published before it was');
    if (record.fence < old.fence) this.violate('fence decreased');
    const { lease } = record;
    if (lease && (old.lease?.deliveryId !== lease.deliveryId || old.fence !== record.fence)) {
      if (old.lease && old.lease.expiresAtMs > this.world.nowMs + largestSkewMs)
        this.violate('lease taken from its holder');
      if (old.fence === record.fence) this.violate('lease taken without a new fence');
      mailbox.holder = worker;
    } else if (worker !== undefined && worker !== mailbox.holder && isHoldersWrite(old, record)) {
      this.violate('written by a worker that has lost its lease');
    }
    // A mailbox that was removed begins again.
    if (old.checkpoint === null || old.status === 'removed' || old.status === 'removing') return;
    if (record.checkpoint === null || isLater(old.checkpoint, record.checkpoint))
      return this.violate('checkpoint decreased');
    if (record.checkpoint !== old.checkpoint) this.checkPassed(record.emailAddress, old.checkpoint, record.checkpoint);
    if (old.recovery?.kind !== 'gap') return;
    if (record.recovery?.kind === 'gap') {
      const isSame =
        record.recovery.targetHistoryId === old.recovery.targetHistoryId &&
        record.recovery.sinceMs === old.recovery.sinceMs;
      if (!isSame) this.violate('gap recovery started over');
    } else if (record.checkpoint !== old.recovery.targetHistoryId) {
      this.violate('gap recovery left unfinished');
    }
  }

  private checkPassed(mailbox: string, from: string, to: string): void {
    for (const [key, expectation] of this.expected) {
      const isPassed =
        expectation.mailbox === mailbox && isLater(expectation.historyId, from) && !isLater(expectation.historyId, to);
      if (isPassed && !this.eventOf.has(key) && !this.everParked.has(key))
        this.violate('checkpoint passed an undelivered message', key, expectation.historyId);
    }
  }

  private mailbox(emailAddress: string) {
    const known: Known = this.mailboxes.get(emailAddress) ?? { ids: [], published: 0, gapDelivered: 0 };
    this.mailboxes.set(emailAddress, known);
    return known;
  }

  /** Snapshots are never changed, only replaced. */
  private parse(snapshot: DocumentSnapshot): MailboxRecord {
    const record = this.parsed.get(snapshot) ?? mailboxRecordSchema.parse(snapshot.data);
    this.parsed.set(snapshot, record);
    return record;
  }
}

/** Whether the write is one that only the lease's holder may make: with a new fence, nobody holds it any more. */
function isHoldersWrite(old: MailboxRecord, record: MailboxRecord): boolean {
  if (record.fence !== old.fence) return false;
  return (['checkpoint', 'sequence', 'publishedSequence', 'lease', 'recovery', 'partial'] as const).some(
    (field) => JSON.stringify(old[field]) !== JSON.stringify(record[field]),
  );
}

/** In the test's own words, because the product may compare wrongly. */
function isLater(a: string, b: string): boolean {
  return BigInt(a) > BigInt(b);
}

const recordedSchema = z.object({ mailbox: z.string(), type: z.string(), sequence: z.number(), json: z.string() });

const eventSchema = z.object({
  data: z.object({ messageId: z.string().optional(), recovered: z.number().optional() }),
});
