import { errorOf, mailbox, textPart, user } from './model.fixture';

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
