import {
  ann,
  annAtHome,
  app,
  bob,
  redirectUri,
  startConnectionsApi,
  zoomApp,
  type ConnectionsApi,
} from '../../test/connections-api';
import { connectionIdOf, newConnection } from '../../shared/domain/connection';
import { featureScopes } from '../../shared/domain/oauth';
import { zoomTokenId } from '../../shared/store/zoom-account-store';
import { tokenPath } from '../../shared/store/oauth-token-store';
import { connectionRoutes } from './routes';

let api: ConnectionsApi;
let integrationId: string;
beforeEach(async () => {
  api = await startConnectionsApi();
  integrationId = await api.registerApp();
});
afterEach(() => api.close());

const annsId = connectionIdOf(ann, ann);
const at = `/v1/connections/${annsId}`;
const connectAnn = () => api.connect('operator', { email: ann });
const jobs = () => api.published.map(({ message }) => JSON.parse(message.data) as Record<string, unknown>);

describe('who sees what', () => {
  const bodies: Readonly<Record<string, unknown>> = {
    authorizeConnection: { email: ann },
    connectByDelegation: { email: ann },
    registerIntegration: { name: 'x', ...app },
    changeConnection: {},
    changeIntegration: {},
  };
  const bodiesOfUsers = { authorizeConnection: true, connectByDelegation: true };
  const routes = connectionRoutes.filter(({ capability }) => capability !== 'public');
  const lineOf = ({ method, path }: (typeof routes)[number], id: string, integration: string) =>
    `${method} ${path.replace('{connectionId}', id).replace('{integrationId}', integration).replace('{email}', ann)}`;

  test.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s: nothing of somebody else’s, told as if it did not exist',
    async (_, route) => {
      await connectAnn();
      const call = (agent: string, id: string, integration: string) =>
        api.call(agent, lineOf(route, id, integration), bodies[route.operationId] ?? undefined);
      expect((await call('powerless', annsId, integrationId)).status).toBe(403);
      for (const agent of ['ofBob', 'blind']) {
        const answer = await call(agent, annsId, integrationId);
        const withoutIds = ({ text }: typeof answer) =>
          text
            .replace(/"requestId":"[^"]*"/, '')
            .replaceAll(annsId, 'id')
            .replaceAll(integrationId, 'id');
        if (route.path.includes('{') || route.operationId in bodiesOfUsers) {
          expect(answer.status).toBe(404);
          const unknown = await call(agent, 'con_unknown', 'int_unknown');
          expect(withoutIds(answer)).toBe(withoutIds(unknown).replaceAll(/(con|int)_unknown/g, 'id'));
        } else if (route.method === 'GET') {
          expect(answer.body).toEqual({ [route.path.slice('/v1/'.length)]: [], nextPageToken: null });
        }
      }
      expect((await api.connections.load(annsId))?.record.status).toBe('active');
    },
  );

  test('nobody without credentials gets anywhere but to the callback', async () => {
    for (const route of routes) {
      const [method = '', path = ''] = lineOf(route, annsId, integrationId).split(' ');
      const answer = await api.call('nobody', `${method} ${path}`, bodies[route.operationId]);
      expect([route.path, answer.status]).toEqual([route.path, 401]);
    }
  });

  test('lists are by page and hold what is granted by name and by domain, once', async () => {
    await connectAnn();
    await api.connect('operator', { email: ann }, { account: annAtHome });
    await api.connect('operator', { email: bob });
    const ids: unknown[] = [];
    let pageToken = '';
    do {
      const { body } = await api.call('operator', `GET /v1/connections?pageSize=1${pageToken}`);
      ids.push(...(body['connections'] as { connectionId: string }[]).map(({ connectionId }) => connectionId));
      const next = body['nextPageToken'] as string | null;
      pageToken = next === null ? '' : `&pageToken=${next}`;
    } while (pageToken !== '');
    expect(ids).toEqual([annsId, connectionIdOf(ann, annAtHome), connectionIdOf(bob, bob)].sort());
    const own = await api.call('ofBob', 'GET /v1/connections');
    expect(own.body['connections']).toMatchObject([{ email: bob }]);
  });
});

describe('OAuth apps', () => {
  test('the secret goes in and never comes out, and rests sealed', async () => {
    const { body } = await api.call('operator', `GET /v1/integrations/${integrationId}`);
    expect(body).toEqual({
      integrationId,
      provider: 'google',
      name: 'Ours',
      clientId: app.clientId,
      status: 'active',
      redirectUri,
      createdAt: expect.any(String) as string,
      updatedAt: expect.any(String) as string,
    });
    const all = await api.call('operator', 'GET /v1/integrations');
    const changed = await api.call('operator', `PATCH /v1/integrations/${integrationId}`, { name: 'Renamed' });
    expect(changed.body['name']).toBe('Renamed');
    const kept = JSON.stringify(await api.store.get(`integrations/${integrationId}`));
    for (const text of [all.text, changed.text, kept, api.logged.join()]) expect(text).not.toContain(app.clientSecret);
    expect(await api.integrations.openApp(integrationId)).toEqual(app);
  });

  test('a secret that was moved to another app does not open', async () => {
    const other = await api.registerApp();
    const { data } = (await api.store.get(`integrations/${integrationId}`))!;
    await api.store.commit([
      { op: 'update', path: `integrations/${other}`, data: { clientSecret: data['clientSecret'] ?? null } },
    ]);
    await expect(api.integrations.openApp(other)).rejects.toMatchObject({ code: 'unreadableSecret' });
  });

  test('belong to who registered them, whatever mailboxes others see', async () => {
    expect((await api.call('second', 'GET /v1/integrations')).body['integrations']).toEqual([]);
    const start = { email: ann, integrationId };
    expect((await api.call('second', 'POST /v1/connections:authorize', start)).status).toBe(404);
  });

  test('with several, one has to be named; a disabled one takes no consents, and those given go on', async () => {
    await connectAnn();
    const second = await api.registerApp();
    const start = await api.call('operator', 'POST /v1/connections:authorize', { email: bob });
    expect(start).toMatchObject({ status: 422, body: { code: 'integrationRequired' } });
    await api.call('operator', `PATCH /v1/integrations/${integrationId}`, { status: 'disabled' });
    expect((await api.consent('operator', { email: bob })).status).toBe(302);
    const named = await api.call('operator', 'POST /v1/connections:authorize', { email: bob, integrationId });
    expect(named).toMatchObject({ status: 409, body: { code: 'integrationDisabled' } });
    api.clock.nowMs += 7_200_000;
    expect(await api.token(annsId)).toMatch(/^ya29/);
    expect((await api.call('operator', `DELETE /v1/integrations/${second}`)).status).toBe(204);
  });

  test('stay as long as accounts are connected through them', async () => {
    await connectAnn();
    const refused = await api.call('operator', `DELETE /v1/integrations/${integrationId}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'integrationInUse' } });
    await api.call('operator', `DELETE ${at}`);
    expect((await api.call('operator', `DELETE /v1/integrations/${integrationId}`)).status).toBe(204);
    expect((await api.call('operator', `GET /v1/integrations/${integrationId}`)).status).toBe(404);
  });
});

describe('settings', () => {
  beforeEach(connectAnn);

  test('change one by one, and colours as a whole', async () => {
    await api.call('ofAnn', `PATCH ${at}`, { isActive: false, taskTypeColors: { call: '#aabbcc' } });
    const { body } = await api.call('ofAnn', `PATCH ${at}`, { autoSyncTasks: false });
    expect(body).toMatchObject({ isActive: false, autoSyncTasks: false, taskTypeColors: { call: '#AABBCC' } });
    const reset = await api.call('ofAnn', `PATCH ${at}`, { taskTypeColors: {} });
    expect(reset.body['taskTypeColors']).toEqual({});
  });

  test('a calendar is followed from the moment it is chosen, and must take events', async () => {
    const { body } = await api.call('ofAnn', `GET ${at}/calendars`);
    expect(body['calendars']).toMatchObject([{ calendarId: ann, primary: true, writable: true }]);
    const unknown = await api.call('ofAnn', `PATCH ${at}`, { calendarId: 'nobody@group.calendar.google.com' });
    expect(unknown).toMatchObject({ status: 422, body: { code: 'calendarNotWritable' } });
    expect((await api.call('ofAnn', `PATCH ${at}`, { calendarId: ann })).status).toBe(200);
    expect(Object.keys((await api.connections.load(annsId))!.record.channels)).toEqual([ann]);
  });

  test('the status tells of tasks and of the channel', async () => {
    const { body } = await api.call('ofAnn', `GET ${at}/status`);
    expect(body).toEqual({
      connected: true,
      email: ann,
      pending: 1,
      synced: 2,
      conflicts: 3,
      hasPush: false,
      channelExpiresAt: null,
    });
    const expiresAtMs = api.clock.now() + 3_600_000;
    await api.connections.change(annsId, ({ channels }) => ({
      patch: { channels: { [ann]: { ...channels[ann]!, channelId: 'c', resourceId: 'r', expiresAtMs } } },
    }));
    const channelExpiresAt = new Date(expiresAtMs).toISOString();
    expect((await api.call('ofAnn', `GET ${at}/status`)).body).toMatchObject({ hasPush: true, channelExpiresAt });
    api.clock.nowMs = expiresAtMs;
    expect((await api.call('ofAnn', `GET ${at}/status`)).body).toMatchObject({
      hasPush: false,
      channelExpiresAt: null,
    });
  });

  test('work is handed on only through a connection that can do it', async () => {
    expect((await api.call('ofAnn', `POST ${at}:sync`)).body).toEqual({ count: 1 });
    expect((await api.call('ofAnn', `POST ${at}:bulkSync`)).body).toEqual({ count: 2 });
    expect(api.syncRequests).toEqual([`${annsId} false`, `${annsId} true`]);
    expect((await api.call('ofAnn', `POST ${at}:refreshChannels`)).status).toBe(202);
    expect(jobs()).toContainEqual({ kind: 'refreshChannels', connectionId: annsId, force: true });
    await api.connections.change(annsId, () => ({ patch: { status: 'needsAuth' } }));
    for (const line of [
      `POST ${at}:sync`,
      `POST ${at}:bulkSync`,
      `POST ${at}:refreshChannels`,
      `GET ${at}/calendars`,
    ]) {
      expect(await api.call('ofAnn', line)).toMatchObject({ status: 409, body: { code: 'connectionNotActive' } });
    }
  });
});

describe('delegation', () => {
  const connect = (email: string, agent = 'operator') => api.call(agent, 'POST /v1/connections', { email });

  test('connects a covered user at once, and again without a change', async () => {
    const { status, body } = await connect(ann, 'ofAnn');
    expect(status).toBe(200);
    expect(body).toMatchObject({ connectionId: annsId, kind: 'delegation', status: 'active', features: ['calendar'] });
    expect((await api.connections.load(annsId))?.record).toMatchObject({ timeZone: 'UTC', scopes: [] });
    expect((await connect(ann)).body).toEqual(body);
    expect(jobs()).toEqual([{ kind: 'refreshChannels', connectionId: annsId, force: false }]);
    expect((await api.call('ofAnn', `GET ${at}/calendars`)).body['calendars']).toHaveLength(1);
  });

  test('leaves a consent that is in use alone, and takes the place of one that ended', async () => {
    await connectAnn();
    expect((await connect(ann)).body).toMatchObject({ kind: 'oauth' });
    await api.call('ofAnn', `DELETE ${at}`);
    expect((await connect(ann)).body).toMatchObject({ kind: 'delegation', integrationId: null, status: 'active' });
    await connectAnn();
    expect((await api.call('ofAnn', `GET ${at}`)).body).toMatchObject({ kind: 'oauth' });
  });

  test('of a user whom it does not cover says what to do instead', async () => {
    api.workspace.oauth.revokeDelegation(bob);
    expect(await connect(bob)).toMatchObject({ status: 409, body: { code: 'delegationDenied' } });
    expect(await connect('admin@example.com')).toMatchObject({ status: 403, body: { code: 'userDenied' } });
    expect(await api.connections.load(connectionIdOf(bob, bob))).toBeUndefined();
  });
});

describe('tokens', () => {
  beforeEach(connectAnn);

  test('a consent that was taken back makes the connection needsAuth, told once by however many instances', async () => {
    api.workspace.oauth.revokeConsents(ann);
    api.clock.nowMs += 3_600_000;
    const { record } = (await api.connections.load(annsId))!;
    const instances = [api.tokensOfInstance(), api.tokensOfInstance(), api.tokensOfInstance()];
    const get = (tokensOf: (typeof instances)[number]) => tokensOf(record).get(ann, featureScopes.calendar);
    for (const result of await Promise.allSettled(instances.map(get))) {
      expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'unauthorized', code: 'invalidGrant' } });
    }
    expect((await api.connections.load(annsId))?.record).toMatchObject({
      status: 'needsAuth',
      statusReason: 'invalidGrant',
    });
    const events = jobs().filter(({ type }) => type === 'connection.needsAuth');
    expect(events).toMatchObject([{ data: { mailbox: ann, connectionId: annsId, reason: 'invalidGrant' } }]);
    expect(api.workspace.statuses['oauth.token']?.[400]).toBe(1);
    // The machine's own clock judges the ID token of a new consent.
    api.clock.nowMs -= 3_600_000;
    await connectAnn();
    expect(await api.token(annsId)).toMatch(/^ya29/);
  });

  test('a connection that is being disconnected stays so, and nobody is told to connect it again', async () => {
    const { record } = (await api.connections.load(annsId))!;
    await api.connections.change(annsId, () => ({ patch: { status: 'disconnected' } }));
    api.workspace.oauth.revokeConsents(ann);
    api.clock.nowMs += 3_600_000;
    await expect(api.tokensOfInstance()(record).get(ann, [])).rejects.toMatchObject({ code: 'invalidGrant' });
    expect((await api.connections.load(annsId))?.record.status).toBe('disconnected');
    expect(jobs().filter(({ type }) => type === 'connection.needsAuth')).toEqual([]);
  });

  test('tokens are of the connection’s account only', async () => {
    const { record } = (await api.connections.load(annsId))!;
    await expect(api.tokensOf(record).get(bob, [])).rejects.toMatchObject({ kind: 'bug', code: 'wrongSubject' });
    const other = newConnection({ kind: 'oauth', owner: bob, connectedEmail: bob }, 0);
    await expect(api.tokensOf({ ...other, connectionId: annsId }).get(bob, [])).rejects.toMatchObject({
      kind: 'unauthorized',
      code: 'notConnected',
    });
  });

  test('a token that Google refuses is replaced, and the call goes through', async () => {
    const { record } = (await api.connections.load(annsId))!;
    const tokens = api.tokensOf(record);
    const { token } = await tokens.get(ann, featureScopes.calendar);
    tokens.invalidate(ann, featureScopes.calendar);
    const other = await tokens.get(ann, featureScopes.calendar);
    expect(other.token).not.toBe(token);
    expect(await tokens.get(ann, featureScopes.calendar)).toEqual(other);
  });

  test('a disconnected account is used no longer than a minute by instances that knew its token', async () => {
    const { record } = (await api.connections.load(annsId))!;
    const elsewhere = api.tokensOfInstance()(record);
    await elsewhere.get(ann, featureScopes.calendar);
    await api.call('operator', `DELETE ${at}`);
    api.clock.nowMs += 60_000;
    await expect(elsewhere.get(ann, featureScopes.calendar)).rejects.toMatchObject({ code: 'notConnected' });
  });
});

describe('a mailbox by its user’s own consent', () => {
  const start = { email: annAtHome, features: ['calendar', 'mail'] };
  beforeEach(() => api.registerApp('atHome'));

  test('is read with the tokens of the connection, until that ends', async () => {
    await expect(api.mailboxes(annAtHome).getProfile()).rejects.toMatchObject({ code: 'notConnected' });
    await api.connect('atHome', start);
    expect(await api.mailboxes(annAtHome).getProfile()).toMatchObject({ emailAddress: annAtHome });
    await api.call('atHome', `DELETE /v1/connections/${connectionIdOf(annAtHome, annAtHome)}`);
    await expect(api.mailboxes(annAtHome).getProfile()).rejects.toMatchObject({ code: 'notConnected' });
  });

  test('needs the box for mail to be ticked', async () => {
    await api.connect('atHome', { email: annAtHome });
    await expect(api.mailboxes(annAtHome).getProfile()).rejects.toMatchObject({ code: 'scopesNotGranted' });
  });

  test('is never somebody else’s, whoever consented to what', async () => {
    await api.connect('atHome', start, { account: bob });
    await expect(api.mailboxes(annAtHome).getProfile()).rejects.toMatchObject({ code: 'notConnected' });
    await expect(api.mailboxes(bob).getProfile()).rejects.toMatchObject({ code: 'notConnected' });
  });

  test('is never that of a user who may not be acted for', async () => {
    await expect(api.mailboxes('admin@example.com').getProfile()).rejects.toMatchObject({ code: 'userDenied' });
  });
});

describe('disconnecting', () => {
  beforeEach(connectAnn);

  test('stops the channels, deletes the tokens and leaves consent and events where they are', async () => {
    const { record } = (await api.connections.load(annsId))!;
    const refreshToken = (await api.tokenStore.openRefreshToken(annsId))!;
    await api.connections.change(annsId, ({ channels }) => ({
      patch: { channels: { [ann]: { ...channels[ann]!, channelId: 'unknown', resourceId: 'r' } } },
    }));
    const answer = await api.call('ofAnn', `DELETE ${at}`);
    expect(answer).toMatchObject({ status: 200, body: { connection: { status: 'disconnected' }, warnings: [] } });
    expect(api.workspace.statuses['calendar.channels.stop']).toEqual({ 404: 1 });
    expect(await api.store.get(tokenPath(annsId))).toBeUndefined();
    expect((await api.connections.load(annsId))?.record.channels[ann]?.channelId).toBeNull();
    await expect(api.tokensOfInstance()(record).get(ann, [])).rejects.toMatchObject({ code: 'notConnected' });
    expect(api.workspace.oauth.refresh(app.clientId, app.clientSecret, refreshToken)).toBeDefined();
    expect((await api.call('ofAnn', `DELETE ${at}`)).status).toBe(200);
  });

  test('takes the consent back where that is asked for, and says what else that ended', async () => {
    const refreshToken = (await api.tokenStore.openRefreshToken(annsId))!;
    const { body } = await api.call('ofAnn', `DELETE ${at}?revoke=true`);
    expect(body['warnings']).toMatchObject([{ code: 'allGrantsRevoked' }]);
    expect(() => api.workspace.oauth.refresh(app.clientId, app.clientSecret, refreshToken)).toThrow(/revoked/);
  });

  test('an outage while revoking keeps the tokens, so that it can be repeated', async () => {
    const fault = { type: 'error' as const, status: 503, reason: 'backendError' };
    api.workspace.faults.add({ match: { method: 'oauth.revoke' }, fault });
    expect((await api.call('ofAnn', `DELETE ${at}?revoke=true`)).status).toBe(503);
    expect((await api.connections.load(annsId))?.record.status).toBe('disconnected');
    const again = await api.call('ofAnn', `DELETE ${at}?revoke=true`);
    expect(again.body['warnings']).toMatchObject([{ code: 'allGrantsRevoked' }]);
  });

  test('connecting the same account later brings its settings back', async () => {
    await api.call('ofAnn', `PATCH ${at}`, { importExternalEvents: true });
    await api.call('ofAnn', `DELETE ${at}`);
    await connectAnn();
    expect((await api.call('ofAnn', `GET ${at}`)).body).toMatchObject({ status: 'active', importExternalEvents: true });
  });
});

describe('Zoom', () => {
  const path = `/v1/zoomAccounts/${ann}`;
  let zoomIntegrationId: string;
  beforeEach(async () => {
    const app = { name: 'Zoom', provider: 'zoom', ...zoomApp };
    zoomIntegrationId = (await api.call('operator', 'POST /v1/integrations', app)).body['integrationId'] as string;
  });

  test('the app stays as long as an account is connected through it', async () => {
    await api.connect('operator', { email: ann, provider: 'zoom' });
    const remove = () => api.call('operator', `DELETE /v1/integrations/${zoomIntegrationId}`);
    expect(await remove()).toMatchObject({ status: 409, body: { code: 'integrationInUse' } });
    await api.call('operator', `DELETE ${path}`);
    expect((await remove()).status).toBe(204);
  });

  test('an account is connected the same way, used, renewed with rotated tokens, and disconnected', async () => {
    expect(await api.connect('operator', { email: ann, provider: 'zoom' })).toEqual({ zoomAccount: ann });
    expect((await api.call('ofAnn', `GET ${path}`)).body).toMatchObject({ account: ann, status: 'active' });
    for (let hour = 0; hour < 3; hour++) {
      const instances = [api.zoomTokensOfInstance(), api.zoomTokensOfInstance()];
      const [one, two] = await Promise.all(instances.map((tokensOf) => tokensOf(ann)));
      expect(one).toMatch(/^zat_/);
      expect(two).toBe(one);
      api.clock.nowMs += 3_600_000;
    }
    expect(api.workspace.zoom.staleRenewals).toBe(0);
    expect((await api.call('ofAnn', `DELETE ${path}`)).status).toBe(204);
    expect(await api.store.get(tokenPath(zoomTokenId(ann)))).toBeUndefined();
    expect((await api.call('ofAnn', `GET ${path}`)).status).toBe(404);
    expect(await api.zoomTokensOfInstance()(ann)).toBeUndefined();
  });

  test('who takes the consent back at Zoom is asked for it again', async () => {
    await api.connect('operator', { email: ann, provider: 'zoom' });
    api.workspace.zoom.revokeConsents(ann);
    api.clock.nowMs += 3_600_000;
    await expect(api.zoomTokensOfInstance()(ann)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect((await api.call('ofAnn', `GET ${path}`)).body).toMatchObject({ status: 'needsAuth' });
    expect(await api.zoomTokensOfInstance()(ann)).toBeUndefined();
  });
});
