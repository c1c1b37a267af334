import { ann, bob } from '../../test/mail-fixture';
import { startMailboxesApi, type ApiAnswer, type MailboxesApi } from '../../test/mailboxes-api';
import type { MailboxRecord } from '../../shared/domain/mailbox-record';
import { park } from '../../shared/store/parked-messages';
import { mailboxList } from './schema';

let api: MailboxesApi;
beforeEach(async () => {
  api = await startMailboxesApi();
  await api.world.register();
});
afterEach(() => api.close());

const outcome = ({ status, body }: ApiAnswer) => ({ status, code: body.code });
const post = (verb: string, body?: unknown) => api.call('operator', `POST /v1/mailboxes/${ann}:${verb}`, body);
const get = (address = ann) => api.call('operator', `GET /v1/mailboxes/${address}`);
const remove = () => api.call('operator', `DELETE /v1/mailboxes/${ann}`);
const stopFails = (status: number, reason: string): void =>
  api.workspace.faults.add({
    match: { method: 'gmail.users.stop' },
    times: 10,
    fault: { type: 'error', status, reason },
  });

test('a mailbox shows its state, its lag and what was set aside', async () => {
  const { checkpoint } = await api.world.record();
  await api.world.change({
    notifiedHistoryId: '99999999',
    notifiedAtMs: api.clock.nowMs,
    deferredUntilMs: api.clock.nowMs + 60_000,
    recovery: { kind: 'gap', sinceMs: 0, untilMs: null, targetHistoryId: '1', found: 3 },
    sequence: 4,
    publishedSequence: 1,
  });
  await api.world.memory.commit([
    park({ mailbox: ann, messageId: 'm1', attempts: 5, code: 'backendError', parkedAtMs: api.clock.nowMs }),
    park({ mailbox: bob, messageId: 'm2', attempts: 5, code: 'backendError', parkedAtMs: api.clock.nowMs }),
  ]);
  const { status, body } = await get();
  expect(status).toBe(200);
  expect(body).toMatchObject({
    email: ann,
    status: 'active',
    checkpoint,
    behind: true,
    notifiedHistoryId: '99999999',
    lastNotificationAt: '2026-11-22T09:00:00.000Z',
    deferredUntil: '2026-11-22T09:01:00.000Z',
    recovery: { kind: 'gap', found: 3 },
    watch: { expiration: '2026-11-29T09:00:00.000Z', error: null },
    unpublishedEvents: 3,
    parkedMessages: [{ messageId: 'm1', attempts: 5, code: 'backendError', parkedAt: '2026-11-22T09:00:00.000Z' }],
  });
});

describe('paused and resumed', () => {
  test('nothing that came meanwhile is lost', async () => {
    const first = api.world.arrive();
    await api.world.push();
    expect((await post('pause')).body).toMatchObject({ status: 'paused' });
    expect((await post('pause')).status).toBe(202);
    const missed = [api.world.arrive(), api.world.arrive()];
    expect(await api.world.push()).toEqual({ kind: 'skipped', skipReason: 'paused' });
    api.clock.nowMs += 24 * 3_600_000;

    expect((await post('resume')).body).toMatchObject({ status: 'active' });
    await api.world.drain();
    expect(await api.world.received()).toEqual([first, ...missed]);
  });

  test('so long that history is gone: what came meanwhile is found by date', async () => {
    await post('pause');
    const missed = [api.world.arrive(), api.world.arrive()];
    api.clock.nowMs += 8 * 24 * 3_600_000;
    api.workspace.gmail.expireHistory(ann);
    await post('resume');
    await api.world.drain();
    expect(await api.world.received()).toEqual(missed);
  });
});

describe('by status', () => {
  const verbs = ['pause', 'resume', 'sync', 'replayParked'];
  test.each<[MailboxRecord['status'], number[]]>([
    ['active', [202, 202, 202, 202]],
    ['paused', [202, 202, 409, 409]],
    ['needsAuth', [409, 409, 409, 409]],
    ['onboarding', [409, 409, 409, 409]],
    ['removed', [404, 404, 404, 404]],
    ['removing', [404, 404, 404, 404]],
  ])('%s: %p', async (status, expected) => {
    const answers: ApiAnswer[] = [];
    for (const verb of verbs) {
      await api.world.change({ status });
      answers.push(await post(verb));
    }
    expect(answers.map((answer) => answer.status)).toEqual(expected);
    for (const answer of answers.filter((one) => one.status === 409)) {
      expect(answer.body.code).toBe('mailboxNotActive');
      expect(answer.body.fix).toMatch(/PUT|:resume/);
    }
    expect((await get()).status).toBe(expected[0] === 404 ? 404 : 200);
  });

  test('an action takes no body but an empty one', async () => {
    expect((await post('sync', {})).status).toBe(202);
    expect(outcome(await post('sync', { now: true }))).toEqual({ status: 422, code: 'invalidInput' });
  });
});

test('sync reads the mailbox without a push', async () => {
  const id = api.world.arrive();
  await post('sync');
  await api.world.drain();
  expect(await api.world.received()).toEqual([id]);
});

test('replayParked tries what was set aside once more, and the status ceases to mention it', async () => {
  const bad = api.world.arrive();
  api.world.before = (io) => {
    if (io.startsWith('gmail.getMessage')) throw new Error('unreadable');
  };
  for (let i = 0; i < 5; i++) await api.world.push().catch(() => (api.clock.nowMs += 60_000));
  const attention = async () => (await api.call('operator', 'GET /v1/status')).body.attention;
  expect((await get()).body.parkedMessages).toMatchObject([{ messageId: bad }]);
  expect(await attention()).toMatchObject([{ email: ann, problem: 'parked' }]);

  api.world.before = () => undefined;
  await post('replayParked');
  await api.world.drain();
  expect(await api.world.received()).toEqual([bad]);
  expect((await get()).body.parkedMessages).toEqual([]);
  expect(await attention()).toEqual([]);
});

describe('removed', () => {
  test('twice with the same effect: the watch is stopped, the mailbox unknown, its events still readable', async () => {
    const id = api.world.arrive();
    await api.world.push();
    api.clock.nowMs += 10_000;
    for (let i = 0; i < 2; i++) {
      const answer = await remove();
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
    }
    expect(api.workspace.gmail.quota.calls['gmail.users.stop']).toBe(1);
    expect(outcome(await get())).toEqual({ status: 404, code: 'mailboxNotFound' });
    expect(mailboxList.parse((await api.call('operator', 'GET /v1/mailboxes')).body).mailboxes).toEqual([]);
    expect(outcome(await api.call('operator', `GET /v1/mailboxes/${ann}/messages`))).toEqual({
      status: 404,
      code: 'mailboxNotFound',
    });
    const { body } = await api.call('operator', `GET /v1/mailboxes/${ann}/events`);
    expect(body.events).toMatchObject([{ sequence: 1, event: { data: { messageId: id } } }]);
    expect(await api.world.push()).toEqual({ kind: 'skipped', skipReason: 'offboarded' });
  });

  test('in the middle of a pass: its worker writes nothing any more', async () => {
    api.world.arrive();
    api.world.before = async (io) => {
      if (!io.startsWith('gmail.getMessage')) return;
      api.world.before = () => undefined;
      await remove();
    };
    await expect(api.world.push()).rejects.toMatchObject({ code: 'fencedOut' });
    expect(await api.world.events()).toEqual([]);
  });

  test.each([
    [503, 'backendError', 'removing'],
    [429, 'rateLimitExceeded', 'removing'],
    [401, 'authError', 'removed'],
    [403, 'domainPolicy', 'removed'],
    [404, 'notFound', 'removed'],
  ])('while Gmail answers the stop with %p %s: the caller need not care, it is %s', async (status, reason, state) => {
    stopFails(status, reason);
    expect((await remove()).status).toBe(204);
    expect(await api.world.record()).toMatchObject({ status: state, lease: null });
    expect((await get()).status).toBe(404);
  });

  test('a mailbox that never was is unknown', async () => {
    expect(outcome(await api.call('operator', `DELETE /v1/mailboxes/${bob}`))).toEqual({
      status: 404,
      code: 'mailboxNotFound',
    });
  });
});

describe('the list', () => {
  test('is by address, page after page, over names and domains, without repeats', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `user${String(index).padStart(2, '0')}@example.com`);
    for (const name of names) await api.world.register(name);
    const expected = [ann, ...names];
    const seen: string[] = [];
    let pageToken: string | null = null;
    do {
      const query: string = pageToken === null ? '' : `&pageToken=${encodeURIComponent(pageToken)}`;
      const page = mailboxList.parse((await api.call('operator', `GET /v1/mailboxes?pageSize=7${query}`)).body);
      expect(page.mailboxes.length).toBeLessThanOrEqual(7);
      seen.push(...page.mailboxes.map(({ email }) => email));
      pageToken = page.nextPageToken;
    } while (pageToken !== null);
    expect(seen).toEqual(expected);
  });

  test.each([
    'pageSize=0',
    'pageSize=501',
    'pageSize=1.5',
    'pageSize=x',
    'pageToken=',
    'page=2',
    'pageSize=1&pageSize=2',
  ])('with %s is refused by field', async (query) => {
    const answer = await api.call('operator', `GET /v1/mailboxes?${query}`);
    expect(outcome(answer)).toEqual({ status: 422, code: 'invalidInput' });
    expect(answer.body.errors).toMatchObject([{ path: `query.${query.split('=', 1).join('')}` }]);
  });
});

test('the status counts by state and names what needs attention, the gravest of each mailbox', async () => {
  const problems: [string, Partial<MailboxRecord>][] = [
    ['needsAuth', { status: 'needsAuth', statusReason: 'invalidGrant', watchError: 'x' }],
    ['watchFailing', { watchError: 'backendError', sequence: 9 }],
    ['deferred', { deferredUntilMs: api.clock.nowMs + 120_000 }],
    ['behind', { notifiedHistoryId: '99999999', notifiedAtMs: api.clock.nowMs - 61_000 }],
    ['unpublished', { sequence: 9 }],
  ];
  for (const [name, patch] of problems) {
    await api.world.register(`${name.toLowerCase()}@example.com`);
    await api.world.change(patch, `${name.toLowerCase()}@example.com`);
  }
  await api.world.register('paused@example.com');
  await api.world.change({ status: 'paused', watchError: 'backendError' }, 'paused@example.com');
  const { body } = await api.call('operator', 'GET /v1/status');
  expect(body).toMatchObject({ mailboxes: { active: 5, needsAuth: 1, paused: 1 }, truncated: false });
  expect(body.attention).toMatchObject(
    problems
      .map(([problem]) => ({ email: `${problem.toLowerCase()}@example.com`, problem }))
      .sort((a, b) => (a.email < b.email ? -1 : 1)),
  );
});

test('readiness asks the store, not Google', async () => {
  expect((await api.call('operator', 'GET /health/ready')).status).toBe(200);
  api.world.before = () => {
    throw new Error('no store');
  };
  expect((await api.call('operator', 'GET /health/ready')).status).toBe(503);
  expect((await api.call('operator', 'GET /health/live')).status).toBe(200);
  expect(api.workspace.statuses).toEqual({});
});
