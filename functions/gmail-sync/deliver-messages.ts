import pMap from 'p-map';
import { AttacheError, asAttacheError, isAttacheError, type AttacheError as Failure } from '../../shared/domain/errors';
import { judgeLabels } from '../../shared/domain/label-rules';
import type { MailboxRecord } from '../../shared/domain/mailbox-record';
import { messageEventId, toMessageEvent } from '../../shared/domain/message/message-event';
import type { Logger } from '../../shared/runtime/logger';
import { createEvent, findRecorded, type EventRecord } from '../../shared/store/event-store';
import { listParked, park, unpark } from '../../shared/store/parked-messages';
import type { SyncDependencies } from './dependencies';
import type { HeldMailbox } from './hold-mailbox';
import { MailboxRefused, type SyncMailboxCalls } from './resilient-mailbox';

/** An event that has no number yet. */
export type NewEvent = Pick<EventRecord, 'id' | 'type' | 'json'>;

export interface Pass extends SyncDependencies {
  readonly held: HeldMailbox;
  readonly gmail: SyncMailboxCalls;
  readonly logger: Logger;
  /** Epoch milliseconds at which this invocation hands over. */
  readonly deadlineMs: number;
}

export interface Batch {
  readonly messageIds: readonly string[];
  /** Of these, the ones that may have an event record already. */
  readonly doubtful: readonly string[];
  /** Of these, the ones that history saw entering a watched label, whatever has become of them since. */
  readonly entered: ReadonlySet<string>;
  /** Messages that arrived before are skipped; 0 for all that history names. */
  readonly deliverFromMs: number;
  /** Whether what it delivers counts as found by the recovery under way. */
  readonly recovers: boolean;
  /** What becomes true of the mailbox when all of the batch is settled. */
  readonly progress: (record: MailboxRecord) => Partial<MailboxRecord>;
}

type Fetched =
  | { readonly id: string; readonly kind: 'news'; readonly event: NewEvent; readonly internalDateMs: number }
  | { readonly id: string; readonly kind: 'skipped' }
  | { readonly id: string; readonly kind: 'failed'; readonly error: Failure };

/**
 * Fetches a batch of messages, commits their events with the progress in one atomic write, then publishes them. Whatever
 * could be read is committed before any failure is thrown; progress is only made when every message of the batch is on
 * record, skipped for good, or parked.
 */
export async function deliverMessages(pass: Pass, batch: Batch): Promise<void> {
  const { held, store } = pass;
  const doubtful = held.record.partial ? batch.messageIds : batch.doubtful;
  const eventIdOf = (messageId: string) => messageEventId(held.record.emailAddress, messageId);
  const recorded = doubtful.length > 0 ? await findRecorded(store, doubtful.map(eventIdOf)) : new Set<string>();
  const wanted = batch.messageIds.filter((messageId) => !recorded.has(eventIdOf(messageId)));

  const parked = await findParked(pass);
  const { fetched, interruption } = await fetchAll(pass, wanted, batch, parked);
  const news = fetched.filter((message) => message.kind === 'news').sort((a, b) => a.internalDateMs - b.internalDateMs);
  const failed = fetched.filter((message) => message.kind === 'failed');
  const skipped = fetched.filter((message) => message.kind === 'skipped').length;

  const open = new Set(wanted);
  for (const { id, kind } of fetched) if (kind !== 'failed') open.delete(id);
  const unparked = batch.messageIds.filter((id) => parked.has(id) && !open.has(id));

  const verdict = judgeFailures(pass, parked, failed, fetched.length);
  const settled = interruption === undefined && verdict.pending.length === 0;
  const events = news.map(({ event }) => event);
  const writes = [
    ...verdict.toPark.map(({ id, attempts, error }) =>
      park({
        mailbox: held.record.emailAddress,
        messageId: id,
        attempts,
        code: error.code,
        parkedAtMs: pass.clock.now(),
      }),
    ),
    ...unparked.map((id) => unpark(held.record.emailAddress, id)),
  ];

  const decide: Decision = (record, delivered, isLast) => {
    const { counters, recovery } = record;
    const found = batch.recovers && recovery && { recovery: { ...recovery, found: recovery.found + delivered } };
    if (!isLast) return { patch: { partial: true, counters: count(counters, delivered), ...found } };
    const counted = count(counters, delivered, settled ? skipped : 0, verdict.toPark.length - unparked.length);
    const patch = settled
      ? { partial: false, attempts: without(record.attempts, batch.messageIds), ...batch.progress(record) }
      : { partial: true, attempts: verdict.attempts };
    return { patch: { counters: counted, ...found, ...patch }, writes };
  };
  // Nothing to record but progress, which a crash may forget: it goes along with the next commit.
  if (settled && events.length === 0 && writes.length === 0) held.stage(decide(held.record, 0, true).patch);
  else await commitAndPublish(pass, events, decide);

  for (const { id, error } of verdict.toPark)
    pass.logger.error('message parked', { gmailMessageId: id, code: error.code });
  if (interruption) throw interruption;
  const [pending] = verdict.pending;
  if (pending) {
    throw new AttacheError('unavailable', `A message could not be fetched: ${pending.error.message}`, {
      code: 'messageUnavailable',
      cause: pending.error,
    });
  }
}

type Decision = (
  record: MailboxRecord,
  delivered: number,
  /** Whether no more events follow in a commit of their own. */
  isLast: boolean,
) => { patch: Partial<MailboxRecord>; writes?: ReturnType<typeof park>[] };

/** What was set aside before: tried once each time it comes up, and left where it is if it fails again. */
async function findParked({ held, store }: Pass): Promise<Set<string>> {
  const { counters, emailAddress } = held.record;
  if (counters.parked === 0) return new Set();
  return new Set((await listParked(store, emailAddress, 1_000)).map(({ messageId }) => messageId));
}

/** Only of these messages: a batch before them is settled anew in every pass of a recovery. */
function without(attempts: MailboxRecord['attempts'], messageIds: readonly string[]): MailboxRecord['attempts'] {
  return Object.fromEntries(Object.entries(attempts).filter(([id]) => !messageIds.includes(id)));
}

function count(
  counters: MailboxRecord['counters'],
  delivered: number,
  skipped = 0,
  parked = 0,
): MailboxRecord['counters'] {
  return {
    ...counters,
    delivered: counters.delivered + delivered,
    skipped: counters.skipped + skipped,
    parked: counters.parked + parked,
  };
}

/**
 * Numbers the events, commits them with what `decide` makes of the record, and publishes them in order. Events that are on
 * record already (a delivery before this one was killed, or history and a listing by date met) are dropped.
 */
export async function commitAndPublish(pass: Pass, events: readonly NewEvent[], decide: Decision): Promise<void> {
  const groups = inGroups(events);
  const last = groups.pop() ?? [];
  for (const group of groups) await commitGroup(pass, group, (record, delivered) => decide(record, delivered, false));
  await commitGroup(pass, last, (record, delivered) => decide(record, delivered, true));
}

async function commitGroup(
  pass: Pass,
  events: readonly NewEvent[],
  decide: (record: MailboxRecord, delivered: number) => ReturnType<Decision>,
): Promise<void> {
  const { held, store, clock, logger } = pass;
  let fresh = events;
  let numbered: EventRecord[] = [];
  for (;;) {
    try {
      await held.commit((record) => {
        numbered = fresh.map((event, index) => ({
          ...event,
          mailbox: record.emailAddress,
          sequence: record.sequence + index + 1,
        }));
        const { patch, writes = [] } = decide(record, numbered.length);
        return {
          patch: { ...patch, sequence: record.sequence + numbered.length },
          writes: [...numbered.map((event) => createEvent(event, clock.now())), ...writes],
        };
      });
      break;
    } catch (error) {
      if (!isAttacheError(error, 'conflict')) throw error;
      const recorded = await findRecorded(
        store,
        fresh.map(({ id }) => id),
      );
      if (recorded.size === 0) throw error;
      fresh = fresh.filter(({ id }) => !recorded.has(id));
    }
  }
  if (numbered.length > 0) logger.info('events committed', { count: numbered.length, sequence: held.record.sequence });
  await publishEvents(pass, numbered);
}

/** Publishes events that are on record, and notes them as published with the next commit. */
export async function publishEvents(pass: Pass, events: readonly EventRecord[]): Promise<void> {
  const last = events.at(-1);
  if (!last) return;
  await pass.bus.publish(
    pass.settings.eventsTopic,
    events.map(({ id, type, mailbox, json }) => ({
      data: json,
      attributes: { id, type, mailbox, 'content-type': 'application/cloudevents+json' },
      orderingKey: mailbox,
    })),
  );
  pass.held.stage({ publishedSequence: last.sequence });
  const { notifiedAtMs } = pass.held.record;
  pass.logger.info('events published', {
    count: events.length,
    sequence: last.sequence,
    lagMs: notifiedAtMs === null ? undefined : pass.clock.now() - notifiedAtMs,
  });
}

async function fetchAll(
  pass: Pass,
  messageIds: readonly string[],
  batch: Batch,
  parked: ReadonlySet<string>,
): Promise<{ fetched: Fetched[]; interruption: Error | undefined }> {
  let interruption: Error | undefined;
  const results = await pMap(
    messageIds,
    async (id): Promise<Fetched | undefined> => {
      if (interruption) return undefined;
      try {
        return await fetchOne(pass, id, batch, parked);
      } catch (error) {
        // The mailbox is refused or throttled: no use in asking for the others.
        if (error instanceof MailboxRefused || isAttacheError(error, 'rateLimited')) interruption = error;
        else return { id, kind: 'failed', error: asAttacheError(error) };
        return undefined;
      }
    },
    { concurrency: pass.settings.fetchConcurrency },
  );
  return { fetched: results.filter((result) => result !== undefined), interruption };
}

async function fetchOne(
  { gmail, held, logger }: Pass,
  id: string,
  { entered, deliverFromMs }: Batch,
  parked: ReadonlySet<string>,
): Promise<Fetched> {
  try {
    const message = await gmail.getMessage(id);
    // A parked message was on its way to the agent already.
    const verdict = judgeLabels(message.labelIds, held.record, entered.has(id) || parked.has(id));
    const internalDateMs = Number(message.internalDate);
    if (verdict !== 'deliver' || internalDateMs < deliverFromMs) {
      logger.debug('message skipped', {
        gmailMessageId: id,
        skipReason: verdict === 'deliver' ? 'beforeOnboarding' : verdict,
      });
      return { id, kind: 'skipped' };
    }
    const event = toMessageEvent(held.record.emailAddress, message);
    return { id, kind: 'news', event: { id: event.id, type: event.type, json: JSON.stringify(event) }, internalDateMs };
  } catch (error) {
    if (!isAttacheError(error, 'notFound')) throw error;
    logger.info('message skipped', { gmailMessageId: id, skipReason: 'deletedMeanwhile' });
    return { id, kind: 'skipped' };
  }
}

interface Verdict {
  readonly pending: readonly { id: string; error: Failure }[];
  readonly toPark: readonly { id: string; error: Failure; attempts: number }[];
  readonly attempts: Readonly<Record<string, number>>;
}

/**
 * Which failures are waited for and which messages are set aside: a delivery counts as one attempt at each of them. A
 * message that is parked already is neither, also where its batch has to wait for others.
 */
function judgeFailures(
  { held, settings }: Pass,
  parked: ReadonlySet<string>,
  failed: readonly { id: string; error: Failure }[],
  fetchedCount: number,
): Verdict {
  const waiting = failed.filter(({ id }) => !parked.has(id));
  // When nothing at all can be fetched it is rather Gmail that is in trouble than every single message. Then one of them
  // counts at a time: an outage sets little aside, and messages that are all broken do not block the mailbox for good.
  const counted = failed.length < fetchedCount ? waiting : waiting.slice(0, 1);
  const attempts = { ...held.record.attempts };
  for (const { id } of counted) attempts[id] = (attempts[id] ?? 0) + 1;
  const rated = waiting.map((failure) => ({ ...failure, attempts: attempts[failure.id] ?? 0 }));
  const toPark = rated.filter((failure) => failure.attempts >= settings.maxAttemptsPerMessage);
  const pending = rated.filter((failure) => failure.attempts < settings.maxAttemptsPerMessage);
  return {
    pending,
    toPark,
    attempts: without(
      attempts,
      toPark.map(({ id }) => id),
    ),
  };
}

/** Firestore takes 10 MiB a commit. */
const maxCommitBytes = 6 * 1024 * 1024;

function inGroups(events: readonly NewEvent[]): NewEvent[][] {
  const groups: NewEvent[][] = [];
  let bytes = Infinity;
  for (const event of events) {
    const size = Buffer.byteLength(event.json);
    if (bytes + size > maxCommitBytes) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(event);
    bytes += size;
  }
  return groups;
}
