import type { Edit } from './build-subject';
import type { Exploration } from './schedules';
import type { Trouble } from './world';

/** The product with a mistake in it, and schedules that show it. */
export interface Variant {
  readonly mistake: string;
  readonly edits: readonly Edit[];
  readonly exploration: Exploration;
  /** The invariant that the mistake breaks. */
  readonly violation: string;
}

const sync = (file: string, find: string, replace: string): Edit => ({
  file: `functions/gmail-sync/${file}.ts`,
  find,
  replace,
});
const domain = (file: string, find: string, replace: string): Edit => ({
  file: `shared/domain/${file}.ts`,
  find,
  replace,
});

/** Trouble at every I/O of the scenario; without any named, the scenario as it is. */
const under = (scenario: string, ...troubles: Trouble[]): Exploration => ({ scenario, troubles, workOnly: true });

export const variants: readonly Variant[] = [
  // ── Where the checkpoint goes ────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'the checkpoint is the id of the notification',
    edits: [
      sync(
        'read-history',
        'held.stage({ checkpoint: laterHistoryId(historyId, held.record.checkpoint) })',
        'held.stage({ checkpoint: laterHistoryId(held.record.notifiedHistoryId ?? historyId, held.record.checkpoint) })',
      ),
    ],
    exploration: under('history that lags four seconds behind its push'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'only the first page is read',
    edits: [sync('read-history', 'pageToken = page.nextPageToken;', '')],
    exploration: under('seven messages over pages of two, with empty pages between'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'a page without history is taken for the last',
    edits: [
      sync(
        'read-history',
        'pageToken = page.nextPageToken;',
        'pageToken = page.history ? page.nextPageToken : undefined;',
      ),
    ],
    exploration: under('seven messages over pages of two, with empty pages between'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'the checkpoint is the history id of the last page',
    edits: [sync('read-history', 'firstPage ??= page;', 'firstPage = page;')],
    exploration: under('mail that arrives between the pages'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'a chunk sets the checkpoint of its whole page',
    edits: [sync('read-history', 'earlierHistoryId(chunk.lastRecordId, historyId)', 'historyId')],
    exploration: under('seven messages over pages of two, with empty pages between'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'history ids are compared as text',
    edits: [domain('history-id', 'if (a.length !== b.length) return a.length - b.length;', '')],
    exploration: under('ids that gain a digit'),
    violation: 'message lost',
  },
  {
    mistake: 'history ids are read as numbers',
    edits: [domain('notification', 'quoteHistoryId(json)', 'json')],
    exploration: under('ids beyond 2^53'),
    violation: 'message was late without any fault',
  },
  {
    mistake: 'a renewed watch moves the checkpoint',
    edits: [domain('mailbox-record', '...(record.checkpoint === null && {', '...({')],
    exploration: under('consent withdrawn and given again'),
    violation: 'checkpoint passed an undelivered message',
  },

  // ── What is delivered ────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'a message that cannot be read is skipped',
    edits: [sync('deliver-messages', "if (!isAttacheError(error, 'notFound')) throw error;", '')],
    exploration: under('a message that can be read at the fourth delivery'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'a message is set aside at its first failure',
    edits: [sync('dependencies', 'maxAttemptsPerMessage: 5', 'maxAttemptsPerMessage: 1')],
    exploration: under('a message that can be read at the fourth delivery'),
    violation: 'message set aside too early',
  },
  {
    mistake: 'mail that is rescued from spam is not looked for',
    edits: [domain('label-rules', 'return [...added, ...labelled];', 'return added;')],
    exploration: under('drafts, spam, rescue, own mail, archived and deleted mail'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'every attempt makes an event id of its own',
    edits: [
      domain(
        'message/message-event',
        'function eventId(type: string, mailbox: string, key: string): string {',
        'let made = 0;\nfunction eventId(type: string, mailbox: string, key: string): string {\n  key += ` ${++made}`;',
      ),
    ],
    exploration: under('drafts, spam, rescue, own mail, archived and deleted mail', 'killAfter'),
    violation: 'message has two events',
  },

  // ── Commit and publish ───────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'events are published before they are on record',
    edits: [
      sync(
        'deliver-messages',
        'await held.commit((record) => {\n        numbered =',
        `await publishEvents(
        pass,
        fresh.map((event, index) => ({
          ...event,
          mailbox: held.record.emailAddress,
          sequence: held.record.sequence + index + 1,
        })),
      );
      await held.commit((record) => {\n        numbered =`,
      ),
    ],
    exploration: under('one message'),
    violation: 'published what is not on record',
  },
  {
    mistake: 'events count as published when they are committed',
    edits: [
      sync(
        'deliver-messages',
        'patch: { ...patch, sequence: record.sequence + numbered.length },',
        `patch: {
            ...patch,
            sequence: record.sequence + numbered.length,
            publishedSequence: record.sequence + numbered.length,
          },`,
      ),
    ],
    exploration: under('one message'),
    violation: 'marked as published before it was',
  },
  {
    mistake: 'nobody publishes what a killed delivery left unpublished',
    edits: [sync('sync-mailbox', 'while (hasUnpublished(held.record)) {', 'while (false) {')],
    exploration: under('one message', 'killAfter'),
    violation: 'event on record was never published',
  },

  // ── Who works on a mailbox ───────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'a notification is acknowledged before its work is done',
    edits: [
      sync(
        'handle-notification',
        'result: await syncMailbox(dependencies, entry, arrival, ownLogger) };',
        "result: (void syncMailbox(dependencies, entry, arrival, ownLogger).catch(() => undefined), 'done') };",
      ),
    ],
    exploration: under('one message'),
    violation: 'acknowledged while its own work was under way',
  },
  {
    mistake: 'a redelivery is acknowledged while its first attempt holds the lease',
    edits: [sync('decide-entry', "? { kind: 'comeAgain', code: 'ownLease', patch: {} }", "? skip('leaseHeld', note)")],
    exploration: under('one message', 'killBefore'),
    violation: 'acknowledged while its own work was under way',
  },
  {
    mistake: 'a push that finds the lease held leaves no note',
    edits: [sync('decide-entry', "skip('leaseHeld', note)", "skip('leaseHeld')")],
    exploration: under('a push for every message, each before the last is read'),
    violation: 'acknowledged without a trace',
  },
  {
    mistake: 'the lease is given back without a look at what was noted',
    edits: [sync('sync-mailbox', 'finished = covered && !hasRequests(record);', 'finished = true;')],
    exploration: under('a push for every message, each before the last is read'),
    violation: 'message lost',
  },
  {
    mistake: 'the lease never expires',
    edits: [sync('decide-entry', 'record.lease !== null && record.lease.expiresAtMs > nowMs', 'record.lease !== null')],
    exploration: under('one message', 'killBefore'),
    violation: 'message lost',
  },
  {
    mistake: 'nobody asks for the lease',
    edits: [sync('decide-entry', 'record.lease !== null && record.lease.expiresAtMs > nowMs', 'false')],
    exploration: under('a push for every message, each before the last is read'),
    violation: 'lease taken from its holder',
  },
  {
    mistake: 'a lease without a fence',
    edits: [
      sync(
        'hold-mailbox',
        '!stored || stored.record.fence !== before.fence || stored.record.lease === null',
        '!stored',
      ),
    ],
    exploration: under('mail long after the first, and more when a worker that stalled would wake up', 'stallBefore'),
    violation: 'written by a worker that has lost its lease',
  },
  {
    mistake: 'a commit overwrites what others have written meanwhile',
    edits: [{ file: 'shared/store/record-store.ts', find: 'data, precondition: { updateTime } }', replace: 'data }' }],
    exploration: under('one message', 'stallBefore'),
    violation: 'checkpoint decreased',
  },

  // ── When history is gone, late, refused ──────────────────────────────────────────────────────────────────────────
  {
    mistake: 'expired history is answered by a fresh checkpoint',
    edits: [
      sync(
        'sync-mailbox',
        'await beginGapRecovery(pass);',
        'held.stage({ checkpoint: (await pass.gmail.getProfile()).historyId });',
      ),
    ],
    exploration: under('history that has expired'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'the recovery of a gap forgets its progress',
    edits: [sync('sync-mailbox', "if (held.record.recovery?.kind !== 'gap') {", 'if (true) {')],
    exploration: under('history that has expired', 'killAfter'),
    violation: 'gap recovery started over',
  },
  {
    mistake: 'after a gap the checkpoint is an id taken at the end',
    edits: [
      sync('list-since', "case 'gap': {", "case 'gap': {\n      const { historyId } = await pass.gmail.getProfile();"),
      sync('list-since', 'checkpoint: recovery.targetHistoryId,', 'checkpoint: historyId,'),
    ],
    exploration: under('history that has expired'),
    violation: 'checkpoint passed an undelivered message',
  },
  {
    mistake: 'a push is acknowledged although its history cannot be listed yet',
    edits: [sync('sync-mailbox', "if (ageMs > settings.redeliveryWindowMs) return 'deferred';", "return 'done';")],
    exploration: under('history that lags four seconds behind its push'),
    violation: 'message lost',
  },
  {
    mistake: 'throttling is taken for a refusal',
    edits: [
      sync(
        'sync-mailbox',
        "if (error.kind === 'rateLimited') {",
        "if (error.kind === 'rateLimited') {\n    return settleRefusal(error);",
      ),
    ],
    exploration: under('throttling'),
    violation: 'message lost',
  },
  {
    mistake: 'the sweep leaves lagging mailboxes out',
    edits: [
      domain(
        'mailbox-record',
        'if (!isSettled(record) || isBehind(record)) return nowMs + retryAfterMs;',
        'if (!isSettled(record) || isBehind(record)) return null;',
      ),
    ],
    exploration: { ...under('one message', 'failBefore'), maxDeliveryAttempts: 1 },
    violation: 'message lost',
  },
];
