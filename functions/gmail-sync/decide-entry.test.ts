import { newMailboxRecord, type MailboxRecord } from '../../shared/domain/mailbox-record';
import { decideEntry, type Arrival, type NotificationReason } from './decide-entry';

const nowMs = 1_800_000_000_000;
const settings = { leaseMs: 90_000, redeliveryWindowMs: 120_000, shortDeferralMs: 60_000 };

/** Read up to id 100, nothing left to do, due in the future. */
const settled: MailboxRecord = {
  ...newMailboxRecord('ann@example.com', { labelIds: ['INBOX'], labelFilterBehavior: 'include' }, nowMs - 1_000_000),
  status: 'active',
  checkpoint: '100',
  notifiedHistoryId: '100',
  notifiedAtMs: nowMs - 500_000,
  handledHistoryId: '100',
  fence: 4,
  sequence: 7,
  publishedSequence: 7,
  dueAtMs: nowMs + 1,
};
const push: Arrival = { historyId: '101', reason: 'push', deliveryId: 'd1', publishTimeMs: nowMs - 1_000 };

const note = { notifiedHistoryId: '101', notifiedAtMs: push.publishTimeMs };
const skip = (skipReason: string, patch = {}) => ({ kind: 'skip', skipReason, patch });
const comeAgain = (code: string, patch = {}) => ({ kind: 'comeAgain', code, patch });
const hold = (patch = {}) => ({
  kind: 'hold',
  patch: { ...patch, fence: 5, lease: { deliveryId: 'd1', expiresAtMs: nowMs + settings.leaseMs } },
});
const leaseOf = (deliveryId: string, msLeft: number) => ({
  lease: { deliveryId, expiresAtMs: nowMs + msLeft },
});
const handBack = { lease: null, fence: 5 };
const unpublished = { publishedSequence: 6 };
const recovery = { kind: 'gap', sinceMs: 0, untilMs: null, targetHistoryId: '9', found: 0 } as const;

const decide = (record: Partial<MailboxRecord>, arrival: Partial<Arrival>) =>
  decideEntry({ ...settled, ...record }, { ...push, ...arrival }, nowMs, settings);

describe('by status', () => {
  test.each<[string, Partial<MailboxRecord>, Partial<Arrival>, object]>([
    ['removing', { status: 'removing', ...unpublished }, {}, skip('offboarded')],
    ['removed', { status: 'removed', ...unpublished }, {}, skip('offboarded')],
    ['paused, without noting anything', { status: 'paused', ...unpublished }, {}, skip('paused')],
    ['paused, with a lease of its own', { status: 'paused', ...leaseOf('d1', 1) }, {}, skip('paused', handBack)],
    ['paused, with the lease of another', { status: 'paused', ...leaseOf('d0', 1) }, {}, skip('paused')],
    [
      'needsAuth, with a lease of its own',
      { status: 'needsAuth', ...leaseOf('d1', 1) },
      {},
      skip('needsAuth', handBack),
    ],
    ['onboarding: the checkpoint is about to come', { status: 'onboarding' }, {}, comeAgain('onboarding')],
    [
      'onboarding for just under two minutes',
      { status: 'onboarding' },
      { publishTimeMs: nowMs - 119_999 },
      comeAgain('onboarding'),
    ],
    ['onboarding for two minutes', { status: 'onboarding' }, { publishTimeMs: nowMs - 120_000 }, skip('onboarding')],
    [
      'onboarding, by a broker whose clock is ahead',
      { status: 'onboarding' },
      { publishTimeMs: nowMs + 5_000 },
      comeAgain('onboarding'),
    ],
    ['needsAuth', { status: 'needsAuth', partial: true }, {}, skip('needsAuth')],
    ['needsAuth with events to publish', { status: 'needsAuth', ...unpublished }, {}, hold(note)],
    ['active', {}, {}, hold(note)],
  ])('%s', (_, record, arrival, entry) => {
    expect(decide(record, arrival)).toEqual(entry);
  });
});

describe('where somebody holds the lease', () => {
  test.each<[string, Partial<MailboxRecord>, Partial<Arrival>, object]>([
    ['a higher id is noted and acknowledged', leaseOf('d0', 1), {}, skip('leaseHeld', note)],
    ['an equal id is acknowledged without a write', leaseOf('d0', 1), { historyId: '100' }, skip('leaseHeld')],
    ['a lower id is acknowledged without a write', leaseOf('d0', 1), { historyId: '99' }, skip('leaseHeld')],
    ['a sweep is acknowledged', leaseOf('d0', 1), { reason: 'sweep', historyId: '100' }, skip('leaseHeld')],
    ['the holder’s own delivery comes again', leaseOf('d1', 1), {}, comeAgain('ownLease')],
    ['but not once the lease has run out', leaseOf('d1', 0), {}, hold(note)],
    ['an expired lease of another is taken over', leaseOf('d0', 0), {}, hold(note)],
    [
      'even where it is deferred as well',
      { ...leaseOf('d0', 1), deferredUntilMs: nowMs + 1 },
      {},
      skip('leaseHeld', note),
    ],
    [
      'which goes for what needsAuth has left, too',
      { status: 'needsAuth', ...unpublished, ...leaseOf('d0', 1) },
      {},
      skip('leaseHeld', note),
    ],
  ])('%s', (_, record, arrival, entry) => {
    expect(decide(record, arrival)).toEqual(entry);
  });
});

describe('while Google wants quiet', () => {
  test.each<[string, number, object]>([
    ['a minute at most: the delivery comes again', 60_000, comeAgain('deferred', note)],
    ['longer: it is noted and left to the sweep', 60_001, skip('deferred', note)],
    ['no longer', 0, hold(note)],
  ])('%s', (_, msLeft, entry) => {
    expect(decide({ deferredUntilMs: nowMs + msLeft }, {})).toEqual(entry);
  });

  test.each<NotificationReason>(['sweep', 'continue', 'syncNow'])('%s does not go round it', (reason) => {
    expect(decide({ deferredUntilMs: nowMs + 60_001 }, { reason })).toEqual(skip('deferred', note));
  });
});

describe('a push that names an id', () => {
  test.each<[string, Partial<MailboxRecord>, Partial<Arrival>, object]>([
    ['that a finished pass has covered', {}, { historyId: '100' }, skip('alreadyHandled')],
    ['below it', {}, { historyId: '7' }, skip('alreadyHandled')],
    ['above it', {}, {}, hold(note)],
    [
      'compared as a number, not as text',
      { notifiedHistoryId: '99', handledHistoryId: '99' },
      { historyId: '100' },
      hold({ ...note, notifiedHistoryId: '100' }),
    ],
    [
      'equal to the checkpoint, of which no pass has been told yet',
      { handledHistoryId: null },
      { historyId: '100' },
      hold(),
    ],
    ['covered, with a page half done', { partial: true }, { historyId: '100' }, hold()],
    ['covered, with a recovery under way', { recovery }, { historyId: '100' }, hold()],
    ['covered, with events to publish', unpublished, { historyId: '100' }, hold()],
    ['covered, with a replay asked for', { replayRequested: true }, { historyId: '100' }, hold()],
    ['covered, with a backfill asked for', { backfillFromMs: 0 }, { historyId: '100' }, hold()],
    ['covered, by a worker that died before it gave the lease back', leaseOf('d0', 0), { historyId: '100' }, hold()],
  ])('%s', (_, record, arrival, entry) => {
    expect(decide(record, arrival)).toEqual(entry);
  });
});

describe('a notification of our own', () => {
  test.each<[string, Partial<MailboxRecord>, NotificationReason, object]>([
    ['sweep, not due any more', {}, 'sweep', skip('notDue')],
    ['sweep, never due', { dueAtMs: null }, 'sweep', skip('notDue')],
    ['sweep, due now', { dueAtMs: nowMs }, 'sweep', hold()],
    ['sweep, of a worker that died', leaseOf('d0', 0), 'sweep', hold()],
    ['continue, whatever was covered', {}, 'continue', hold()],
    ['syncNow, whatever was covered', {}, 'syncNow', hold()],
  ])('%s', (_, record, reason, entry) => {
    expect(decide(record, { reason, historyId: '100' })).toEqual(entry);
  });
});
