import { startStandIn, type ReceivedRequest, type StandInAnswer } from '../../test/http-stand-in';
import type { Calendar } from '../domain/calendar';
import type { AccessTokens } from '../domain/ports';
import { createCalendars, meetingScopes } from './calendar';

const ann = 'ann@example.com';
const events = `/calendar/v3/calendars/${encodeURIComponent(ann)}/events`;

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

function calendar(tokens: AccessTokens = numberedTokens().tokens, timeoutMs = 5000): Calendar {
  return createCalendars({ tokens, apiUrl: standIn.url, scopes: meetingScopes, timeoutMs })('Ann@Example.com');
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

const received = () => {
  const { method, url, body, headers } = standIn.received[0]!;
  const { pathname, searchParams } = new URL(url, standIn.url);
  return { method, pathname, query: Object.fromEntries(searchParams), body, headers };
};

const window = { timeMin: '2026-03-01T00:00:00Z', timeMax: '2026-03-02T00:00:00Z' };
const event = { id: 'abcde', status: 'confirmed', etag: '"1"' };
const updates = { sendUpdates: 'all' } as const;

const everyCall: [string, (calendar: Calendar) => Promise<unknown>][] = [
  ['freeBusy', (c) => c.freeBusy({ ...window, calendarIds: [ann] })],
  ['getTimeZone', (c) => c.getTimeZone()],
  ['insertEvent', (c) => c.insertEvent({ id: 'abcde', privateProperties: {} }, updates)],
  ['getEvent', (c) => c.getEvent('abcde')],
  ['patchEvent', (c) => c.patchEvent('abcde', {}, updates)],
  ['deleteEvent', (c) => c.deleteEvent('abcde', updates)],
];

describe('freeBusy', () => {
  it('answers for every calendar that was asked for, with Google’s reason where it could not be read', async () => {
    const busy = [{ start: '2026-03-01T09:00:00Z', end: '2026-03-01T10:30:00+01:00' }];
    answer = () => ({
      body: {
        calendars: {
          [ann]: { busy },
          'free@example.com': {},
          'hidden@example.com': { errors: [{ domain: 'global', reason: 'notFound' }], busy: [] },
        },
      },
    });
    const calendarIds = [ann, 'free@example.com', 'hidden@example.com', 'forgotten@example.com'];
    expect(await calendar().freeBusy({ ...window, calendarIds })).toEqual(
      new Map<string, unknown>([
        [ann, { busy }],
        ['free@example.com', { busy: [] }],
        ['hidden@example.com', { busy: [], error: 'notFound' }],
        ['forgotten@example.com', { busy: [], error: 'unanswered' }],
      ]),
    );
    expect(received()).toMatchObject({ method: 'POST', pathname: '/calendar/v3/freeBusy' });
    expect(JSON.parse(received().body)).toEqual({ ...window, items: calendarIds.map((id) => ({ id })) });
  });

  it('takes an answer without calendars for one that answers nothing, not for free time', async () => {
    answer = () => ({ body: {} });
    const answers = await calendar().freeBusy({ ...window, calendarIds: [ann] });
    expect(answers.get(ann)).toEqual({ busy: [], error: 'unanswered' });
  });

  it('does not read half of a busy time', async () => {
    answer = () => ({ body: { calendars: { [ann]: { busy: [{ start: '2026-03-01', end: '2026-03-02' }] } } } });
    expect(await failureOf(calendar().freeBusy({ ...window, calendarIds: [ann] }))).toMatchObject({
      kind: 'unavailable',
      code: 'unreadableAnswer',
    });
  });
});

describe('events', () => {
  it('are inserted under our id, with a conference that Google does not drop', async () => {
    answer = () => ({
      body: {
        ...event,
        htmlLink: 'https://calendar/e',
        summary: 'Talk',
        start: { dateTime: '2026-03-01T09:00:00+01:00', timeZone: 'Europe/Berlin' },
        attendees: [{ email: 'Bob@Example.com', responseStatus: 'needsAction', self: false }],
        conferenceData: { createRequest: { requestId: 'r1', status: { statusCode: 'pending' } } },
        extendedProperties: { private: { meetingId: 'm1' }, shared: { a: 'b' } },
        creator: { email: ann },
      },
    });
    const made = await calendar().insertEvent(
      {
        id: 'abcde',
        summary: 'Talk',
        attendees: [{ email: 'bob@example.com', optional: true }],
        privateProperties: { meetingId: 'm1' },
        conferenceRequestId: 'r1',
      },
      { sendUpdates: 'externalOnly' },
    );
    expect(made).toEqual({
      ...event,
      htmlLink: 'https://calendar/e',
      summary: 'Talk',
      start: { dateTime: '2026-03-01T09:00:00+01:00', timeZone: 'Europe/Berlin' },
      attendees: [{ email: 'bob@example.com', responseStatus: 'needsAction' }],
      conference: { status: 'pending' },
      privateProperties: { meetingId: 'm1' },
    });
    expect(received()).toMatchObject({
      method: 'POST',
      pathname: events,
      query: { sendUpdates: 'externalOnly', conferenceDataVersion: '1' },
    });
    expect(JSON.parse(received().body)).toEqual({
      id: 'abcde',
      summary: 'Talk',
      attendees: [{ email: 'bob@example.com', optional: true }],
      extendedProperties: { private: { meetingId: 'm1' } },
      conferenceData: { createRequest: { requestId: 'r1', conferenceSolutionKey: { type: 'hangoutsMeet' } } },
    });
  });

  it.each([
    [
      { hangoutLink: 'https://meet/1', conferenceData: {} },
      { status: 'success', joinUrl: 'https://meet/1' },
    ],
    [
      {
        conferenceData: {
          createRequest: { status: { statusCode: 'success' } },
          entryPoints: [
            { entryPointType: 'phone', uri: 'tel:1' },
            { entryPointType: 'video', uri: 'https://meet/2' },
          ],
        },
      },
      { status: 'success', joinUrl: 'https://meet/2' },
    ],
    [{ conferenceData: { createRequest: { status: { statusCode: 'failure' } } } }, { status: 'failure' }],
    [{ conferenceData: { createRequest: {} } }, { status: 'pending' }],
    [{ conferenceData: { entryPoints: [{ entryPointType: 'phone', uri: 'tel:1' }] } }, { status: 'success' }],
    [{}, undefined],
  ])('show their conference: %j', async (given, conference) => {
    answer = () => ({ body: { ...event, ...given } });
    expect((await calendar().getEvent('abcde')).conference).toEqual(conference);
    expect(received()).toMatchObject({ method: 'GET', pathname: `${events}/abcde` });
  });

  it.each([
    ['GMT-06:00', { timeZone: 'Etc/GMT+6' }],
    ['Customized Time Zone', {}],
  ])('in the zone %j are at the same instant', async (timeZone, zone) => {
    const dateTime = '2026-03-01T09:00:00-06:00';
    answer = () => ({ body: { ...event, start: { dateTime, timeZone }, end: { dateTime, timeZone } } });
    expect((await calendar().getEvent('abcde')).start).toEqual({ dateTime, ...zone });
  });

  it('that are gone are read as cancelled', async () => {
    answer = () => ({ body: { ...event, status: 'cancelled' } });
    expect(await calendar().getEvent('abcde')).toEqual({
      ...event,
      status: 'cancelled',
      attendees: [],
      privateProperties: {},
    });
  });

  it('are patched and deleted only in the version that is named', async () => {
    answer = () => ({ body: event });
    await calendar().patchEvent('abcde', { summary: 'New' }, { sendUpdates: 'none', etag: '"1"' });
    expect(received()).toMatchObject({ method: 'PATCH', pathname: `${events}/abcde`, query: { sendUpdates: 'none' } });
    expect(received().headers).toMatchObject({ 'if-match': '"1"', authorization: 'Bearer t1' });
    expect(JSON.parse(received().body)).toEqual({ summary: 'New' });

    standIn.received.length = 0;
    answer = () => googleError(412, 'conditionNotMet');
    const stale = calendar().deleteEvent('abcde', { sendUpdates: 'all', etag: '"0"' });
    expect(await failureOf(stale)).toMatchObject({ kind: 'preconditionFailed' });
    expect(received()).toMatchObject({ method: 'DELETE', headers: { 'if-match': '"0"' } });

    standIn.received.length = 0;
    answer = () => ({ status: 204 });
    await calendar().deleteEvent('abcde', updates);
    expect(received().headers).not.toHaveProperty('if-match');
  });

  it('become all-day ones or lose their conference: what is not to stay is named', async () => {
    answer = () => ({ body: event });
    const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } };
    const dress = { colorId: '3', recurrence: ['RRULE:FREQ=DAILY'], reminderMinutes: 10 };
    await calendar().patchEvent('abcde', { ...day, ...dress, conferenceRequestId: null }, updates);
    expect(received().query).toMatchObject({ conferenceDataVersion: '1' });
    expect(JSON.parse(received().body)).toEqual({
      start: { date: '2026-03-01', dateTime: null, timeZone: null },
      end: { date: '2026-03-02', dateTime: null, timeZone: null },
      colorId: '3',
      recurrence: ['RRULE:FREQ=DAILY'],
      reminders: { useDefault: false, overrides: [{ method: 'popup', minutes: 10 }] },
      conferenceData: null,
    });
  });

  it.each([
    [409, 'duplicate', 'conflict'],
    [404, 'notFound', 'notFound'],
    [410, 'deleted', 'notFound'],
    [403, 'rateLimitExceeded', 'rateLimited'],
    [403, 'forbiddenForServiceAccounts', 'forbidden'],
    [400, 'invalid', 'invalid'],
    [503, 'backendError', 'unavailable'],
  ])('refused with %i %s are %s, tried once, and say nothing private', async (status, reason, kind) => {
    answer = () => googleError(status, reason);
    const error = await failureOf(calendar().insertEvent({ id: 'abcde', privateProperties: {} }, updates));
    expect(error).toMatchObject({ kind });
    expect(standIn.received).toHaveLength(1);
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toMatch(/ann@|Bearer|t1/);
  });

  it.each<[string, StandInAnswer]>([
    ['cut short', { body: { ...event, filler: 'x'.repeat(9000) }, failure: 'cut' }],
    ['empty', { body: '' }],
    ['without an etag', { body: { id: 'abcde', status: 'confirmed' } }],
    ['half of JSON', { body: '{"id":"abcde","status":"confirmed","etag":"1' }],
  ])('in an answer that is %s are unavailable', async (_, given) => {
    answer = () => given;
    expect(await failureOf(calendar().getEvent('abcde'))).toMatchObject({ kind: 'unavailable' });
  });
});

it('getTimeZone asks the primary calendar, not the user’s settings', async () => {
  answer = () => ({ body: { id: ann, timeZone: 'America/New_York' } });
  expect(await calendar().getTimeZone()).toBe('America/New_York');
  expect(received().pathname).toBe(`/calendar/v3/calendars/${encodeURIComponent(ann)}`);
});

describe('tokens', () => {
  it.each(everyCall)('%s carries the token of the user', async (_, call) => {
    const { tokens, asked } = numberedTokens();
    answer = () => ({ body: {} });
    await call(calendar(tokens)).catch(() => undefined);
    expect(asked).toEqual([{ subject: ann, scopes: meetingScopes }]);
    expect(standIn.received[0]?.headers.authorization).toBe('Bearer t1');
  });

  it.each(everyCall)('%s sends nothing with the token of another user', async (_, call) => {
    const ofBob: AccessTokens = {
      ...numberedTokens().tokens,
      get: async () => ({ subject: 'bob@example.com', token: 't', expiresAtMs: 1e15 }),
    };
    expect(await failureOf(call(calendar(ofBob)))).toMatchObject({ kind: 'bug', code: 'wrongSubject' });
    expect(standIn.received).toEqual([]);
  });

  it('are renewed once after a 401', async () => {
    answer = ({ headers }) =>
      headers.authorization === 'Bearer t1' ? googleError(401, 'authError') : { body: { timeZone: 'Europe/Paris' } };
    expect(await calendar().getTimeZone()).toBe('Europe/Paris');
    expect(standIn.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
  });
});

it('silence ends with the timeout', async () => {
  answer = () => ({ failure: 'hang' });
  expect(await failureOf(calendar(undefined, 50).getTimeZone())).toMatchObject({
    kind: 'unavailable',
    message: 'calendars.get did not complete (TimeoutError).',
  });
});
