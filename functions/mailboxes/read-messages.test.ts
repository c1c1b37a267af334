import { request } from 'node:http';
import { ann, bob } from '../../test/mail-fixture';
import { startMailboxesApi, type ApiAnswer, type MailboxesApi } from '../../test/mailboxes-api';
import { attachmentContent, message as messageSchema, messageList } from './schema';

let api: MailboxesApi;
beforeEach(async () => {
  api = await startMailboxesApi();
  await api.world.register();
});
afterEach(() => api.close());

const outcome = ({ status, body }: ApiAnswer) => ({ status, code: body.code });
const messages = `/v1/mailboxes/${ann}/messages`;
const get = (path: string) => api.call('ofAnn', `GET ${messages}${path}`);
const search = async (query = '') => messageList.parse((await get(`?${query}`)).body);
const idsOf = ({ messages: found }: Awaited<ReturnType<typeof search>>) => found.map(({ messageId }) => messageId);
const at = (ms: number) => encodeURIComponent(new Date(ms).toISOString());

/** Delivers RFC 822 text as another mail server would. */
async function deliver(mail: string): Promise<string> {
  const response = await fetch(`${api.workspace.url}/admin/users/${ann}/messages`, { method: 'POST', body: mail });
  return ((await response.json()) as { id: string }).id;
}

const content = Buffer.from('the attached text, with \u00e9');
const withAttachment = [
  'From: Bob <bob@example.com>',
  `To: ${ann}`,
  'Subject: =?utf-8?q?Figures_=E2=82=AC?=',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b"',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Hello Ann',
  '--b',
  'Content-Type: text/plain; name="a.txt"',
  'Content-Disposition: attachment; filename="a.txt"',
  'Content-Transfer-Encoding: base64',
  '',
  content.toString('base64'),
  '--b--',
  '',
].join('\r\n');

test('a message is the data of its event, whole', async () => {
  const id = await deliver(withAttachment);
  const message = messageSchema.parse((await get(`/${id}`)).body);
  expect(message).toMatchObject({
    mailbox: ann,
    messageId: id,
    subject: 'Figures €',
    text: expect.stringContaining('Hello Ann') as string,
    attachments: [{ filename: 'a.txt', mimeType: 'text/plain', size: content.length }],
    trust: 'untrusted',
  });
  await api.world.push();
  const [event] = await api.world.events();
  const { attachments: _own, ...rest } = message;
  expect(event?.event.data).toMatchObject(rest);
});

test('an attachment is its bytes', async () => {
  const id = await deliver(withAttachment);
  const { attachments } = messageSchema.parse((await get(`/${id}`)).body);
  const attachmentId = attachments[0]?.attachmentId ?? '';
  const attachment = attachmentContent.parse((await get(`/${id}/attachments/${attachmentId}`)).body);
  expect(attachment).toEqual({ attachmentId, size: content.length, data: content.toString('base64url') });
});

/** A path that no well-behaved client sends: as it is, dots and all. */
const getRaw = (path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    const headers = { 'x-api-key': 'atk_ofAnn' };
    request({ hostname, port, path: messages + path, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });

describe('what is not there', () => {
  const first = '1900000000000001';
  test.each([
    ['/1900000000000099'],
    ['/not-an-id'],
    ['/x%2F..%2Fdrafts'],
    ['/..%2F..%2Fbob%40example.com%2Fprofile'],
    ['/1900000000000099/attachments/a'],
    [`/${first}/attachments/nothing`],
  ])('%s is no message and no attachment', async (path) => {
    await deliver(withAttachment);
    expect(outcome(await get(path))).toEqual({ status: 404, code: 'messageNotFound' });
  });

  test.each([
    '/..',
    '/.',
    '/%2e%2e',
    '/%2e',
    '/../attachments/..',
    `/${first}/attachments/..`,
    `/${first}/attachments/%2E`,
  ])('%s does not lead to another of Gmail’s addresses', async (path) => {
    await deliver(withAttachment);
    const before = { ...api.workspace.gmail.quota.calls };
    expect(await getRaw(path)).toBe(404);
    expect(api.workspace.gmail.quota.calls).toEqual(before);
  });

  test('a message of another mailbox', async () => {
    await api.world.register(bob);
    // Ids of two mailboxes collide; the second message has one that Ann’s mailbox does not know.
    api.world.arrive('one', { to: bob });
    const second = api.world.arrive('two', { to: bob });
    api.world.arrive('of Ann');
    expect(outcome(await get(`/${second}`))).toEqual({ status: 404, code: 'messageNotFound' });
  });

  test('a message that is deleted while the page is read is left out', async () => {
    const [gone, there] = [api.world.arrive('1'), api.world.arrive('2')];
    const getMessage = api.workspace.gmail.getMessage.bind(api.workspace.gmail);
    api.workspace.gmail.getMessage = (email, id, ...rest) => {
      if (id === gone && api.workspace.gmail.listMessages(email).messages?.some((one) => one.id === gone))
        api.workspace.gmail.deleteMessage(email, gone);
      return getMessage(email, id, ...rest);
    };
    expect(idsOf(await search())).toEqual([there]);
  });
});

describe('a search', () => {
  test('is newest first, page after page', async () => {
    const ids = Array.from({ length: 7 }, () => {
      api.clock.nowMs += 1_000;
      return api.world.arrive();
    }).reverse();
    const first = await search('pageSize=3');
    expect(idsOf(first)).toEqual(ids.slice(0, 3));
    const second = await search(`pageSize=3&pageToken=${first.nextPageToken}`);
    expect(idsOf(second)).toEqual(ids.slice(3, 6));
    const last = await search(`pageSize=3&pageToken=${second.nextPageToken}`);
    expect(idsOf(last)).toEqual(ids.slice(6));
    expect(last.nextPageToken).toBeNull();
  });

  test('takes Gmail’s syntax, labels that are all wanted, and times', async () => {
    const startMs = api.clock.nowMs;
    const [old, middle, young] = ['the apple', 'the pear', 'the apple pie'].map((text) => {
      api.clock.nowMs += 60_000;
      return api.world.arrive(text);
    });
    const starred = api.world.arrive('star', { labelIds: ['INBOX', 'STARRED'] });
    api.world.arrive('spam', { labelIds: ['SPAM'] });
    expect(idsOf(await search('q=apple'))).toEqual([young, old]);
    expect(idsOf(await search('labelIds=INBOX&labelIds=STARRED'))).toEqual([starred]);
    const [afterFirst, beforeLast] = [at(startMs + 90_000), at(startMs + 150_000)];
    expect(idsOf(await search(`after=${afterFirst}&before=${beforeLast}`))).toEqual([middle]);
    expect(idsOf(await search(`q=apple&after=${afterFirst}`))).toEqual([young]);
    expect(idsOf(await search())).toHaveLength(4);
    expect(idsOf(await search('q=in%3Aspam'))).toHaveLength(1);
    expect(idsOf(await search('q=nothing'))).toEqual([]);
  });

  test.each([
    ['pageSize=51', 'query.pageSize'],
    ['after=yesterday', 'query.after'],
    ['before=2026-11-22', 'query.before'],
    ['pageToken=', 'query.pageToken'],
    ['labels=INBOX', 'query.labels'],
    [`q=${'x'.repeat(2_001)}`, 'query.q'],
  ])('with %.30s is refused by field', async (query, path) => {
    const { status, body } = await get(`?${query}`);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path }]);
  });
});

describe('Gmail says no', () => {
  const calls = ['', '/1900000000000001', '/1900000000000001/attachments/a'];

  test.each(calls)('to delegation that was withdrawn: %p', async (path) => {
    api.workspace.oauth.revokeDelegation(ann, 'invalid_grant');
    expect(outcome(await get(path))).toEqual({ status: 409, code: 'mailboxNotAuthorized' });
  });

  test.each(calls)('by throttling, with the time when to come again: %p', async (path) => {
    api.workspace.faults.add({
      times: 5,
      match: { userId: ann },
      fault: { type: 'error', status: 429, reason: 'rateLimitExceeded', retryAfterSeconds: 90 },
    });
    const answer = await get(path);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });

  test.each(calls)('by an answer that breaks off: %p', async (path) => {
    await deliver(withAttachment);
    api.workspace.faults.add({ times: 5, match: { userId: ann }, fault: { type: 'truncate' } });
    const answer = await get(path);
    expect(answer.status).toBe(503);
    expect(answer.headers.has('retry-after')).toBe(true);
  });

  test('and nothing of the mail or the address gets into the log', async () => {
    await deliver(withAttachment);
    await search('q=pyramids');
    await get('/1900000000000001');
    expect(JSON.stringify(api.world.lines)).not.toMatch(/pyramids|Hello Ann|ann@example|ann%40example/);
  });
});

test.each(['paused', 'needsAuth'] as const)('a mailbox that is %s can still be read', async (status) => {
  const id = api.world.arrive();
  await api.world.change({ status });
  expect((await get(`/${id}`)).status).toBe(200);
});

test('a page token that Gmail does not know is refused by field', async () => {
  const answer = await get('?pageToken=unknown');
  expect(answer.status).toBe(422);
  expect(answer.body).toMatchObject({
    errors: [{ path: 'query.pageToken' }],
    fix: expect.stringContaining('pageToken') as string,
  });
});
