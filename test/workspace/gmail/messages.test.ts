import type { GmailModel } from './model';
import { errorOf, mailbox, textPart, user } from './model.fixture';

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
