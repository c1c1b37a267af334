import { startStandIn, type StandInAnswer } from '../../test/http-stand-in';
import { startWorkspace, type Workspace } from '../../test/workspace/server';
import { createZoomAccountTokens } from './account-tokens';
import { createZoomConsent } from './zoom-consent';
import { createZoomMeetings } from './zoom-meetings';

const ann = 'ann@example.com';
const bob = 'bob@example.com';
const app = { clientId: 'zoom-app', clientSecret: 'zoom-secret', accountId: 'account-1' };
const redirectUri = 'https://attache.example.com/v1/connections/callback';
const startMs = Date.parse('2026-11-23T09:00:00Z');
const meeting = { idempotencyKey: 'task-1', topic: 'Plan', startMs, durationMinutes: 30 };

let workspace: Workspace;
beforeEach(async () => {
  workspace = await startWorkspace({ users: [ann, bob], zoomApps: [{ ...app, redirectUris: [redirectUri] }] });
});
afterEach(() => workspace.close());

const clock = { now: () => workspace.clock.now() };
const endpoints = () => ({ oauthUrl: `${workspace.url}/zoom/oauth/`, apiUrl: `${workspace.url}/zoom/v2/`, clock });

function serverToServer() {
  const tokens = createZoomAccountTokens({ ...endpoints(), app });
  return createZoomMeetings({
    ...endpoints(),
    authorityOf: async (host, refused) => ({ token: await tokens(refused), userId: host }),
  });
}

describe('meetings', () => {
  test('are created for their host, with a time that no zone can misread', async () => {
    const { id, joinUrl } = await serverToServer().createMeeting(ann, {
      ...meeting,
      timeZone: 'Europe/Berlin',
      agenda: 'All of it',
    });
    expect(joinUrl).toContain(`/j/${id}`);
    const made = workspace.zoom.meetings.get(Number(id));
    expect(made).toMatchObject({
      host: ann,
      fields: { type: 2, topic: 'Plan', start_time: '2026-11-23T09:00:00Z', duration: 30, timezone: 'Europe/Berlin' },
    });
    expect(made?.fields['agenda']).toMatch(/^Ref [0-9a-f]{16}\nAll of it$/);
  });

  test('a create that is repeated finds the meeting of the first one, behind a page of others too', async () => {
    const zoom = serverToServer();
    for (let id = 1; id <= 400; id++) {
      const host = id % 10 === 0 ? bob : ann;
      workspace.zoom.meetings.set(id, { id, host, fields: { topic: 'Not ours', agenda: 'Ref 0' } });
    }
    const first = await zoom.createMeeting(ann, meeting);
    expect(await zoom.createMeeting(ann, meeting)).toEqual(first);
    expect((await zoom.createMeeting(ann, { ...meeting, idempotencyKey: 'task-2' })).id).not.toBe(first.id);
    expect(workspace.zoom.meetings.size).toBe(402);
  });

  test('an answer that was lost leaves one meeting', async () => {
    const zoom = serverToServer();
    workspace.faults.add({ match: { method: 'zoom.meetings.create' }, fault: { type: 'drop', when: 'after' } });
    await expect(zoom.createMeeting(ann, meeting)).rejects.toMatchObject({ kind: 'unavailable' });
    await zoom.createMeeting(ann, meeting);
    expect(workspace.zoom.meetings.size).toBe(1);
  });

  test('what changes is sent, what does not stays', async () => {
    const zoom = serverToServer();
    const { id } = await zoom.createMeeting(ann, meeting);
    await zoom.updateMeeting(ann, id, { topic: 'x'.repeat(300), startMs: startMs + 3_600_000 });
    expect(workspace.zoom.meetings.get(Number(id))?.fields).toMatchObject({
      topic: 'x'.repeat(200),
      start_time: '2026-11-23T10:00:00Z',
      duration: 30,
    });
  });

  test('are deleted once, and one that is gone is no error but of an update', async () => {
    const zoom = serverToServer();
    const { id } = await zoom.createMeeting(ann, meeting);
    await zoom.deleteMeeting(ann, id);
    await zoom.deleteMeeting(ann, id);
    expect(workspace.zoom.meetings.size).toBe(0);
    await expect(zoom.updateMeeting(ann, id, { topic: 'x' })).rejects.toMatchObject({ kind: 'notFound' });
  });

  test('a host whom Zoom does not know is not found', async () => {
    await expect(serverToServer().createMeeting('eve@example.com', meeting)).rejects.toMatchObject({
      kind: 'notFound',
    });
  });

  test('the hundred-and-first of a day waits for the next one', async () => {
    const zoom = serverToServer();
    for (let i = 0; i < 100; i++) workspace.zoom.createMeeting(ann, { topic: 'x' });
    await expect(zoom.createMeeting(ann, meeting)).rejects.toMatchObject({
      kind: 'rateLimited',
      retryAfterMs: expect.closeTo(clock.now() + 86_400_000, -5) as number,
    });
  });

  test('the address that makes whoever has it the host goes nowhere', async () => {
    expect(JSON.stringify(await serverToServer().createMeeting(ann, meeting))).not.toMatch(/zak|\/s\//);
  });
});

describe('server-to-server tokens', () => {
  const exchanges = () => workspace.statuses['zoom.oauth.token']?.[200] ?? 0;

  test('are used until five minutes before their end, and asked for once by many', async () => {
    const tokens = createZoomAccountTokens({ ...endpoints(), app });
    const [first, ...others] = await Promise.all([tokens(), tokens(), tokens()]);
    expect(others).toEqual([first, first]);
    expect(exchanges()).toBe(1);
    workspace.clock.advance(3_299_000 - 1_000);
    expect(await tokens()).toBe(first);
    workspace.clock.advance(2_000);
    expect(await tokens()).not.toBe(first);
  });

  test('one that Zoom no longer accepts is replaced', async () => {
    const zoom = serverToServer();
    await zoom.createMeeting(ann, meeting);
    workspace.zoom.forgetAccessTokens();
    await zoom.createMeeting(ann, { ...meeting, idempotencyKey: 'task-2' });
    expect(workspace.zoom.meetings.size).toBe(2);
    expect(exchanges()).toBe(2);
  });

  test.each([{ clientSecret: 'wrong' }, { accountId: 'wrong' }])('%j is told as what it is', async (changes) => {
    const tokens = createZoomAccountTokens({ ...endpoints(), app: { ...app, ...changes } });
    await expect(tokens()).rejects.toMatchObject({ kind: 'forbidden', code: 'oauthAppRefused' });
  });
});

describe('a user’s own consent', () => {
  async function consent() {
    const server = createZoomConsent(endpoints());
    const url = new URL(
      server.authorizationUrl({
        clientId: app.clientId,
        redirectUri,
        state: 's',
        codeChallenge: 'jzdwYJGkBBlzXr8n1xpxLLjWHzVOYbTZ_6hPqqNpSlg',
        scopes: [],
        loginHint: ann,
      }),
    );
    url.searchParams.set('user', ann);
    const answer = await fetch(url, { redirect: 'manual' });
    return { server, code: new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '' };
  }
  const codeVerifier = 'the-verifier-of-this-test';

  test('brings the account’s address and a refresh token that is good once', async () => {
    const { createHash } = await import('node:crypto');
    const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
    const server = createZoomConsent(endpoints());
    const code = workspace.zoom.authorize({ clientId: app.clientId, redirectUri, user: ann, codeChallenge });
    const tokens = await server.exchangeCode(app, { code, codeVerifier, redirectUri });
    expect(tokens).toMatchObject({ account: ann, expiresAtMs: expect.any(Number) as number });
    const renewed = await server.renew(app, tokens.refreshToken ?? '');
    expect(renewed.refreshToken).not.toBe(tokens.refreshToken);
    await expect(server.renew(app, tokens.refreshToken ?? '')).rejects.toMatchObject({
      kind: 'unauthorized',
      code: 'invalidGrant',
    });
    await server.revoke(app, renewed.accessToken);
    await expect(server.renew(app, renewed.refreshToken ?? '')).rejects.toMatchObject({ code: 'invalidGrant' });
    await server.revoke(app, renewed.accessToken);
  });

  test('a code without its verifier is worth nothing', async () => {
    const { server, code } = await consent();
    await expect(server.exchangeCode(app, { code, codeVerifier, redirectUri })).rejects.toMatchObject({
      code: 'invalidGrant',
    });
  });
});

describe('answers', () => {
  test.each<[string, StandInAnswer, object]>([
    ['an outage', { status: 503, body: '<html>' }, { kind: 'unavailable' }],
    ['an answer cut short', { body: { meetings: [] }, failure: 'cut' }, { kind: 'unavailable' }],
    ['an answer of another shape', { body: { meeting: [] } }, { kind: 'unavailable' }],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, { kind: 'unavailable' }],
    ['throttling', { status: 429, headers: { 'retry-after': '7' } }, { kind: 'rateLimited', retryAfterMs: 8_000 }],
    ['missing scopes', { status: 400, body: { code: 4711 } }, { kind: 'forbidden', code: 'zoomForbidden' }],
    ['a bad request', { status: 400, body: { code: 300 } }, { kind: 'invalid' }],
  ])('%s', async (_, answer, expected) => {
    const standIn = await startStandIn(() => answer);
    const zoom = createZoomMeetings({
      apiUrl: standIn.url,
      clock: { now: () => 1_000 },
      authorityOf: async () => ({ token: 'secret-token', userId: 'me' }),
    });
    const error: unknown = await zoom.createMeeting(ann, meeting).catch((thrown: unknown) => thrown);
    await standIn.stop();
    expect(error).toMatchObject(expected);
    expect(String((error as Error).stack)).not.toContain('secret-token');
  });
});
