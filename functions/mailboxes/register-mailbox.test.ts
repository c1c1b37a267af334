import { ann, bob, notificationsTopic, topicName } from '../../test/mail-fixture';
import { startMailboxesApi, type ApiAnswer, type MailboxesApi } from '../../test/mailboxes-api';
import { mailbox as mailboxSchema } from './schema';

let api: MailboxesApi;
beforeEach(async () => {
  api = await startMailboxesApi();
});
afterEach(() => api.close());

const put = (body: unknown = {}, address = ann): Promise<ApiAnswer> =>
  api.call('operator', `PUT /v1/mailboxes/${address}`, body);
const outcome = ({ status, body }: ApiAnswer) => ({ status, code: body.code });
const watchCalls = () => api.workspace.gmail.quota.calls['gmail.users.watch'] ?? 0;
const gmailFails = (method: string, status: number, reason: string, message?: string): void =>
  api.workspace.faults.add({
    match: { method: `gmail.users.${method}` },
    times: 10,
    fault: { type: 'error', status, reason, ...(message !== undefined && { message }) },
  });

test('a registration watches the mailbox, sets its checkpoint and has it read now', async () => {
  const { status, body } = await put();
  expect(status).toBe(200);
  expect(body).toMatchObject({
    email: ann,
    status: 'active',
    labelIds: ['INBOX'],
    labelFilterBehavior: 'include',
    checkpoint: api.world.historyId(),
    sequence: 0,
  });
  expect(watchCalls()).toBe(1);
  expect(api.world.own()).toMatchObject([{ attributes: { reason: 'syncNow' } }]);
  const id = api.world.arrive();
  await api.world.push();
  expect(await api.world.received()).toEqual([id]);
});

test('the address may be written in capitals or percent-encoded', async () => {
  expect((await put({}, 'Ann%40EXAMPLE.com')).body).toMatchObject({ email: ann });
  expect(await api.world.record()).toMatchObject({ emailAddress: ann });
});

test('again with the same effect: nothing moves but the watch', async () => {
  const { body: first } = await put();
  api.world.arrive();
  api.clock.nowMs += 60_000;
  const { body: second } = await put();
  const stable = ({ watch: _, ...rest }: ApiAnswer['body']) => rest;
  expect(stable(second)).toEqual(stable(first));
});

test('ten at the same time make one mailbox', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => put()));
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  const checkpoints = new Set(answers.map(({ body }) => body.checkpoint));
  expect(checkpoints.size).toBe(1);
});

test('changed labels take effect at once, and the checkpoint stays', async () => {
  const { body: first } = await put();
  api.workspace.gmail.labels.create(ann, { name: 'Work' });
  const { body } = await put({ labelIds: ['Label_1'] });
  expect(body).toMatchObject({ labelIds: ['Label_1'], checkpoint: first.checkpoint });
  api.world.arrive();
  const id = api.world.arrive('Hello', { labelIds: ['Label_1'] });
  await api.world.push();
  expect(await api.world.received()).toEqual([id]);
});

describe('bad input', () => {
  test.each<[unknown, string]>([
    [{ labelIds: 'INBOX' }, 'body.labelIds'],
    [{ labelIds: [''] }, 'body.labelIds[0]'],
    [{ labelIds: ['x'.repeat(256)] }, 'body.labelIds[0]'],
    [{ labelIds: Array(51).fill('INBOX') }, 'body.labelIds'],
    [{ labelFilterBehavior: 'INCLUDE' }, 'body.labelFilterBehavior'],
    [{ backfillSince: 'yesterday' }, 'body.backfillSince'],
    [{ backfillSince: '2026-11-01' }, 'body.backfillSince'],
    [{ backfillSince: 1_795_000_000 }, 'body.backfillSince'],
    [{ status: 'active' }, 'body.status'],
    [[], 'body'],
    [null, 'body'],
  ])('%j is refused by field', async (body, path) => {
    const answer = await put(body);
    expect(outcome(answer)).toEqual({ status: 422, code: 'invalidInput' });
    expect(answer.body.errors).toMatchObject([{ path }]);
    expect(await api.world.mailboxStore.load(ann)).toBeUndefined();
  });

  test('an address too long to be one is refused by field, not by the store', async () => {
    const answer = await put({}, `${'a'.repeat(2_000)}@example.com`);
    expect(outcome(answer)).toEqual({ status: 422, code: 'invalidInput' });
    expect(answer.body.errors).toMatchObject([{ path: 'params.email' }]);
  });
});

describe('Gmail says no', () => {
  test('to a user who does not exist: no record is left', async () => {
    const answer = await put({}, 'ghost@example.com');
    expect(outcome(answer)).toEqual({ status: 409, code: 'mailboxNotAuthorized' });
    expect(answer.body.fix).toContain('user exists');
    expect(await api.world.mailboxStore.load('ghost@example.com')).toBeUndefined();
  });

  test('to delegation that was withdrawn', async () => {
    api.workspace.oauth.revokeDelegation(ann);
    const answer = await put();
    expect(outcome(answer)).toEqual({ status: 409, code: 'mailboxNotAuthorized' });
    expect(answer.body.fix).toContain('Domain-wide delegation');
  });

  test('to labels that the mailbox does not have: it stays with those that it had', async () => {
    expect((await put()).status).toBe(200);
    gmailFails('watch', 400, 'invalidArgument', 'Invalid label: NOPE');
    const answer = await put({ labelIds: ['NOPE'] });
    expect(outcome(answer)).toEqual({ status: 422, code: 'invalidArgument' });
    expect(answer.body).toMatchObject({ errors: [{ path: 'body.labelIds' }] });
    expect((await api.world.mailboxStore.load(ann))?.record.labelIds).toEqual(['INBOX']);
  });

  test('and a user who is never acted for is not even asked about', async () => {
    expect(outcome(await put({}, 'admin@example.com'))).toEqual({ status: 403, code: 'userDenied' });
    expect(api.workspace.statuses).toEqual({});
  });

  test('for the other name of another mailbox: the error names that one', async () => {
    const { getProfile } = { getProfile: api.workspace.gmail.getProfile.bind(api.workspace.gmail) };
    api.workspace.gmail.getProfile = () => getProfile(bob);
    const answer = await put();
    expect(outcome(answer)).toEqual({ status: 409, code: 'aliasOfMailbox' });
    expect(answer.body.fix).toContain(bob);
    expect(await api.world.mailboxStore.load(ann)).toBeUndefined();
  });

  test('to a second topic: the error says what to do, and the registration waits to be finished', async () => {
    api.workspace.gmail.watch(ann, { topicName: `${topicName}-of-others` }, 'local');
    const answer = await put();
    expect(outcome(answer)).toEqual({ status: 409, code: 'watchTopicConflict' });
    expect(answer.body.fix).toContain('users.stop');
    const { body } = await api.call('operator', `GET /v1/mailboxes/${ann}`);
    expect(body).toMatchObject({ status: 'onboarding', checkpoint: null });
    expect((await api.call('operator', 'GET /v1/status')).body.attention).toMatchObject([
      { email: ann, problem: 'onboarding' },
    ]);
    api.workspace.gmail.stop(ann, 'local');
    expect((await put()).body).toMatchObject({ status: 'active' });
  });

  test.each([
    ['to scopes that are missing', 403, 'insufficientPermissions', 403],
    ['by throttling', 429, 'rateLimitExceeded', 429],
    ['by failing', 503, 'backendError', 503],
  ])('%s', async (_, status, reason, expected) => {
    gmailFails('getProfile', status, reason);
    const answer = await put();
    expect(answer.status).toBe(expected);
    expect(answer.headers.has('retry-after')).toBe(expected !== 403);
    expect(await api.world.mailboxStore.load(ann)).toBeUndefined();
  });

  test('only to the watch: the next renewal, or the next try, finishes it', async () => {
    gmailFails('watch', 503, 'backendError');
    expect((await put()).status).toBe(503);
    expect(await api.world.record()).toMatchObject({ status: 'onboarding', watchRenewAtMs: api.clock.nowMs });
    api.workspace.faults.clear();
    expect((await put()).body).toMatchObject({ status: 'active' });
  });
});

describe('registered again', () => {
  test('after its authorisation was withdrawn, it goes on from its checkpoint', async () => {
    const { body: first } = await put();
    await api.world.change({ status: 'needsAuth', statusReason: 'invalidGrant', refusals: 3 });
    const id = api.world.arrive();
    const { body } = await put();
    expect(body).toMatchObject({ status: 'active', statusReason: null, checkpoint: first.checkpoint });
    await api.world.push();
    expect(await api.world.received()).toEqual([id]);
  });

  test('while it is paused, it stays paused', async () => {
    await put();
    await api.call('operator', `POST /v1/mailboxes/${ann}:pause`);
    expect((await put()).body).toMatchObject({ status: 'paused' });
  });

  test('after its removal, it starts afresh, with numbers that go on', async () => {
    await put();
    const before = api.world.arrive();
    await api.world.push();
    await api.call('operator', `DELETE /v1/mailboxes/${ann}`);
    api.world.arrive('while nobody listened');
    api.clock.nowMs += 60_000;
    expect((await put()).body).toMatchObject({ status: 'active', checkpoint: api.world.historyId(), sequence: 1 });
    const after = api.world.arrive();
    await api.world.push();
    expect(await api.world.received()).toEqual([before, after]);
    expect((await api.world.events()).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  test('while its removal is not finished, it is active, and stays so', async () => {
    await put();
    gmailFails('stop', 503, 'backendError');
    await api.call('operator', `DELETE /v1/mailboxes/${ann}`);
    expect(await api.world.record()).toMatchObject({ status: 'removing' });
    api.workspace.faults.clear();
    expect((await put()).body).toMatchObject({ status: 'active' });
  });
});

describe('a backfill', () => {
  const since = (agoMs: number) => new Date(api.clock.nowMs - agoMs).toISOString();

  test('brings the mail from then on, in any time zone, and what arrives meanwhile', async () => {
    api.world.arrive('too old', { dateMs: api.clock.nowMs - 7_200_000 });
    const old = api.world.arrive('old', { dateMs: api.clock.nowMs - 1_800_000 });
    const sinceMs = api.clock.nowMs - 3_600_000;
    const inTokyo = `${new Date(sinceMs + 9 * 3_600_000).toISOString().replace('Z', '')}+09:00`;
    await put({ backfillSince: inTokyo });
    const recent = api.world.arrive('new');
    await api.world.drain();
    await api.world.push();
    expect((await api.world.received()).sort()).toEqual([old, recent].sort());
  });

  test('asked for twice delivers once', async () => {
    const old = api.world.arrive('old', { dateMs: api.clock.nowMs - 1_800_000 });
    for (let i = 0; i < 2; i++) {
      await put({ backfillSince: since(3_600_000) });
      await api.world.drain();
    }
    expect(await api.world.received()).toEqual([old]);
  });

  test('from the future asks for nothing that would not come anyway', async () => {
    await put({ backfillSince: since(-3_600_000) });
    await api.world.drain();
    const id = api.world.arrive();
    await api.world.push();
    expect(await api.world.received()).toEqual([id]);
  });
});

test('a bus that fails leaves the mailbox registered, and says so', async () => {
  api.world.before = (io) => {
    if (io === `bus.publish ${notificationsTopic}`) throw new Error('no broker');
  };
  expect((await put()).status).toBe(500);
  api.world.before = () => undefined;
  expect(mailboxSchema.parse((await put()).body).status).toBe('active');
});
