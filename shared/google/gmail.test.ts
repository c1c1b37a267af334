import { startStandIn, type ReceivedRequest, type StandInAnswer } from '../../test/http-stand-in';
import type { Mailbox, MessagePart } from '../domain/mailbox';
import type { AccessTokens } from '../domain/ports';
import { createMailboxes, gmailScopes } from './gmail';

const ann = 'ann@example.com';
const root = `/gmail/v1/users/${encodeURIComponent(ann)}`;
const topicName = 'projects/p/topics/gmail-notifications';

let standIn: Awaited<ReturnType<typeof startStandIn>>;
let answer: (request: ReceivedRequest) => StandInAnswer;

beforeAll(async () => {
  standIn = await startStandIn((request) => answer(request));
});
beforeEach(() => {
  standIn.received.length = 0;
});
afterAll(() => standIn.stop());

/** Tokens numbered by invalidation: `t1` until the first, then `t2`. */
function numberedTokens() {
  const asked: { subject: string; scopes: readonly string[] }[] = [];
  let number = 1;
  const tokens: AccessTokens = {
    async get(subject, scopes) {
      asked.push({ subject, scopes });
      return { subject, token: `t${number}`, expiresAtMs: 1e15 };
    },
    invalidate: () => void (number += 1),
  };
  return { tokens, asked };
}

function mailbox(tokens: AccessTokens = numberedTokens().tokens, timeoutMs = 5000): Mailbox {
  return createMailboxes({ tokens, apiUrl: standIn.url, timeoutMs })('Ann@Example.com');
}

const googleError = (status: number, reason: string, message = 'Of ann@example.com'): StandInAnswer => ({
  status,
  body: { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } },
});

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('There was an answer.')),
    (error: unknown) => error,
  );

const everyCall: [string, (mailbox: Mailbox) => Promise<unknown>][] = [
  ['getProfile', (m) => m.getProfile()],
  ['listHistory', (m) => m.listHistory({ startHistoryId: '1' })],
  ['getMessage', (m) => m.getMessage('m1')],
  ['listMessages', (m) => m.listMessages({})],
  ['getAttachment', (m) => m.getAttachment('m1', 'a1')],
  ['watch', (m) => m.watch({ topicName, labelIds: ['INBOX'], labelFilterBehavior: 'include' })],
  ['stop', (m) => m.stop()],
];

describe('calls', () => {
  it('getProfile', async () => {
    answer = () => ({ body: { emailAddress: ann, messagesTotal: 3, historyId: '12345' } });
    expect(await mailbox().getProfile()).toEqual({ emailAddress: ann, historyId: '12345' });
    expect(standIn.received[0]).toMatchObject({ method: 'GET', url: `${root}/profile` });
  });

  it('listHistory asks for what arrived or was labelled, 500 a page', async () => {
    const history = [
      {
        id: '11',
        messages: [{ id: 'm1' }],
        messagesAdded: [{ message: { id: 'm1', threadId: 't1', labelIds: ['INBOX'] } }],
      },
      { id: '12', labelsAdded: [{ message: { id: 'm2', threadId: 't2' }, labelIds: ['INBOX'] }] },
    ];
    answer = () => ({ body: { history, nextPageToken: 'p2', historyId: '13' } });
    expect(await mailbox().listHistory({ startHistoryId: '10', pageToken: 'p1' })).toEqual({
      history: [{ id: '11', messagesAdded: history[0]?.messagesAdded }, history[1]],
      nextPageToken: 'p2',
      historyId: '13',
    });
    const { pathname, searchParams } = new URL(standIn.received[0]?.url ?? '', standIn.url);
    expect(pathname).toBe(`${root}/history`);
    expect(searchParams.getAll('historyTypes')).toEqual(['messageAdded', 'labelAdded']);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      startHistoryId: '10',
      pageToken: 'p1',
      maxResults: '500',
    });
  });

  it('listHistory takes a page that has no records', async () => {
    answer = () => ({ body: { historyId: '13', nextPageToken: 'p2' } });
    expect(await mailbox().listHistory({ startHistoryId: '10' })).toEqual({ historyId: '13', nextPageToken: 'p2' });
  });

  it('getMessage reads the whole tree of parts', async () => {
    const message = {
      id: 'm1',
      threadId: 't1',
      labelIds: ['INBOX'],
      snippet: 'Hi',
      historyId: '12',
      internalDate: '1795000000000',
      sizeEstimate: 900,
      payload: {
        partId: '',
        mimeType: 'multipart/mixed',
        filename: '',
        headers: [{ name: 'Subject', value: 'Hi' }],
        body: { size: 0 },
        parts: [
          { partId: '0', mimeType: 'text/plain', body: { size: 2, data: 'SGk' } },
          {
            partId: '1',
            mimeType: 'multipart/related',
            parts: [{ partId: '1.0', body: { attachmentId: 'a1', size: 7 } }],
          },
        ],
      },
    };
    answer = () => ({ body: { ...message, classificationLabelValues: [] } });
    expect(await mailbox().getMessage('m1')).toEqual(message);
    expect(standIn.received[0]?.url).toBe(`${root}/messages/m1?format=full`);
  });

  it('getMessage reads parts that are nested ten thousand deep, and sees what is wrong with the innermost', async () => {
    const nested = (innermost: string) =>
      `{"id":"m","threadId":"t","historyId":"1","internalDate":"0","payload":` +
      `${'{"mimeType":"multipart/mixed","parts":['.repeat(10_000)}${innermost}${']}'.repeat(10_000)}}`;
    answer = () => ({ body: nested('{"mimeType":"text/plain","body":{"size":1,"data":"eA"}}') });
    const { payload } = await mailbox().getMessage('m');
    let part: MessagePart | undefined = payload;
    for (let depth = 0; depth < 10_000; depth += 1) part = part?.parts?.[0];
    expect(part).toEqual({ mimeType: 'text/plain', body: { size: 1, data: 'eA' } });

    answer = () => ({ body: nested('{"mimeType":1}') });
    expect(await failureOf(mailbox().getMessage('m'))).toMatchObject({ kind: 'unavailable', code: 'unreadableAnswer' });
  });

  it('getMessage takes a message without labels', async () => {
    answer = () => ({ body: { id: 'm', threadId: 't', historyId: '1', internalDate: '1', payload: {} } });
    expect(await mailbox().getMessage('m')).toMatchObject({ labelIds: [] });
  });

  it('getMessage takes headers that say nothing', async () => {
    const payload = { headers: [{ name: 'Subject' }, { value: 'x' }] };
    answer = () => ({ body: { id: 'm', threadId: 't', historyId: '1', internalDate: '1', payload } });
    expect((await mailbox().getMessage('m')).payload.headers).toEqual([
      { name: 'Subject', value: '' },
      { name: '', value: 'x' },
    ]);
  });

  it('listMessages passes the search on and takes an empty answer', async () => {
    answer = () => ({ body: { resultSizeEstimate: 0 } });
    const request = { q: 'after:1 from:"a b"', labelIds: ['INBOX', 'L1'], maxResults: 100, includeSpamTrash: true };
    expect(await mailbox().listMessages(request)).toEqual({ messages: [] });
    const { pathname, searchParams } = new URL(standIn.received[0]?.url ?? '', standIn.url);
    expect(pathname).toBe(`${root}/messages`);
    expect(searchParams.getAll('labelIds')).toEqual(['INBOX', 'L1']);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      q: 'after:1 from:"a b"',
      maxResults: '100',
      includeSpamTrash: 'true',
    });
  });

  it('getAttachment', async () => {
    answer = () => ({ body: { attachmentId: 'other', size: 2, data: 'SGk' } });
    expect(await mailbox().getAttachment('m1', 'a/1')).toEqual({ size: 2, data: 'SGk' });
    expect(standIn.received[0]?.url).toBe(`${root}/messages/m1/attachments/a%2F1`);
  });

  it('getAttachment takes an empty one, but not one whose bytes are missing', async () => {
    answer = () => ({ body: { size: 0 } });
    expect(await mailbox().getAttachment('m1', 'a1')).toEqual({ size: 0, data: '' });
    answer = () => ({ body: { size: 5 } });
    expect(await failureOf(mailbox().getAttachment('m1', 'a1'))).toMatchObject({ kind: 'unavailable' });
  });

  it('watch', async () => {
    answer = () => ({ body: { historyId: '15', expiration: '1795600000000' } });
    const request = { topicName, labelIds: ['INBOX'], labelFilterBehavior: 'include' } as const;
    expect(await mailbox().watch(request)).toEqual({ historyId: '15', expirationMs: 1_795_600_000_000 });
    expect(standIn.received[0]).toMatchObject({ method: 'POST', url: `${root}/watch` });
    expect(JSON.parse(standIn.received[0]?.body ?? '')).toEqual(request);
  });

  it('stop is content with an empty answer', async () => {
    answer = () => ({ status: 204 });
    await mailbox().stop();
    expect(standIn.received[0]).toMatchObject({ method: 'POST', url: `${root}/stop` });
  });
});

describe('64-bit numbers', () => {
  it('keep their digits where Gmail sends them as numbers', async () => {
    answer = () => ({
      body: '{"historyId": 18446744073709551615, "history": [{"id":9007199254740993, "messagesAdded":[{"message":{"id":"m"}}]}]}',
    });
    expect(await mailbox().listHistory({ startHistoryId: '1' })).toMatchObject({
      historyId: '18446744073709551615',
      history: [{ id: '9007199254740993' }],
    });
  });

  it('are not looked for inside text', async () => {
    const snippet = 'see {"historyId": 5, "id":6} and \\"id": 7';
    answer = () => ({ body: { id: 'm', threadId: 't', historyId: '1', internalDate: '1', payload: {}, snippet } });
    expect(await mailbox().getMessage('m')).toMatchObject({ snippet });
  });
});

describe('tokens', () => {
  it.each(everyCall)('%s carries the token of the mailbox, for reading only', async (_, call) => {
    const { tokens, asked } = numberedTokens();
    answer = () => ({ body: {} });
    await call(mailbox(tokens)).catch(() => undefined);
    expect(asked).toEqual([{ subject: ann, scopes: gmailScopes }]);
    expect(standIn.received[0]?.headers.authorization).toBe('Bearer t1');
  });

  it.each(everyCall)('%s sends nothing with the token of another user', async (_, call) => {
    const { tokens } = numberedTokens();
    const ofBob: AccessTokens = {
      ...tokens,
      get: async () => ({ subject: 'bob@example.com', token: 't', expiresAtMs: 1e15 }),
    };
    expect(await failureOf(call(mailbox(ofBob)))).toMatchObject({ kind: 'bug', code: 'wrongSubject' });
    expect(standIn.received).toEqual([]);
  });

  it('are renewed once after a 401', async () => {
    answer = ({ headers }) =>
      headers.authorization === 'Bearer t1'
        ? googleError(401, 'authError')
        : { body: { emailAddress: ann, historyId: '1' } };
    expect(await mailbox().getProfile()).toMatchObject({ historyId: '1' });
    expect(standIn.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
  });

  it('are renewed once for all calls that were refused together', async () => {
    answer = ({ headers }) =>
      headers.authorization === 'Bearer t1'
        ? googleError(401, 'authError')
        : { body: { emailAddress: ann, historyId: '1' } };
    const one = mailbox();
    await Promise.all(Array.from({ length: 5 }, () => one.getProfile()));
    expect(new Set(standIn.received.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer t1', 'Bearer t2']),
    );
  });

  it('are not renewed twice', async () => {
    answer = () => googleError(401, 'authError');
    expect(await failureOf(mailbox().getProfile())).toMatchObject({ kind: 'unauthorized' });
    expect(standIn.received).toHaveLength(2);
  });
});

describe('failures', () => {
  it('of the history are an expired checkpoint', async () => {
    answer = () => googleError(404, 'notFound');
    expect(await failureOf(mailbox().listHistory({ startHistoryId: '1' }))).toMatchObject({
      kind: 'checkpointExpired',
    });
    expect(await failureOf(mailbox().getMessage('m'))).toMatchObject({ kind: 'notFound' });
  });

  it.each<[string, StandInAnswer, object]>([
    ['an outage', { status: 503, body: '<html>ann@example.com</html>' }, { kind: 'unavailable' }],
    ['throttling', googleError(429, 'rateLimitExceeded', 'Retry after 2096-11-22T12:00:00Z'), { kind: 'rateLimited' }],
    ['a policy', googleError(403, 'domainPolicy'), { kind: 'forbidden', code: 'domainPolicy' }],
    [
      'a body cut short',
      { body: { historyId: '1', filler: 'x'.repeat(9000) }, failure: 'cut' },
      { kind: 'unavailable' },
    ],
    ['half of JSON', { body: '{"emailAddress":"ann@example.com","historyId":"1' }, { kind: 'unavailable' }],
    ['an empty body', { body: '' }, { kind: 'unavailable' }],
    ['a missing id', { body: { emailAddress: ann } }, { kind: 'unavailable', code: 'unreadableAnswer' }],
    ['an id that is none', { body: { emailAddress: ann, historyId: '-1' } }, { kind: 'unavailable' }],
    ['a list', { body: [] }, { kind: 'unavailable' }],
  ])('%s is tried once and says nothing private', async (_, given, expected) => {
    answer = () => given;
    const error = await failureOf(mailbox().getProfile());
    expect(error).toMatchObject(expected);
    expect(standIn.received).toHaveLength(1);
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toMatch(/ann@|Bearer|t1/);
  });

  it('by silence end with the timeout', async () => {
    answer = () => ({ failure: 'hang' });
    expect(await failureOf(mailbox(undefined, 50).getProfile())).toMatchObject({
      kind: 'unavailable',
      message: 'users.getProfile did not complete (TimeoutError).',
    });
  });

  it('to get a token come through as they are, without a second try', async () => {
    const { tokens } = numberedTokens();
    const get = jest.fn(async () => Promise.reject(new Error('no consent')));
    expect(await failureOf(mailbox({ ...tokens, get }).getProfile())).toMatchObject({ message: 'no consent' });
    expect(get).toHaveBeenCalledTimes(1);
    expect(standIn.received).toEqual([]);
  });
});
