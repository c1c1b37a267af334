import {
  ann,
  annAtHome,
  app,
  bob,
  startConnectionsApi,
  zoomApp,
  type ConnectionsApi,
} from '../../test/connections-api';
import { connectionIdOf, newConnection } from '../../shared/domain/connection';
import { featureScopes } from '../../shared/domain/oauth';
import { zoomTokenId } from '../../shared/store/zoom-account-store';
import { tokenPath } from '../../shared/store/oauth-token-store';

let api: ConnectionsApi;
beforeEach(async () => {
  api = await startConnectionsApi();
  await api.registerApp();
});
afterEach(() => api.close());

const annsId = connectionIdOf(ann, ann);
const at = `/v1/connections/${annsId}`;
const connectAnn = () => api.connect('operator', { email: ann });
const jobs = () => api.published.map(({ message }) => JSON.parse(message.data) as Record<string, unknown>);

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

  test('a consent that comes while the refusal of the last one is noted counts', async () => {
    const { record } = (await api.connections.load(annsId))!;
    api.workspace.oauth.revokeConsents(ann);
    api.clock.nowMs += 3_600_000;
    const change = api.connections.change.bind(api.connections);
    jest.spyOn(api.connections, 'change').mockImplementationOnce(async (id, decide) => {
      api.clock.nowMs -= 3_600_000;
      await connectAnn();
      return change(id, decide);
    });
    await expect(api.tokensOfInstance()(record).get(ann, [])).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await api.connections.load(annsId))?.record.status).toBe('active');
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
    await api.connect('atHome', start);
    expect(await api.mailboxes(annAtHome).getProfile()).toMatchObject({ emailAddress: annAtHome });
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

  test('a consent that comes while it is under way is not taken away', async () => {
    jest.spyOn(api.tokenStore, 'openRefreshToken').mockImplementationOnce(async () => {
      await connectAnn();
      return undefined;
    });
    const { body } = await api.call('ofAnn', `DELETE ${at}?revoke=true`);
    expect(body).toMatchObject({ connection: { status: 'active' } });
    expect(await api.token(annsId)).toMatch(/^ya29/);
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
    const refreshToken = (await api.tokenStore.openRefreshToken(zoomTokenId(ann)))!;
    expect((await api.call('ofAnn', `DELETE ${path}`)).status).toBe(204);
    await expect(api.zoom.renew(zoomApp, refreshToken)).rejects.toMatchObject({ code: 'invalidGrant' });
    expect(await api.store.get(tokenPath(zoomTokenId(ann)))).toBeUndefined();
    expect((await api.call('ofAnn', `GET ${path}`)).status).toBe(404);
    expect(await api.zoomTokensOfInstance()(ann)).toBeUndefined();
  });

  test('who takes the consent back at Zoom is asked for it again', async () => {
    await api.connect('operator', { email: ann, provider: 'zoom' });
    api.workspace.zoom.revokeConsents(ann);
    api.clock.nowMs += 3_600_000;
    expect(await api.zoomTokensOfInstance()(ann)).toBeUndefined();
    expect((await api.call('ofAnn', `GET ${path}`)).body).toMatchObject({ status: 'needsAuth' });
    expect(await api.zoomTokensOfInstance()(ann)).toBeUndefined();
  });

  test('an app that Zoom no longer accepts keeps nobody connected; an outage is worth another try', async () => {
    await api.connect('operator', { email: ann, provider: 'zoom' });
    const fault = { type: 'error' as const, status: 503, reason: 'backendError' };
    api.workspace.faults.add({ match: { method: 'zoom.oauth.revoke' }, fault });
    expect((await api.call('ofAnn', `DELETE ${path}`)).status).toBe(503);
    await api.call('operator', `PATCH /v1/integrations/${zoomIntegrationId}`, { clientSecret: 'replaced' });
    expect((await api.call('ofAnn', `DELETE ${path}`)).status).toBe(204);
    expect(await api.store.get(tokenPath(zoomTokenId(ann)))).toBeUndefined();
  });

  test('accounts are listed by page, each once, to whoever sees their users', async () => {
    for (const email of [ann, bob]) await api.connect('operator', { email, provider: 'zoom' });
    const list = async (agent: string, query = '') =>
      (await api.call(agent, `GET /v1/zoomAccounts${query}`)).body as { zoomAccounts: object[]; nextPageToken: string };
    const first = await list('operator', '?pageSize=1');
    expect(first.zoomAccounts).toMatchObject([{ email: ann, account: ann, status: 'active' }]);
    const second = await list('operator', `?pageSize=1&pageToken=${encodeURIComponent(first.nextPageToken)}`);
    expect(second).toMatchObject({ zoomAccounts: [{ email: bob }], nextPageToken: null });
    expect(await list('ofBob')).toMatchObject({ zoomAccounts: [{ email: bob }], nextPageToken: null });
    expect(await list('blind')).toEqual({ zoomAccounts: [], nextPageToken: null });
  });
});
