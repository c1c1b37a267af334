import * as z from 'zod';
import {
  ada,
  admin,
  clientFor,
  errorOf,
  fixture,
  grace,
  me,
  published,
  start,
  tokenFor,
  topicName,
  workspace,
} from './workspace.fixture';

afterEach(() => workspace.close());

describe('the official client', () => {
  beforeEach(() => start());

  test('reads a delivered message with its attachment, as a whole and in part', async () => {
    const { users } = clientFor();
    await admin('POST', `/users/${ada}/messages`, fixture('attachments-base64.eml'));
    const { data: list } = await users.messages.list({ ...me, q: 'subject:figures has:attachment' });
    const id = list.messages?.[0]?.id ?? '';
    const { data: message } = await users.messages.get({ ...me, id });
    expect(message).toMatchObject({
      id,
      threadId: id,
      labelIds: ['INBOX', 'UNREAD'],
      snippet: expect.stringContaining('Hello Ada') as string,
    });
    const attachment = message.payload?.parts?.[1];
    const { data } = await users.messages.attachments.get({
      ...me,
      messageId: id,
      id: attachment?.body?.attachmentId ?? '',
    });
    expect(Buffer.from(data.data ?? '', 'base64url')).toHaveLength(attachment?.body?.size ?? -1);
    const { data: raw } = await users.messages.get({ ...me, id, format: 'raw' });
    expect(Buffer.from(raw.raw ?? '', 'base64url').equals(fixture('attachments-base64.eml'))).toBe(true);
    const { data: metadata } = await users.messages.get({
      ...me,
      id,
      format: 'metadata',
      metadataHeaders: ['Subject'],
    });
    expect(metadata.payload?.headers).toEqual([{ name: 'Subject', value: 'February figures' }]);
    const { data: partial } = await users.messages.get({ ...me, id, fields: 'id,payload(headers/name,parts/partId)' });
    expect(Object.keys(partial)).toEqual(['id', 'payload']);
    expect(partial.payload?.parts).toEqual([{ partId: '0' }, { partId: '1' }]);
  });

  test('follows the history page by page', async () => {
    const { users } = clientFor();
    const { data: profile } = await users.getProfile(me);
    for (let count = 0; count < 3; count += 1) await admin('POST', `/users/${ada}/messages`, fixture('plain-utf8.eml'));
    const request = { ...me, startHistoryId: profile.historyId ?? '', historyTypes: ['messageAdded', 'labelAdded'] };
    const { data: first } = await users.history.list({ ...request, maxResults: 2 });
    const { data: second } = await users.history.list({ ...request, pageToken: first.nextPageToken ?? '' });
    expect([first.history?.length, second.history?.length, second.nextPageToken]).toEqual([2, 1, undefined]);
    const error = await errorOf(users.history.list({ ...me, startHistoryId: '1' }));
    expect(error).toEqual({
      code: 404,
      message: 'Requested entity was not found.',
      errors: [{ domain: 'global', reason: 'notFound', message: 'Requested entity was not found.' }],
      status: 'NOT_FOUND',
    });
  });

  test('watches, is notified and stops', async () => {
    const { users } = clientFor();
    const { data } = await users.watch({
      ...me,
      requestBody: { topicName, labelIds: ['INBOX'], labelFilterBehavior: 'INCLUDE' },
    });
    expect(Number(data.expiration)).toBeGreaterThan(workspace.clock.now() + 6 * 24 * 3_600_000);
    workspace.clock.advance(1_000);
    await admin('POST', `/users/${ada}/messages`, fixture('plain-utf8.eml'));
    await users.stop(me);
    workspace.clock.advance(1_000);
    await admin('POST', `/users/${ada}/messages`, fixture('plain-utf8.eml'));
    expect(published.map(({ data: text }) => JSON.parse(text) as object)).toEqual([
      { emailAddress: ada, historyId: Number(data.historyId) },
      { emailAddress: ada, historyId: expect.any(String) as string },
    ]);
  });

  test('modifies, trashes, deletes, in batches too', async () => {
    const { users } = clientFor();
    const { body } = await admin('POST', `/users/${ada}/messages`, fixture('plain-utf8.eml'));
    const { id } = z.object({ id: z.string() }).parse(body);
    const { data } = await users.messages.modify({ ...me, id, requestBody: { removeLabelIds: ['UNREAD'] } });
    expect(data.labelIds).toEqual(['INBOX']);
    await users.messages.batchModify({ ...me, requestBody: { ids: [id], addLabelIds: ['STARRED'] } });
    expect((await users.messages.trash({ ...me, id })).data.labelIds).toEqual(['STARRED', 'TRASH']);
    expect((await users.messages.untrash({ ...me, id })).data.labelIds).toEqual(['STARRED']);
    await users.messages.delete({ ...me, id });
    expect((await errorOf(users.messages.get({ ...me, id }))).code).toBe(404);
    await users.messages.batchDelete({ ...me, requestBody: { ids: [id] } });
  });

  test('imports, inserts and sends RFC 822 messages, as JSON and as uploads', async () => {
    const { users } = clientFor();
    const media = { mimeType: 'message/rfc822', body: fixture('plain-utf8.eml').toString() };
    // For uploads the client takes the root from the call's own options only.
    const here = { rootUrl: `${workspace.url}/` };
    const imported = await users.messages.import({ ...me, media, requestBody: { labelIds: ['INBOX'] } }, here);
    expect(imported.data.labelIds).toEqual(['INBOX']);
    const { data: stored } = await users.messages.get({ ...me, id: imported.data.id ?? '' });
    expect(stored.internalDate).toBe(String(Date.parse('2026-03-02T10:14:02+01:00')));
    expect(stored.payload?.headers?.find(({ name }) => name === 'Subject')?.value).toBe('Café on Thursday?');

    const raw = Buffer.from(`From: ${ada}\r\nTo: ${grace}\r\nSubject: Hi\r\n\r\nHello`).toString('base64url');
    const inserted = await users.messages.insert({ ...me, requestBody: { raw } });
    expect(inserted.data.labelIds).toEqual([]);
    await users.messages.send({ ...me, requestBody: { raw } });
    const text = Buffer.from(raw, 'base64url').toString();
    await users.messages.send({ ...me, media: { mimeType: 'message/rfc822', body: text } }, here);
    const { data: received } = await clientFor(grace).users.messages.list({ ...me, q: 'from:ada is:unread' });
    expect(received.messages).toHaveLength(2);
    expect((await errorOf(users.messages.send({ ...me, requestBody: {} }))).message).toContain("'raw'");
  });

  test('works with threads, labels and drafts', async () => {
    const { users } = clientFor();
    const raw = Buffer.from(`To: ${grace}\r\nSubject: Draft\r\n\r\nHello`).toString('base64url');
    const { data: draft } = await users.drafts.create({ ...me, requestBody: { message: { raw } } });
    const id = draft.id ?? '';
    await users.drafts.update({ ...me, id, requestBody: { message: { raw } } });
    expect((await users.drafts.get({ ...me, id })).data.message?.labelIds).toEqual(['DRAFT']);
    expect((await users.drafts.list(me)).data.drafts).toHaveLength(1);
    const { data: sent } = await users.drafts.send({ ...me, requestBody: { id } });
    const { data: label } = await users.labels.create({ ...me, requestBody: { name: 'Later' } });
    const threadId = sent.threadId ?? '';
    await users.threads.modify({ ...me, id: threadId, requestBody: { addLabelIds: [label.id ?? ''] } });
    expect((await users.labels.get({ ...me, id: label.id ?? '' })).data.threadsTotal).toBe(1);
    await users.labels.patch({ ...me, id: label.id ?? '', requestBody: { name: 'Soon' } });
    expect((await users.labels.list(me)).data.labels?.map(({ name }) => name)).toContain('Soon');
    expect((await users.threads.list({ ...me, q: 'label:soon' })).data.threads).toHaveLength(1);
    expect((await users.threads.get({ ...me, id: threadId, format: 'minimal' })).data.messages).toHaveLength(1);
    await users.threads.delete({ ...me, id: threadId });
    await users.labels.delete({ ...me, id: label.id ?? '' });
  });
});

describe('requests that Google refuses', () => {
  beforeEach(() => start());

  test.each([
    ['history without a start', 'GET', '/history', undefined, /start_history_id/],
    ['an unknown history type', 'GET', '/history?startHistoryId=1&historyTypes=added', undefined, /history_types/],
    ['a size that is no number', 'GET', '/messages?maxResults=many', undefined, /maxResults/],
    ['an unknown format', 'GET', '/messages/1?format=short', undefined, /format/],
    ['fields that do not parse', 'GET', '/profile?fields=historyId(', undefined, /Invalid field selection historyId\(/],
    ['a watch without topic', 'POST', '/watch', '{}', /topicName/],
    ['a watch with a wrong label filter', 'POST', '/watch', '{"topicName":"t","labelIds":"INBOX"}', /labelIds/],
    ['a body that is not JSON', 'POST', '/watch', 'topicName=x', /not JSON/],
    ['a page token of something else', 'GET', '/messages?pageToken=x', undefined, /pageToken/],
  ])('%s', async (_, method, path, body, message) => {
    const response = await fetch(`${workspace.url}/gmail/v1/users/me${path}`, {
      method,
      headers: { authorization: `Bearer ${tokenFor(ada)}` },
      ...(body !== undefined && { body }),
    });
    expect(response.status).toBe(400);
    const { error } = z.object({ error: z.object({ message: z.string() }) }).parse(await response.json());
    expect(error.message).toMatch(message);
  });
});

describe('quota', () => {
  test('answers 429 with the time to come back, and counts what was spent', async () => {
    await start({ gmail: { unitsPerMinutePerUser: 3 }, now: () => Date.parse('2026-03-01T12:00:30Z') });
    const { users } = clientFor();
    for (let count = 0; count < 3; count += 1) await users.getProfile(me);
    const error = await errorOf(users.getProfile(me));
    expect(error).toMatchObject({
      code: 429,
      message: 'User-rate limit exceeded. Retry after 2026-03-01T12:01:00.000Z',
    });
    await clientFor(grace).users.getProfile(me);
    await admin('POST', '/clock', { advanceMs: 30_000 });
    await users.getProfile(me);
    expect((await admin('GET', '/stats')).body).toMatchObject({
      calls: { 'gmail.users.getProfile': 6 },
      units: { 'gmail.users.getProfile': 5 },
      refused: 1,
      requests: { 'gmail.users.getProfile': { '200': 5, '429': 1 } },
    });
  });
});
