import { errorOf, mailbox, topicName, user } from './model.fixture';

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
