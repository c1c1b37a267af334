import {
  dueAt,
  hasRequests,
  hasUnpublished,
  isBehind,
  isSettled,
  mailboxRecordSchema,
  newMailboxRecord,
  noted,
  watched,
  watchFailed,
  type MailboxRecord,
} from './mailbox-record';

const nowMs = 1_800_000_000_000;
const minuteMs = 60_000;
const due = { quietMs: 30 * minuteMs, retryAfterMs: minuteMs };

const fresh = newMailboxRecord('ann@sub.example.com', { labelIds: ['INBOX'], labelFilterBehavior: 'include' }, nowMs);

/** An active mailbox with nothing left to do: read to the end a minute ago, after a push ten minutes ago. */
const settled: MailboxRecord = {
  ...fresh,
  status: 'active',
  checkpoint: '100',
  notifiedHistoryId: '100',
  handledHistoryId: '100',
  notifiedAtMs: nowMs - 10 * minuteMs,
  lastSyncedAtMs: nowMs - minuteMs,
  registeredAtMs: nowMs - 1_000 * minuteMs,
  sequence: 7,
  publishedSequence: 7,
  nextReconcileAtMs: nowMs + 60 * minuteMs,
};
const lease = { deliveryId: 'd', expiresAtMs: nowMs + 90_000 };
const recovery = { kind: 'gap', sinceMs: 0, untilMs: null, targetHistoryId: '9', found: 0 } as const;

test('a new record is whole, and of the address’s own domain', () => {
  expect(mailboxRecordSchema.parse(fresh)).toEqual(fresh);
  expect(fresh).toMatchObject({ domain: 'sub.example.com', status: 'onboarding', checkpoint: null, sequence: 0 });
  expect(fresh.watchRenewAtMs).toBe(nowMs);
  expect(dueAt(fresh, nowMs, due)).toBeNull();
});

test.each<[string, Partial<MailboxRecord>, boolean]>([
  ['nothing', {}, true],
  ['a lease', { lease }, false],
  ['a recovery', { recovery }, false],
  ['a page half done', { partial: true }, false],
  ['unpublished events', { sequence: 8 }, false],
  ['a replay asked for', { replayRequested: true }, false],
  ['a backfill asked for, from the beginning of time', { backfillFromMs: 0 }, false],
])('with %s a mailbox is settled: %p', (_, patch, expected) => {
  expect(isSettled({ ...settled, ...patch })).toBe(expected);
});

test('requests and unpublished events are told', () => {
  expect([settled, { ...settled, backfillFromMs: 0 }].map(hasRequests)).toEqual([false, true]);
  expect([settled, { ...settled, sequence: 8 }].map(hasUnpublished)).toEqual([false, true]);
});

test.each<[string | null, string | null, boolean]>([
  [null, null, false],
  [null, '5', false],
  ['5', null, true],
  ['5', '5', false],
  ['9', '10', false],
  ['10', '9', true],
  ['9007199254740993', '9007199254740992', true],
])('notified %p and handled %p: behind is %p', (notifiedHistoryId, handledHistoryId, expected) => {
  expect(isBehind({ ...settled, notifiedHistoryId, handledHistoryId })).toBe(expected);
});

test.each<[string | null, string, boolean]>([
  [null, '5', true],
  ['99', '100', true],
  ['100', '100', false],
  ['100', '99', false],
])('where %p was noted, %p is news: %p', (notifiedHistoryId, historyId, isNews) => {
  const patch = noted({ ...settled, notifiedHistoryId }, historyId, nowMs);
  expect(patch).toEqual(isNews ? { notifiedHistoryId: historyId, notifiedAtMs: nowMs } : {});
});

describe('a watch', () => {
  const answer = { historyId: '500', expirationMs: nowMs + 7 * 86_400_000 };
  const renewAfterMs = 22 * 60 * minuteMs;

  test('sets the checkpoint when it answers for the first time', () => {
    expect(watched(fresh, answer, nowMs + 5, renewAfterMs)).toMatchObject({
      status: 'active',
      checkpoint: '500',
      deliverFromMs: nowMs + 5,
      reconciledUntilMs: nowMs + 5,
      watchExpirationAtMs: answer.expirationMs,
      watchRenewAtMs: nowMs + 5 + renewAfterMs,
    });
  });

  test.each<[MailboxRecord['status'], MailboxRecord['status']]>([
    ['active', 'active'],
    ['paused', 'paused'],
    ['needsAuth', 'active'],
    ['onboarding', 'active'],
  ])('renewed in %s makes it %s and never moves the checkpoint', (status, then) => {
    const before = { ...settled, status, watchFailures: 3, watchError: 'backendError', statusReason: 'x', refusals: 2 };
    const after = { ...before, ...watched(before, answer, nowMs, renewAfterMs) };
    expect(after).toMatchObject({ status: then, checkpoint: '100', watchFailures: 0, watchError: null });
    expect(after.deliverFromMs).toBe(before.deliverFromMs);
    expect(after.lastSyncedAtMs).toBe(before.lastSyncedAtMs);
    if (status === 'needsAuth') expect(after).toMatchObject({ statusReason: null, refusals: 0 });
  });

  test('that expires early is renewed at half its life', () => {
    const expirationMs = nowMs + 60 * minuteMs;
    expect(watched(settled, { ...answer, expirationMs }, nowMs, renewAfterMs).watchRenewAtMs).toBe(
      nowMs + 30 * minuteMs,
    );
  });

  test('that is refused is asked for again after 1, 2, 4 … minutes, at most an hour', () => {
    const waits: number[] = [];
    let record = settled;
    for (let i = 0; i < 40; i++) {
      record = { ...record, ...watchFailed(record, 'backendError', nowMs) };
      waits.push(((record.watchRenewAtMs ?? 0) - nowMs) / minuteMs);
    }
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(waits.at(-1)).toBe(60);
    expect(record).toMatchObject({ watchFailures: 40, watchError: 'backendError', checkpoint: '100' });
  });
});

describe('the sweep looks at a mailbox', () => {
  const retryMs = nowMs + due.retryAfterMs;
  test.each<[string, Partial<MailboxRecord>, number | null]>([
    ['not while it is being set up', { status: 'onboarding' }, null],
    ['not while it is paused, whatever is left', { status: 'paused', sequence: 8, partial: true }, null],
    ['never when it is being removed', { status: 'removing', sequence: 8 }, null],
    ['never when it is removed', { status: 'removed', sequence: 8 }, null],
    ['not while nobody may read it', { status: 'needsAuth', partial: true }, null],
    ['to publish what a refusal has left', { status: 'needsAuth', sequence: 8 }, retryMs],

    ['when the quiet that Google asked for is over', { deferredUntilMs: nowMs + 1, partial: true }, nowMs + 1],
    ['as usual once that is past', { deferredUntilMs: nowMs }, settled.lastSyncedAtMs! + due.quietMs],
    ['some time after its lease has run out', { lease, sequence: 8 }, lease.expiresAtMs + due.retryAfterMs],
    ['soon, with unpublished events', { sequence: 8 }, retryMs],
    ['soon, with a page half done', { partial: true }, retryMs],
    ['soon, in the middle of a recovery', { recovery }, retryMs],
    ['soon, with a replay asked for', { replayRequested: true }, retryMs],
    ['soon, with a backfill asked for', { backfillFromMs: 0 }, retryMs],
    ['soon, when it is behind', { notifiedHistoryId: '101' }, retryMs],

    ['after it was quiet for so long since the last pass', {}, settled.lastSyncedAtMs! + due.quietMs],
    [
      'or since it was registered',
      { notifiedAtMs: null, lastSyncedAtMs: null, registeredAtMs: nowMs },
      nowMs + due.quietMs,
    ],
    ['when it is to be reconciled, if that is sooner', { nextReconcileAtMs: nowMs + 3 }, nowMs + 3],
    ['at once, when that is overdue', { nextReconcileAtMs: nowMs - 3 }, nowMs - 3],
  ])('%s', (_, patch, expected) => {
    expect(dueAt({ ...settled, ...patch }, nowMs, due)).toBe(expected);
  });

  test.each<[string, number | null, boolean]>([
    ['at the moment of the push', 0, true],
    ['before the push', -10, true],
    ['1.5 seconds after it, less a millisecond', 1_499, true],
    ['1.5 seconds after it', 1_500, false],
    ['much later', 60_000, false],
    ['never', null, true],
  ])('once more when its last pass began %s, as Gmail drops pushes above one a second', (_, afterMs, again) => {
    const notifiedAtMs = nowMs - 100;
    const lastSyncedAtMs = afterMs === null ? null : notifiedAtMs + afterMs;
    const quietAtMs = Math.max(notifiedAtMs, lastSyncedAtMs ?? 0) + due.quietMs;
    expect(dueAt({ ...settled, notifiedAtMs, lastSyncedAtMs }, nowMs, due)).toBe(
      again ? notifiedAtMs + due.retryAfterMs : quietAtMs,
    );
  });
});
