import { errorOf, mailbox, topicName, user } from './model.fixture';

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
