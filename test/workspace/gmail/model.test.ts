import { GmailModel } from './model';
import type { GmailModelOptions, Notification } from './model';
import { GoogleApiError } from '../google-api-error';

const user = 'ada@example.com';
const topicName = 'projects/p/topics/gmail';

function mailbox(options: Partial<GmailModelOptions> = {}) {
  const time = { nowMs: Date.parse('2026-03-01T12:00:00Z') };
  const pushed: Notification[] = [];
  const gmail = new GmailModel({ now: () => time.nowMs, publish: (message) => void pushed.push(message), ...options });
  gmail.createUser(user);
  const deliver = (headers: Record<string, string> = {}, labelIds?: string[]) =>
    gmail.deliver(user, { payload: textPart(headers), labelIds }).id ?? '';
  const historyId = () => gmail.getProfile(user).historyId ?? '';
  return { gmail, time, pushed, deliver, historyId };
}

function textPart(headers: Record<string, string> = {}, text = 'Hello') {
  return {
    partId: '',
    mimeType: 'text/plain',
    filename: '',
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    body: { size: text.length, data: Buffer.from(text).toString('base64url') },
  };
}

function errorOf(run: () => unknown): GoogleApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof GoogleApiError) return error;
  }
  throw new Error('expected a GoogleApiError');
}

describe('history', () => {
  test('lists changes in order, one kind a record, with growing ids that have gaps', () => {
    const { gmail, deliver, historyId } = mailbox();
    const start = historyId();
    const id = deliver();
    gmail.modifyLabels(user, id, { addLabelIds: ['STARRED'], removeLabelIds: ['UNREAD'] });
    gmail.deleteMessage(user, id);

    const { history = [] } = gmail.listHistory(user, { startHistoryId: start });

    expect(history.map((record) => Object.keys(record).filter((key) => key !== 'id' && key !== 'messages'))).toEqual([
      ['messagesAdded'],
      ['labelsRemoved'],
      ['labelsAdded'],
      ['messagesDeleted'],
    ]);
    expect(history[2]?.labelsAdded).toEqual([
      { message: { id, threadId: id, labelIds: ['INBOX', 'STARRED'] }, labelIds: ['STARRED'] },
    ]);
    const ids = [start, ...history.map((record) => record.id ?? '')].map(BigInt);
    const steps = ids.slice(1).map((next, index) => next - (ids[index] ?? 0n));
    expect(steps.every((step) => step > 0n)).toBe(true);
    expect(new Set(steps).size).toBeGreaterThan(1);
  });

  test('a change that changes nothing leaves no record', () => {
    const { gmail, deliver, historyId } = mailbox();
    const id = deliver();
    const before = historyId();
    gmail.modifyLabels(user, id, { addLabelIds: ['INBOX'], removeLabelIds: ['STARRED'] });
    expect(historyId()).toBe(before);
  });

  test('ids beyond 2^53 keep all their digits', () => {
    const { gmail, deliver, historyId } = mailbox({ startHistoryId: 2n ** 63n + 1n });
    expect(historyId()).toBe('9223372036854775809');
    deliver();
    const page = gmail.listHistory(user, { startHistoryId: '9223372036854775809' });
    expect(page.history?.[0]?.id).toBe(page.historyId);
  });

  test('filters by type and by label', () => {
    const { gmail, deliver, historyId } = mailbox();
    const start = historyId();
    const spam = deliver({}, ['SPAM']);
    const id = deliver();
    gmail.modifyLabels(user, id, { removeLabelIds: ['UNREAD'] });
    const added = gmail.listHistory(user, { startHistoryId: start, historyTypes: ['messageAdded'] });
    expect(added.history?.map((record) => record.messages?.[0]?.id)).toEqual([spam, id]);
    const inbox = gmail.listHistory(user, { startHistoryId: start, labelId: 'INBOX' });
    expect(inbox.history?.map((record) => record.messages?.[0]?.id)).toEqual([id, id]);
  });

  test('pages have 100 records by default and 500 at most', () => {
    const { gmail, deliver, historyId } = mailbox();
    const startHistoryId = historyId();
    for (let count = 0; count < 501; count += 1) deliver();
    expect(gmail.listHistory(user, { startHistoryId }).history).toHaveLength(100);
    expect(gmail.listHistory(user, { startHistoryId, maxResults: 1_000 }).history).toHaveLength(500);
  });

  test('later pages stop at what was indexed when the first was read, but name the newest id', () => {
    const { gmail, deliver, historyId } = mailbox({ pageSizeLimit: 1 });
    const startHistoryId = historyId();
    const ids = [deliver(), deliver()];
    const first = gmail.listHistory(user, { startHistoryId });
    const late = deliver();
    const second = gmail.listHistory(user, { startHistoryId, pageToken: first.nextPageToken ?? '' });
    expect([first, second].map((page) => page.history?.[0]?.messages?.[0]?.id)).toEqual(ids);
    expect(second.nextPageToken).toBeUndefined();
    expect(second.historyId).toBe(historyId());
    const next = gmail.listHistory(user, { startHistoryId: first.historyId ?? '' });
    expect(next.history?.[0]?.messages?.[0]?.id).toBe(late);
  });

  test('pages without history come before each page of records when asked for', () => {
    const { gmail, deliver, historyId } = mailbox({ emptyHistoryPages: true, pageSizeLimit: 1 });
    const startHistoryId = historyId();
    deliver();
    deliver();
    const counts: (number | undefined)[] = [];
    let pageToken: string | undefined;
    do {
      const page = gmail.listHistory(user, { startHistoryId, pageToken });
      counts.push(page.history?.length);
      pageToken = page.nextPageToken ?? undefined;
    } while (pageToken);
    expect(counts).toEqual([undefined, 1, undefined, 1]);
  });

  test('nothing new is a page without history', () => {
    const { gmail, historyId } = mailbox();
    expect(gmail.listHistory(user, { startHistoryId: historyId() })).toEqual({ historyId: historyId() });
  });

  test('answers 404 once the records after the start are forgotten, by hand or by age', () => {
    const { gmail, time, deliver, historyId } = mailbox();
    const first = historyId();
    deliver();
    gmail.expireHistory(user);
    expect(errorOf(() => gmail.listHistory(user, { startHistoryId: first }))).toMatchObject({
      code: 404,
      reason: 'notFound',
    });
    const second = historyId();
    expect(gmail.listHistory(user, { startHistoryId: second })).toEqual({ historyId: second });
    deliver();
    time.nowMs += 7 * 24 * 3_600_000;
    expect(gmail.listHistory(user, { startHistoryId: second }).history).toHaveLength(1);
    time.nowMs += 1;
    expect(errorOf(() => gmail.listHistory(user, { startHistoryId: second })).code).toBe(404);
  });

  test('a page token dies with the records it points at', () => {
    const { gmail, deliver, historyId } = mailbox({ pageSizeLimit: 1 });
    const startHistoryId = historyId();
    deliver();
    deliver();
    const { nextPageToken } = gmail.listHistory(user, { startHistoryId });
    gmail.expireHistory(user);
    expect(errorOf(() => gmail.listHistory(user, { startHistoryId, pageToken: nextPageToken ?? '' })).code).toBe(404);
  });

  test.each(['', 'abc', '-1', '1.5', '99999999999999999999'])('refuses %j as a start', (startHistoryId) => {
    expect(errorOf(() => mailbox().gmail.listHistory(user, { startHistoryId })).code).toBe(400);
  });

  test('records, lists and the profile lag behind the push', () => {
    const { gmail, time, pushed, deliver, historyId } = mailbox({ indexingLagMs: 2_000, minPushIntervalMs: 0 });
    const start = historyId();
    gmail.watch(user, { topicName });
    const id = deliver();
    const notified = BigInt(pushed.at(-1)?.historyId ?? 0);
    expect(notified).toBeGreaterThan(BigInt(start));
    expect(gmail.listHistory(user, { startHistoryId: start })).toEqual({ historyId: start });
    expect(gmail.listMessages(user).messages).toBeUndefined();
    expect(gmail.getMessage(user, id).id).toBe(id);
    time.nowMs += 2_000;
    expect(historyId()).toBe(notified.toString());
    expect(gmail.listHistory(user, { startHistoryId: start }).history).toHaveLength(1);
    expect(gmail.listMessages(user).messages).toHaveLength(1);
  });
});

describe('watch', () => {
  test('answers the history id and seven days, and notifies at once', () => {
    const { gmail, time, pushed, historyId } = mailbox();
    const response = gmail.watch(user, { topicName, labelIds: ['INBOX'] });
    expect(response).toEqual({ historyId: historyId(), expiration: String(time.nowMs + 7 * 24 * 3_600_000) });
    expect(pushed).toEqual([{ topicName, emailAddress: user, historyId: historyId() }]);
  });

  test('pushes the mailbox’s history id after the change', () => {
    const { gmail, time, pushed, deliver, historyId } = mailbox();
    gmail.watch(user, { topicName });
    time.nowMs += 1_000;
    deliver();
    expect(pushed.at(-1)?.historyId).toBe(historyId());
  });

  test('at most one push per second and user; the excess is dropped and counted', () => {
    const { gmail, time, deliver } = mailbox();
    gmail.watch(user, { topicName });
    deliver();
    time.nowMs += 999;
    deliver();
    expect(gmail.pushes).toEqual({ sent: 1, dropped: 2 });
    time.nowMs += 1;
    deliver();
    expect(gmail.pushes).toEqual({ sent: 2, dropped: 2 });
  });

  test.each([
    { labelFilterBehavior: 'include' as const, inbox: 1, promotion: 0 },
    { labelFilterBehavior: 'exclude' as const, inbox: 0, promotion: 1 },
  ])('$labelFilterBehavior filters pushes by label', ({ labelFilterBehavior, inbox, promotion }) => {
    const { gmail, pushed, deliver } = mailbox({ minPushIntervalMs: 0 });
    gmail.watch(user, { topicName, labelIds: ['INBOX'], labelFilterBehavior });
    deliver({}, ['INBOX']);
    expect(pushed).toHaveLength(1 + inbox);
    deliver({}, ['CATEGORY_PROMOTIONS']);
    expect(pushed).toHaveLength(1 + inbox + promotion);
  });

  test('is silent once stopped or expired', () => {
    const { gmail, time, pushed, deliver } = mailbox();
    gmail.watch(user, { topicName });
    time.nowMs += 7 * 24 * 3_600_000;
    deliver();
    gmail.watch(user, { topicName });
    gmail.stop(user);
    time.nowMs += 1_000;
    deliver();
    expect(pushed).toHaveLength(2);
  });

  test('one topic per client until stopped; another client has its own', () => {
    const { gmail } = mailbox();
    const other = { topicName: 'projects/p/topics/other' };
    gmail.watch(user, { topicName });
    expect(errorOf(() => gmail.watch(user, other))).toMatchObject({
      code: 400,
      message: 'Only one user push notification client allowed per developer (send /stop then try again)',
    });
    gmail.watch(user, other, 'another-project');
    gmail.stop(user);
    gmail.watch(user, other);
  });

  test('refuses a topic that is not a topic', () => {
    expect(errorOf(() => mailbox().gmail.watch(user, { topicName: 'gmail' })).code).toBe(400);
  });
});

describe('messages', () => {
  test('ids are 16 hex digits and grow', () => {
    const { deliver } = mailbox();
    const ids = [deliver(), deliver()];
    expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
    expect([...ids].sort()).toEqual(ids);
  });

  test('list newest first, in pages that newer mail does not move', () => {
    const { gmail, deliver } = mailbox({ pageSizeLimit: 2 });
    const [first, second, third] = [deliver(), deliver(), deliver()];
    const page = gmail.listMessages(user);
    expect(page.messages?.map(({ id }) => id)).toEqual([third, second]);
    deliver();
    const next = gmail.listMessages(user, { pageToken: page.nextPageToken ?? '' });
    expect(next.messages?.map(({ id }) => id)).toEqual([first]);
    expect(next.nextPageToken).toBeUndefined();
  });

  test('imported mail is placed by its internal date', () => {
    const { gmail, time, deliver } = mailbox();
    const recent = deliver();
    const { id } = gmail.insertMessage(user, 'import', { payload: textPart(), internalDateMs: time.nowMs - 1 });
    expect(gmail.listMessages(user).messages?.map((message) => message.id)).toEqual([recent, id]);
  });

  test('spam and trash are hidden unless asked for', () => {
    const { gmail, deliver } = mailbox();
    const spam = deliver({}, ['SPAM']);
    const inbox = deliver();
    const ids = (request: Parameters<GmailModel['listMessages']>[1]) =>
      gmail.listMessages(user, request).messages?.map(({ id }) => id);
    expect(ids({})).toEqual([inbox]);
    expect(ids({ includeSpamTrash: true })).toEqual([inbox, spam]);
    expect(ids({ labelIds: ['SPAM'] })).toEqual([spam]);
    expect(ids({ q: 'in:spam' })).toEqual([spam]);
    gmail.trash(user, inbox);
    expect(ids({})).toBeUndefined();
    gmail.untrash(user, inbox);
    expect(ids({})).toEqual([inbox]);
  });

  test.each([
    ['after:1772366400', true],
    ['after:1772366401', false],
    ['before:1772366401', true],
    ['before:1772366400', false],
    ['after:2026/03/01 before:2026/03/02', true],
    ['after:2026/3/2', false],
    ['in:inbox', true],
    ['in:sent', false],
    ['label:starred', false],
    ['is:unread', true],
    ['is:read', false],
    ['from:grace', true],
    ['from:ada', false],
    ['to:ada@example.com', true],
    ['subject:"quarterly numbers"', true],
    ['subject:invoice', false],
    ['-subject:invoice', true],
    ['rfc822msgid:a1@example.org', true],
    ['rfc822msgid:<a1@example.org>', true],
    ['rfc822msgid:a2@example.org', false],
    ['has:attachment', false],
    ['numbers hello', true],
    ['numbers goodbye', false],
  ])('q %s matches: %s', (q, expected) => {
    const { gmail, deliver } = mailbox();
    const From = 'Grace <grace@example.org>';
    deliver({ From, To: 'Ada <ada@example.com>', Subject: 'Quarterly numbers', 'Message-ID': '<a1@example.org>' });
    expect(gmail.listMessages(user, { q }).messages !== undefined).toBe(expected);
  });

  test('formats show what they should', () => {
    const { gmail } = mailbox();
    const { id } = gmail.deliver(user, {
      payload: textPart({ Subject: 'Hi', From: 'g@example.org' }),
      raw: 'U3ViamVj',
    });
    const get = (...format: Parameters<GmailModel['getMessage']> extends [string, string, ...infer F] ? F : never) =>
      gmail.getMessage(user, id ?? '', ...format);
    expect(get('full').payload?.body?.data).toBeDefined();
    expect(get('metadata', ['subject']).payload).toEqual({
      mimeType: 'text/plain',
      headers: [{ name: 'Subject', value: 'Hi' }],
    });
    expect(get('minimal')).not.toHaveProperty('payload');
    expect(get('raw').raw).toBe('U3ViamVj');
    expect(get('full')).toMatchObject({ snippet: 'Hello', labelIds: ['INBOX', 'UNREAD'], threadId: id });
  });

  test('a deleted message is gone', () => {
    const { gmail, deliver } = mailbox();
    const id = deliver();
    gmail.deleteMessage(user, id);
    expect(errorOf(() => gmail.getMessage(user, id)).code).toBe(404);
  });

  test('attachments are read by their id', () => {
    const { gmail } = mailbox();
    const attachments = new Map([['att', 'aGk']]);
    const { id } = gmail.deliver(user, { payload: textPart(), attachments });
    expect(gmail.getAttachment(user, id ?? '', 'att')).toEqual({ attachmentId: 'att', data: 'aGk', size: 2 });
    expect(errorOf(() => gmail.getAttachment(user, id ?? '', 'none')).code).toBe(404);
  });

  test('sent mail reaches local recipients without Bcc, and mail to oneself is one message', () => {
    const { gmail } = mailbox();
    gmail.createUser('grace@example.com');
    const payload = textPart({ To: 'Ada <ada@example.com>', Cc: 'grace@example.com', Bcc: 'secret@example.com' });
    const sent = gmail.send(user, { payload });
    expect(sent.labelIds).toEqual(['SENT', 'INBOX', 'UNREAD']);
    expect(gmail.listMessages(user).messages).toHaveLength(1);
    const [received] = gmail.listMessages('grace@example.com').messages ?? [];
    const { headers } = gmail.getMessage('grace@example.com', received?.id ?? '').payload ?? {};
    expect(headers?.map(({ name }) => name)).toEqual(['To', 'Cc']);
  });
});

describe('threads, labels and drafts', () => {
  test('a reply joins the thread it refers to', () => {
    const { gmail, deliver } = mailbox();
    const first = deliver({ 'Message-ID': '<1@x>' });
    const reply = deliver({ 'Message-ID': '<2@x>', 'In-Reply-To': '<1@x>', References: '<0@x> <1@x>' });
    deliver();
    expect(gmail.threads.get(user, first).messages?.map(({ id }) => id)).toEqual([first, reply]);
    expect(gmail.threads.list(user).threads).toHaveLength(2);
    gmail.threads.modify(user, first, { addLabelIds: ['STARRED'] });
    expect(gmail.getMessage(user, reply).labelIds).toContain('STARRED');
    gmail.threads.delete(user, first);
    expect(errorOf(() => gmail.threads.get(user, first)).code).toBe(404);
  });

  test('labels are made once, counted, and leave their messages when deleted', () => {
    const { gmail, deliver } = mailbox();
    const id = deliver();
    const label = gmail.labels.create(user, { name: 'To do' });
    expect(errorOf(() => gmail.labels.create(user, { name: 'to DO' })).code).toBe(409);
    gmail.modifyLabels(user, id, { addLabelIds: [label.id ?? ''] });
    expect(gmail.labels.get(user, label.id ?? '')).toMatchObject({ messagesTotal: 1, messagesUnread: 1, type: 'user' });
    expect(gmail.listMessages(user, { q: 'label:to-do' }).messages).toHaveLength(1);
    gmail.labels.delete(user, label.id ?? '');
    expect(gmail.getMessage(user, id).labelIds).toEqual(['INBOX', 'UNREAD']);
  });

  test.each(['SENT', 'DRAFT', 'Label_9'])('%s cannot be put on a message', (label) => {
    const { gmail, deliver } = mailbox();
    const id = deliver();
    expect(errorOf(() => gmail.modifyLabels(user, id, { addLabelIds: [label] })).code).toBe(400);
  });

  test('a draft changes its message with every update and leaves none when sent', () => {
    const { gmail } = mailbox();
    const draft = gmail.drafts.create(user, { payload: textPart({ To: 'x@example.org' }) });
    const updated = gmail.drafts.update(user, draft.id ?? '', { payload: textPart({ To: 'y@example.org' }, 'Bye') });
    expect(updated.id).toBe(draft.id);
    expect(updated.message?.id).not.toBe(draft.message?.id);
    expect(gmail.drafts.list(user).drafts).toHaveLength(1);
    const sent = gmail.drafts.send(user, draft.id ?? '');
    expect(sent).toMatchObject({ labelIds: ['SENT'] });
    expect(gmail.drafts.list(user).drafts).toBeUndefined();
    expect(errorOf(() => gmail.drafts.get(user, draft.id ?? '')).code).toBe(404);
  });
});

describe('quota', () => {
  test('a user’s budget answers 429 with the time to come back, and refills with the minute', () => {
    const { gmail, time, deliver } = mailbox({ unitsPerMinutePerUser: 40 });
    const id = deliver();
    gmail.getMessage(user, id);
    gmail.getMessage(user, id);
    const error = errorOf(() => gmail.getMessage(user, id));
    expect(error).toMatchObject({ code: 429, reason: 'rateLimitExceeded', retryAfter: '2026-03-01T12:01:00.000Z' });
    expect(error.message).toContain('Retry after 2026-03-01T12:01:00.000Z');
    time.nowMs += 60_000;
    gmail.getMessage(user, id);
    expect(gmail.quota.calls['gmail.users.messages.get']).toBe(4);
    expect(gmail.quota.units['gmail.users.messages.get']).toBe(60);
    expect(gmail.quota.refused).toBe(1);
  });

  test('or 403 userRateLimitExceeded, as Google also does', () => {
    const { gmail } = mailbox({ unitsPerMinutePerUser: 0, throttleStatus: 403 });
    const error = errorOf(() => gmail.getProfile(user));
    expect(error.toBody().error).toMatchObject({
      code: 403,
      errors: [{ domain: 'usageLimits', reason: 'userRateLimitExceeded' }],
    });
  });

  test('the project’s budget is shared by its users', () => {
    const { gmail } = mailbox({ unitsPerMinutePerProject: 1 });
    gmail.createUser('grace@example.com');
    gmail.getProfile(user);
    expect(errorOf(() => gmail.getProfile('grace@example.com'))).toMatchObject({
      code: 403,
      reason: 'rateLimitExceeded',
    });
  });
});

test('a user without a mailbox gets Google’s failedPrecondition', () => {
  expect(errorOf(() => mailbox().gmail.getProfile('nobody@example.com')).toBody()).toEqual({
    error: {
      code: 400,
      message: 'Mail service not enabled',
      errors: [{ message: 'Mail service not enabled', domain: 'global', reason: 'failedPrecondition' }],
      status: 'FAILED_PRECONDITION',
    },
  });
});
