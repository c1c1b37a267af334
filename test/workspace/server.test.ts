import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { auth, gmail as gmailClient } from 'googleapis/build/src/apis/gmail';
import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import * as z from 'zod';
import type { Publish } from './gmail/notifications';
import { createPubsubPublisher } from './pubsub-publisher';
import { startWorkspace } from './server';
import type { Workspace, WorkspaceOptions } from './server';

const ada = 'ada@example.com';
const grace = 'grace@example.com';
const topicName = 'projects/local/topics/gmail';
const fullAccess = 'https://mail.google.com/';
const gmailScope = (name: string) => `https://www.googleapis.com/auth/gmail.${name}`;
const fixture = (name: string) => readFileSync(join(__dirname, '../fixtures/mail', name));

let workspace: Workspace;
let published: { topicName: string; data: string }[];
let publish: Publish;

async function start(options: WorkspaceOptions = {}): Promise<Workspace> {
  published = [];
  publish = async (topic, { data }) => void published.push({ topicName: topic, data });
  workspace = await startWorkspace({
    users: [ada, grace],
    publish: (topic, message) => publish(topic, message),
    ...options,
  });
  return workspace;
}

afterEach(() => workspace.close());

/** Google's own client; all that differs from production is `rootUrl`. */
function clientFor(email = ada, scopes = [fullAccess], projectId = 'local'): gmail_v1.Gmail {
  const credentials = new auth.OAuth2({ transporterOptions: { fetchImplementation: fetch } });
  credentials.setCredentials({ access_token: tokenFor(email, scopes, projectId) });
  return gmailClient({ version: 'v1', rootUrl: `${workspace.url}/`, auth: credentials, retry: false });
}

function tokenFor(email: string, scopes = [fullAccess], projectId = 'local'): string {
  return workspace.oauth.issueAccessToken(email, scopes, projectId).access_token;
}

async function admin(method: string, path: string, body?: object | Buffer) {
  const response = await fetch(`${workspace.url}/admin${path}`, {
    method,
    ...(body && { body: Buffer.isBuffer(body) ? Uint8Array.from(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

const errorSchema = z.object({
  response: z.object({
    status: z.number(),
    data: z.object({
      error: z.object({
        code: z.number(),
        message: z.string(),
        status: z.string().optional(),
        errors: z.array(z.object({ domain: z.string(), reason: z.string(), message: z.string() })).optional(),
        details: z.array(z.object({ reason: z.string() })).optional(),
      }),
    }),
  }),
});

/** Google's error body, as the client hands it to its caller. */
async function errorOf(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return errorSchema.parse(error).response.data.error;
}

const me = { userId: 'me' };

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

describe('notifications', () => {
  test('write ids beyond 2^53 with all their digits, as number and as string in turn', async () => {
    await start({ gmail: { startHistoryId: 2n ** 63n + 1n, minPushIntervalMs: 0 } });
    for (let count = 0; count < 2; count += 1) await clientFor().users.watch({ ...me, requestBody: { topicName } });
    expect(published.map(({ data }) => data)).toEqual([
      '{"emailAddress":"ada@example.com","historyId":9223372036854775809}',
      '{"emailAddress":"ada@example.com","historyId":"9223372036854775809"}',
    ]);
  });

  test('that cannot be published make watch fail, and leave no watch behind', async () => {
    await start();
    publish = async () => Promise.reject(new Error('no such topic'));
    const request = { ...me, requestBody: { topicName } };
    expect((await errorOf(clientFor().users.watch(request))).message).toContain(`Cloud PubSub ${topicName}`);
    publish = async () => {};
    await clientFor().users.watch({ ...me, requestBody: { topicName: `${topicName}-2` } });
  });

  test('go to one topic per OAuth project and user', async () => {
    await start();
    await clientFor().users.watch({ ...me, requestBody: { topicName } });
    const other = { ...me, requestBody: { topicName: 'projects/local/topics/other' } };
    expect((await errorOf(clientFor().users.watch(other))).message).toContain('Only one user push notification client');
    await clientFor(ada, [fullAccess], 'another').users.watch(other);
    await clientFor(grace).users.watch(other);
  });

  test('reach the Pub/Sub emulator over its REST API', async () => {
    await start();
    const requests: { url: string; body: string }[] = [];
    const emulator = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        requests.push({ url: request.url ?? '', body: Buffer.concat(chunks).toString() });
        response.writeHead(requests.length === 1 ? 200 : 404).end('{}');
      });
    });
    await new Promise<void>((resolve) => emulator.listen(0, '127.0.0.1', resolve));
    const send = createPubsubPublisher(`127.0.0.1:${(emulator.address() as AddressInfo).port}`);
    await send(topicName, { data: '{"a":1}' });
    expect(requests).toEqual([
      { url: '/v1/projects/local/topics/gmail:publish', body: '{"messages":[{"data":"eyJhIjoxfQ=="}]}' },
    ]);
    await expect(send(topicName, { data: '{}' })).rejects.toThrow(/404 for projects\/local\/topics\/gmail/);
    await new Promise((resolve) => emulator.close(resolve));
  });
});

describe('access', () => {
  beforeEach(() => start());

  test('needs a token that is known and has not expired', async () => {
    const { users } = clientFor();
    await users.getProfile(me);
    workspace.clock.advance(3_600_000);
    expect(await errorOf(users.getProfile(me))).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' });
    const response = await fetch(`${workspace.url}/gmail/v1/users/me/profile`);
    expect(response.status).toBe(401);
  });

  test('is to the token’s own mailbox only, by address or as me', async () => {
    const { users } = clientFor();
    expect((await users.getProfile({ userId: 'Ada@Example.com' })).data.emailAddress).toBe(ada);
    const error = await errorOf(users.getProfile({ userId: grace }));
    expect(error).toMatchObject({ code: 403, errors: [{ reason: 'delegationDenied' }] });
  });

  test('needs one of the method’s scopes', async () => {
    const { users } = clientFor(ada, [gmailScope('readonly')]);
    await users.messages.list(me);
    expect(await errorOf(users.messages.send({ ...me, requestBody: { raw: '' } }))).toMatchObject({
      code: 403,
      status: 'PERMISSION_DENIED',
      errors: [{ reason: 'insufficientPermissions' }],
      details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }],
    });
  });

  test('by the metadata scope gives no bodies and no search', async () => {
    const { users } = clientFor(ada, [gmailScope('metadata')]);
    const { id } = workspace.gmail.deliver(ada, { payload: { mimeType: 'text/plain', headers: [] } });
    await users.messages.get({ ...me, id: id ?? '', format: 'metadata' });
    expect((await errorOf(users.messages.get({ ...me, id: id ?? '' }))).code).toBe(403);
    expect((await errorOf(users.messages.list({ ...me, q: 'x' }))).code).toBe(403);
  });

  test('through a service account that names no user finds no mailbox', async () => {
    const error = await errorOf(clientFor('robot@local.iam.gserviceaccount.com').users.getProfile(me));
    expect(error).toMatchObject({
      code: 400,
      status: 'FAILED_PRECONDITION',
      errors: [{ reason: 'failedPrecondition' }],
    });
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

describe('faults', () => {
  beforeEach(() => start());

  test('errors carry status, reason and the time to come back, as often as asked', async () => {
    const fault = { type: 'error', status: 429, reason: 'rateLimitExceeded', retryAfter: '2026-03-01T15:00:00Z' };
    await admin('POST', '/faults', { match: { method: 'gmail.users.getProfile', userId: ada }, times: 2, fault });
    const { users } = clientFor();
    await users.labels.list(me);
    await clientFor(grace).users.getProfile(me);
    for (let count = 0; count < 2; count += 1) {
      expect(await errorOf(users.getProfile(me))).toMatchObject({
        code: 429,
        message: 'User-rate limit exceeded. Retry after 2026-03-01T15:00:00Z',
        errors: [{ reason: 'rateLimitExceeded', domain: 'usageLimits' }],
      });
    }
    await users.getProfile(me);
  });

  test.each(['domainPolicy', 'dailyLimitExceeded', 'userRateLimitExceeded', 'insufficientPermissions'])(
    '403 %s looks like Google’s',
    async (reason) => {
      workspace.faults.add({ fault: { type: 'error', status: 403, reason } });
      expect(await errorOf(clientFor().users.getProfile(me))).toMatchObject({ code: 403, errors: [{ reason }] });
    },
  );

  test('a dropped call has had its effect or not, as asked', async () => {
    const { users } = clientFor();
    const add = { ...me, requestBody: { name: 'Once' } };
    workspace.faults.add({ fault: { type: 'drop' } });
    await expect(users.labels.create(add)).rejects.toThrow();
    workspace.faults.add({ fault: { type: 'drop', when: 'after' } });
    await expect(users.labels.create(add)).rejects.toThrow();
    expect((await errorOf(users.labels.create(add))).code).toBe(409);
  });

  test('a truncated answer breaks off in the middle', async () => {
    workspace.faults.add({ fault: { type: 'truncate' } });
    const response = await fetch(`${workspace.url}/gmail/v1/users/me/labels`, {
      headers: { authorization: `Bearer ${tokenFor(ada)}` },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(workspace.statuses['gmail.users.labels.list']).toEqual({ truncated: 1 });
  });

  test('a delayed call is answered in the end', async () => {
    workspace.faults.add({ match: { method: 'gmail.users.getProfile' }, fault: { type: 'delay', ms: 50 } });
    const startedAtMs = performance.now();
    await clientFor().users.getProfile(me);
    // A timer may fire up to a millisecond early.
    expect(performance.now() - startedAtMs).toBeGreaterThan(48);
  });

  test('are gone when cleared, and never hit the admin routes', async () => {
    workspace.faults.add({ times: 5, fault: { type: 'drop' } });
    expect((await admin('DELETE', '/faults')).status).toBe(204);
    await clientFor().users.getProfile(me);
  });
});

describe('admin', () => {
  beforeEach(() => start());

  test.each([
    ['POST', '/clock', { advanceMs: -1 }, /advanceMs/],
    ['POST', '/users', { email: 'nobody' }, /email/],
    ['POST', '/users', { email: 'a@example.com', name: 'x' }, /name/],
    ['POST', '/faults', { fault: { type: 'error', status: 200, reason: 'x' } }, /fault\.status/],
    ['POST', '/faults', { match: { user: ada }, fault: { type: 'drop' } }, /match: .*user/],
    ['PATCH', '/settings', { indexingLagMs: '5' }, /indexingLagMs/],
    ['POST', '/idTokens', { email: ada }, /aud/],
    ['POST', `/users/${ada}/messages?internalDateMs=soon`, {}, /internalDateMs/],
  ])('%s %s names the field that is wrong', async (method, path, body, field) => {
    const answer = await admin(method, path, body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toMatch(field);
  });

  test('unknown users and paths are 404, a second user of the same name 409', async () => {
    expect((await admin('POST', '/users/nobody@example.com/expireHistory')).status).toBe(404);
    expect((await admin('GET', '/nothing')).status).toBe(404);
    expect((await admin('POST', '/users', { email: 'new@example.com' })).status).toBe(201);
    expect((await admin('POST', '/users', { email: 'New@example.com' })).status).toBe(409);
  });

  test('delivers, relabels, deletes and forgets', async () => {
    const { users } = clientFor();
    const { data: profile } = await users.getProfile(me);
    const { body } = await admin('POST', `/users/${ada}/messages?labelIds=SPAM`, fixture('bounce.eml'));
    const { id } = z.object({ id: z.string() }).parse(body);
    await admin('POST', `/users/${ada}/messages/${id}/labels`, { addLabelIds: ['INBOX'], removeLabelIds: ['SPAM'] });
    expect((await users.messages.get({ ...me, id })).data.labelIds).toEqual(['INBOX']);
    await admin('DELETE', `/users/${ada}/messages/${id}`);
    const request = { ...me, startHistoryId: profile.historyId ?? '' };
    expect((await users.history.list(request)).data.history).toHaveLength(4);
    await admin('POST', `/users/${ada}/expireHistory`);
    expect((await errorOf(users.history.list(request))).code).toBe(404);
  });

  test('settings change Google’s rules while it runs', async () => {
    const { users } = clientFor();
    await admin('PATCH', '/settings', { indexingLagMs: 5_000, bodyCharset: 'utf-8' });
    const { body } = await admin('POST', `/users/${ada}/messages`, fixture('latin1-quoted-printable.eml'));
    const { id } = z.object({ id: z.string() }).parse(body);
    expect((await users.messages.list(me)).data.messages).toBeUndefined();
    await admin('POST', '/clock', { advanceMs: 5_000 });
    expect((await users.messages.list(me)).data.messages).toHaveLength(1);
    const { data } = await users.messages.get({ ...me, id });
    expect(Buffer.from(data.payload?.body?.data ?? '', 'base64url').toString()).toContain('März');
  });
});
