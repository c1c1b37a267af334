import {
  ann,
  annAtHome,
  app,
  bob,
  redirectUri,
  startConnectionsApi,
  type ConnectionsApi,
} from '../../test/connections-api';
import { connectionIdOf } from '../../shared/domain/connection';
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

  test.each([
    [{ isActive: false }, 0],
    [{ isActive: true }, 1],
    [{ calendarId: ann }, 1],
  ])('%j has what waited for it handed on %i times', async (body, times) => {
    const before = jobs().length;
    await api.call('ofAnn', `PATCH ${at}`, body);
    const job = { kind: 'refreshChannels', connectionId: annsId, force: false };
    expect(jobs().slice(before)).toEqual(Array.from({ length: times }, () => job));
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
    // The consent came while delegation was tried.
    jest.spyOn(api.connections, 'load').mockImplementationOnce(async () => undefined);
    expect((await connect(ann)).body).toMatchObject({ kind: 'oauth' });
    await api.call('ofAnn', `DELETE ${at}`);
    expect((await connect(ann)).body).toMatchObject({ kind: 'delegation', integrationId: null, status: 'active' });
    await connectAnn();
    expect((await api.call('ofAnn', `GET ${at}`)).body).toMatchObject({ kind: 'oauth' });
  });

  test('is not ended by a consent for mail alone', async () => {
    await connect(ann);
    const mail = { email: ann, features: ['mail'] };
    expect(await api.connect('operator', mail)).toEqual({ error: 'delegationInUse' });
    expect((await api.call('ofAnn', `GET ${at}`)).body).toMatchObject({ kind: 'delegation', status: 'active' });
    await api.call('ofAnn', `DELETE ${at}`);
    expect(await api.connect('operator', mail)).toEqual({ connection: annsId });
  });

  test('of a user whom it does not cover says what to do instead', async () => {
    api.workspace.oauth.revokeDelegation(bob);
    expect(await connect(bob)).toMatchObject({ status: 409, body: { code: 'delegationDenied' } });
    expect(await connect('admin@example.com')).toMatchObject({ status: 403, body: { code: 'userDenied' } });
    expect(await api.connections.load(connectionIdOf(bob, bob))).toBeUndefined();
  });
});
