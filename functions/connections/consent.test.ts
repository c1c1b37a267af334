import {
  administrator,
  ann,
  annAtHome,
  app,
  bob,
  redirectUri,
  startConnectionsApi,
  type ConnectionsApi,
} from '../../test/connections-api';
import { connectionIdOf } from '../../shared/domain/connection';
import { AttacheError } from '../../shared/domain/errors';
import { featureScopes, scopesFor } from '../../shared/domain/oauth';
import { tokenPath } from '../../shared/store/oauth-token-store';

let api: ConnectionsApi;
let integrationId: string;
beforeEach(async () => {
  api = await startConnectionsApi();
  integrationId = await api.registerApp();
});
afterEach(() => api.close());

const annsId = connectionIdOf(ann, ann);
const start = { email: ann };

describe('starting', () => {
  test('the consent page is asked for all that is needed, and nothing more', async () => {
    const { url } = await api.consent('operator', { ...start, features: ['calendar', 'mail'] });
    const { state, code_challenge: challenge, scope, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toEqual({
      client_id: app.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge_method: 'S256',
      access_type: 'offline',
      prompt: 'consent',
      include_granted_scopes: 'true',
      login_hint: ann,
    });
    expect(scope?.split(' ')).toEqual(['openid', 'email', ...featureScopes.calendar, ...featureScopes.mail]);
    expect(state).toMatch(/^[\w-]{43}$/);
    expect(challenge).toMatch(/^[\w-]{43}$/);
  });

  test('the cookie is for this browser and this way back only', async () => {
    const { setCookie } = await api.consent('operator', start);
    const [pair, ...attributes] = setCookie.split('; ');
    expect(pair).toMatch(/^__session=[\w-]{43}$/);
    expect(attributes.sort()).toEqual(
      ['HttpOnly', 'Max-Age=600', 'Path=/v1/connections/callback', 'SameSite=Lax', 'Secure'].sort(),
    );
  });

  test('only on localhost, over http, does the cookie go without Secure', async () => {
    const local = await startConnectionsApi({ redirect: 'http://localhost:8080/v1/connections/callback' });
    await local.registerApp();
    expect((await local.consent('operator', start)).setCookie).not.toContain('Secure');
    await local.close();
  });

  test('what the store keeps meanwhile is of no use to who reads it', async () => {
    const { url, cookie } = await api.consent('operator', start);
    const states = await api.store.query({ collection: 'consentStates', limit: 10 });
    expect(states).toHaveLength(1);
    const kept = JSON.stringify(states);
    for (const secret of [url.searchParams.get('state') ?? '-', cookie.slice('__session='.length)]) {
      expect(kept).not.toContain(secret);
    }
    expect(states[0]?.data['expireAt']).toEqual(new Date(api.clock.now() + 600_000));
  });

  test.each([
    ['a user whom the caller does not see', 'ofAnn', { email: bob }, 404, 'mailboxNotFound'],
    ['a caller without the capability', 'powerless', start, 403, 'missingCapability'],
    ['an unknown connection', 'operator', { ...start, connectionId: 'con_x' }, 404, 'connectionNotFound'],
    ['an unknown app', 'operator', { ...start, integrationId: 'int_x' }, 404, 'integrationNotFound'],
    ['no app', 'second', start, 422, 'integrationRequired'],
  ])('%s is refused', async (_, agent, body, status, code) => {
    expect(await api.call(agent, 'POST /v1/connections:authorize', body)).toMatchObject({ status, body: { code } });
  });

  test.each(['https://evil.example', '//evil.example', '/\\evil.example', '/\t/evil.example', 'connections'])(
    'the way on cannot lead to %j',
    async (returnTo) => {
      const answer = await api.call('operator', 'POST /v1/connections:authorize', { ...start, returnTo });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'body.returnTo' }] } });
    },
  );
});

describe('coming back', () => {
  test('the account is connected, its tokens are sealed, and the person goes on', async () => {
    const { back, cookie } = await api.consent('operator', { ...start, returnTo: '/connections?tab=1#all' });
    const answer = await api.comeBack(back, cookie);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(
      `https://attache.example.com/connections?tab=1&connection=${annsId}#all`,
    );
    expect(answer.headers.get('set-cookie')).toMatch(/^__session=;.*Max-Age=0/);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');

    const { body } = await api.call('ofAnn', `GET /v1/connections/${annsId}`);
    expect(body).toMatchObject({
      kind: 'oauth',
      email: ann,
      connectedEmail: ann,
      status: 'active',
      features: ['calendar'],
    });
    expect(await api.token(annsId)).toMatch(/^ya29\./);
    const { accessToken, refreshToken } = (await api.store.get(tokenPath(annsId)))!.data;
    for (const sealed of [accessToken, refreshToken]) expect(sealed).toMatch(/^sealed1\./);
    expect(api.published.map(({ topic, message }) => [topic, JSON.parse(message.data) as unknown])).toEqual([
      ['task-sync', { kind: 'refreshChannels', connectionId: annsId, force: false }],
    ]);
  });

  test('the path of a sly return stays on this site', async () => {
    const { back, cookie } = await api.consent('operator', { ...start, returnTo: '/.//evil.example' });
    const { headers } = await api.comeBack(back, cookie);
    expect(new URL(headers.get('location') ?? '').host).toBe('attache.example.com');
  });

  /** Sent back to the start page, like after every other failure; the cookie of a consent under way stays. */
  const refused = async (back: string, cookie: string) => {
    const { status, headers } = await api.comeBack(back, cookie);
    expect([status, headers.get('location'), headers.get('set-cookie')]).toEqual([
      303,
      'https://attache.example.com/?error=invalidState',
      null,
    ]);
  };

  test('a state works once', async () => {
    const { back, cookie } = await api.consent('operator', start);
    const answers = await Promise.all([api.comeBack(back, cookie), api.comeBack(back, cookie)]);
    const errors = answers.map(({ headers }) => new URL(headers.get('location') ?? '').searchParams.get('error'));
    expect(errors.sort()).toEqual(['invalidState', null]);
    await refused(back, cookie);
  });

  test('another browser cannot use it, nor the right one afterwards', async () => {
    const { back, cookie } = await api.consent('operator', start);
    const other = await api.consent('operator', start);
    await refused(back, other.cookie);
    await refused(back, cookie);
    await refused(other.back, '');
    expect(await api.connections.load(annsId)).toBeUndefined();
  });

  test('an attacker’s code does not go into a victim’s session', async () => {
    const attacker = await api.consent('operator', start);
    const victim = await api.consent('operator', { email: bob });
    const forged = new URL(attacker.back, 'https://attache.example.com');
    forged.searchParams.set('state', victim.url.searchParams.get('state') ?? '');
    const answer = await api.comeBack(`${forged.pathname}${forged.search}`, victim.cookie);
    // The verifier is made of the victim's session and state, so that the attacker's code is refused by Google.
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('invalidGrant');
    expect(await api.connections.load(connectionIdOf(bob, ann))).toBeUndefined();
  });

  test('after ten minutes it is too late', async () => {
    const { back, cookie } = await api.consent('operator', start);
    api.clock.nowMs += 600_000;
    await refused(back, cookie);
  });

  test.each(['?state=made-up&code=c', '?error=access_denied', ''])(
    '%j, which nobody gave out, is refused',
    async (query) => {
      const { cookie } = await api.consent('operator', start);
      await refused(`/v1/connections/callback${query}`, cookie);
    },
  );

  test('an outage of the store is told on the site, too', async () => {
    const { back, cookie } = await api.consent('operator', start);
    jest.spyOn(api.store, 'get').mockRejectedValueOnce(new AttacheError('unavailable', 'Later.'));
    const { headers } = await api.comeBack(back, cookie);
    expect(headers.get('location')).toBe('https://attache.example.com/?error=unavailable');
    expect((await api.comeBack(back, cookie)).headers.get('location')).toContain(`connection=${annsId}`);
  });

  test('a redirect address that differs in anything is not accepted by Google', async () => {
    const { url } = await api.consent('operator', start);
    for (const other of [`${redirectUri}/`, redirectUri.replace('https', 'http'), `${redirectUri}?x=1`]) {
      url.searchParams.set('redirect_uri', other);
      expect((await fetch(url, { redirect: 'manual' })).status).toBe(400);
    }
  });

  test('who says no is told so, and nothing is connected', async () => {
    api.workspace.oauth.consent.isDenied = true;
    expect(await api.connect('operator', start)).toEqual({ error: 'consentDenied' });
    expect(await api.connections.load(annsId)).toBeUndefined();
  });

  test('a partial grant connects what it is enough for and says what is missing', async () => {
    api.workspace.oauth.consent.withheldScopes = featureScopes.mail;
    const both = { ...start, features: ['calendar', 'mail'] };
    expect(await api.connect('operator', both)).toEqual({ connection: annsId, missing: 'mail' });
    expect((await api.call('operator', `GET /v1/connections/${annsId}`)).body['features']).toEqual(['calendar']);
    await expect(api.token(annsId, featureScopes.mail)).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'scopesNotGranted',
    });
    api.workspace.oauth.consent.withheldScopes = [];
    expect(await api.connect('operator', both)).toEqual({ connection: annsId });
    expect(await api.token(annsId, featureScopes.mail)).toMatch(/^ya29/);
  });

  test('a grant of half a feature connects nothing', async () => {
    api.workspace.oauth.consent.withheldScopes = [featureScopes.calendar[0]];
    expect(await api.connect('operator', start)).toEqual({ error: 'scopesNotGranted' });
    expect(await api.connections.load(annsId)).toBeUndefined();
  });

  test('whoever may not be acted for is not connected either', async () => {
    expect(await api.connect('operator', start, { account: administrator })).toEqual({ error: 'userDenied' });
  });

  test('a wrong secret of the app is told apart from a refused consent', async () => {
    await api.call('operator', `PATCH /v1/integrations/${integrationId}`, { clientSecret: 'wrong' });
    expect(await api.connect('operator', start)).toEqual({ error: 'oauthAppRefused' });
  });

  test('neither code, state, cookie nor tokens are logged', async () => {
    const { back, cookie } = await api.consent('operator', start);
    await api.comeBack(back, cookie);
    await api.comeBack(back, cookie);
    const token = await api.token(annsId);
    const { searchParams } = new URL(back, redirectUri);
    const secrets = [
      searchParams.get('code'),
      searchParams.get('state'),
      cookie.split('=')[1],
      token,
      app.clientSecret,
    ];
    for (const secret of secrets) expect(api.logged.join('\n')).not.toContain(secret);
    expect(api.logged.length).toBeGreaterThan(0);
  });
});

describe('connecting again', () => {
  test('the same account keeps its connection, settings, channels and, where none comes, its refresh token', async () => {
    await api.connect('operator', start);
    await api.call('operator', `PATCH /v1/connections/${annsId}`, { importExternalEvents: true });
    await api.connections.change(annsId, ({ channels }) => ({
      patch: { status: 'needsAuth', channels: { [ann]: { ...channels[ann]!, syncToken: 'read up to here' } } },
    }));
    const before = await api.tokenStore.openRefreshToken(annsId);
    const { url, cookie } = await api.consent('operator', { ...start, connectionId: annsId });
    url.searchParams.set('prompt', 'none');
    const asked = await fetch(url, { redirect: 'manual' });
    const { pathname, search } = new URL(asked.headers.get('location') ?? '');
    expect((await api.comeBack(`${pathname}${search}`, cookie)).status).toBe(303);
    expect((await api.connections.load(annsId))?.record).toMatchObject({
      status: 'active',
      statusReason: null,
      importExternalEvents: true,
      channels: { [ann]: { syncToken: 'read up to here' } },
    });
    expect(await api.tokenStore.openRefreshToken(annsId)).toBe(before);
    expect(api.published.filter(({ message }) => message.attributes?.['kind'] === 'clearLinks')).toEqual([]);
  });

  test('another account takes the place of the first, whose links are cleared', async () => {
    await api.connect('operator', start);
    const homeId = connectionIdOf(ann, annAtHome);
    const went = await api.connect('operator', { ...start, connectionId: annsId }, { account: annAtHome });
    expect(went).toEqual({ connection: homeId });
    expect((await api.connections.load(annsId))?.record).toMatchObject({ status: 'disconnected', scopes: [] });
    expect(await api.store.get(tokenPath(annsId))).toBeUndefined();
    const jobs = api.published.map(({ message }) => JSON.parse(message.data) as { kind: string; connectionId: string });
    expect(jobs).toContainEqual({ kind: 'clearLinks', connectionId: annsId, successorId: homeId });
    expect((await api.connections.load(homeId))?.record).toMatchObject({ owner: ann, connectedEmail: annAtHome });
  });

  test('a second account beside the first leaves it alone', async () => {
    await api.connect('operator', start);
    await api.connect('operator', start, { account: annAtHome });
    const { body } = await api.call('ofAnn', 'GET /v1/connections');
    expect(body['connections']).toMatchObject([{ status: 'active' }, { status: 'active' }]);
  });
});

test('every scope that the adapters ask for is among those that users are asked for', async () => {
  const { meetingScopes } = await import('../../shared/google/calendar');
  const { syncScopes } = await import('../../shared/google/sync-calendar');
  const { gmailScopes } = await import('../../shared/google/gmail');
  expect(scopesFor(['calendar'])).toEqual(expect.arrayContaining([...meetingScopes, ...syncScopes]));
  expect(scopesFor(['mail'])).toEqual(expect.arrayContaining([...gmailScopes]));
});
