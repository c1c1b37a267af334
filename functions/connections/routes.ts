import type * as z from 'zod';
import { calendarIdOf, newChannel, type Connection } from '../../shared/domain/connection';
import { AttacheError } from '../../shared/domain/errors';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import { visiblePage } from '../../shared/domain/visible-page';
import { defineRoute, reply, type Route } from '../../shared/runtime/route';
import { sessionCookie, sessionOf } from './consent-state';
import { connectByDelegation } from './connect-by-delegation';
import { viewCalendar, viewConnection, viewStatus } from './connection-view';
import type { ConnectionsDependencies } from './dependencies';
import { disconnect } from './disconnect';
import { finishConsent } from './finish-consent';
import { integrationRoutes } from './integration-routes';
import { loadConnection } from './load-connection';
import * as schema from './schema';
import { startConsent } from './start-consent';
import { zoomAccountRoutes } from './zoom-accounts';

type Deps = ConnectionsDependencies;

const capability = 'connections.manage';
const path = '/v1/connections/{connectionId}';
const callbackPath = '/v1/connections/callback';

/** The address to be registered with OAuth apps, exactly as it is. */
export function redirectUriOf(baseUrl: string): string {
  return new URL(callbackPath, baseUrl).href;
}

export const connectionRoutes: readonly Route<Deps>[] = [
  defineRoute({
    method: 'GET',
    path: '/v1/connections',
    operationId: 'listConnections',
    summary: 'The connected accounts of the users you may act for',
    capability,
    query: schema.page,
    response: { status: 200, schema: schema.connectionList },
    handle: async ({ connections }: Deps, { caller, query: { pageSize, pageToken } }) => {
      const after = pageToken === undefined ? undefined : { id: pageToken };
      const { records, nextPageToken } = await visiblePage(
        caller,
        ({ connectionId }: Connection) => connectionId,
        async (scope, limit) => (await connections.listOf(scope, limit, after)).records,
        pageSize,
      );
      return { connections: records.map(viewConnection), nextPageToken };
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/connections',
    operationId: 'connectByDelegation',
    summary: 'Connects a user whom domain-wide delegation covers; nobody is asked for consent',
    capability,
    body: schema.delegatedUser,
    response: { status: 200, schema: schema.connection },
    errors: [404, 409],
    handle: async (deps: Deps, { caller, body }) => viewConnection(await connectByDelegation(deps, caller, body.email)),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/connections:authorize',
    operationId: 'authorizeConnection',
    summary: 'Starts connecting an account: the consent page to open in this browser',
    description:
      'To be called by the browser that then opens `authorizationUrl`: the cookie of this answer has to come back with it, within ten minutes, once.',
    capability,
    body: schema.authorization,
    response: {
      status: 200,
      schema: schema.consentUrl,
      headers: { 'Set-Cookie': 'Ties the way back to this browser: HttpOnly, SameSite=Lax' },
    },
    errors: [404, 409],
    handle: async (deps: Deps, { caller, body }) => {
      const { cookie, ...answer } = await startConsent(deps, caller, body);
      return reply(answer, { headers: { 'set-cookie': cookie } });
    },
  }),
  defineRoute({
    method: 'GET',
    path: callbackPath,
    operationId: 'finishConnection',
    summary: 'Where the authorization server sends the browser back to',
    description:
      'Goes on to the `returnTo` of the start, with `connection` and `missing`, or `error`, in the query; with `error=invalidState`, to the start page, where the consent was not started in this browser, was used already, or took too long.',
    capability: 'public',
    query: schema.consentAnswer,
    response: { status: 303, headers: { Location: 'Where the person goes on' } },
    handle: async (deps: Deps, { query, headers, logger }) => {
      const { location, isRedeemed } = await finishConsent(deps, query, sessionOf(headers.cookie), logger);
      // A consent that another tab has started meanwhile still needs its cookie.
      const cookie = isRedeemed && { 'set-cookie': sessionCookie('', deps.redirectUri) };
      // The address of this page holds the code; it must not go along to the next one.
      return reply(undefined, { headers: { location, ...cookie, 'referrer-policy': 'no-referrer' } });
    },
  }),
  defineRoute({
    method: 'GET',
    path,
    operationId: 'getConnection',
    summary: 'One connected account and its settings',
    capability,
    params: schema.connectionParam,
    response: { status: 200, schema: schema.connection },
    errors: [404],
    handle: async (deps: Deps, { caller, params }) =>
      viewConnection(await loadConnection(deps, caller, params.connectionId)),
  }),
  defineRoute({
    method: 'PATCH',
    path,
    operationId: 'changeConnection',
    summary: 'Changes settings; what is left out stays as it is',
    capability,
    params: schema.connectionParam,
    body: schema.settings,
    response: { status: 200, schema: schema.connection },
    errors: [404, 409],
    handle: async (deps: Deps, { caller, params, body }) => {
      const { connectionId } = params;
      const before = await loadConnection(deps, caller, connectionId);
      if (body.calendarId !== undefined) await requireWritable(deps, before, body.calendarId);
      const changed = await deps.connections.change(connectionId, (record) => ({
        patch: patchOf(record, body),
      }));
      // What has waited goes on, and events move to the calendar that they belong into now.
      if (body.isActive === true || body.calendarId !== undefined)
        await deps.bus.publish(deps.syncTopic, [
          encodeSyncJob({ kind: 'refreshChannels', connectionId, force: false }),
        ]);
      return viewConnection(changed?.record ?? before);
    },
  }),
  defineRoute({
    method: 'DELETE',
    path,
    operationId: 'disconnectConnection',
    summary: 'Stops the channels and deletes the tokens; events stay in Google',
    capability,
    params: schema.connectionParam,
    query: schema.disconnection,
    response: { status: 200, schema: schema.disconnected },
    errors: [404],
    handle: async (deps: Deps, { caller, params, query }) => {
      const { connection, warnings } = await disconnect(
        deps,
        await loadConnection(deps, caller, params.connectionId),
        query,
      );
      return { connection: viewConnection(connection), warnings: [...warnings] };
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/calendars`,
    operationId: 'listConnectionCalendars',
    summary: 'The calendars of the account',
    capability,
    params: schema.connectionParam,
    response: { status: 200, schema: schema.calendarList },
    errors: [404, 409],
    handle: async (deps: Deps, { caller, params }) => {
      const connection = requireActive(await loadConnection(deps, caller, params.connectionId));
      return { calendars: (await deps.calendarOf(connection).listCalendars()).map(viewCalendar) };
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}:refreshChannels`,
    operationId: 'refreshConnectionChannels',
    summary: 'Has Google announce changes through new channels',
    capability,
    params: schema.connectionParam,
    response: { status: 202, schema: schema.count },
    errors: [404, 409],
    handle: async (deps: Deps, { caller, params: { connectionId } }) => {
      requireActive(await loadConnection(deps, caller, connectionId));
      await deps.bus.publish(deps.syncTopic, [encodeSyncJob({ kind: 'refreshChannels', connectionId, force: true })]);
      return { count: 1 };
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/status`,
    operationId: 'getConnectionStatus',
    summary: 'Whether the account is connected, and how far its tasks have come',
    capability,
    params: schema.connectionParam,
    response: { status: 200, schema: schema.connectionStatus },
    errors: [404],
    handle: async (deps: Deps, { caller, params }) => {
      const connection = await loadConnection(deps, caller, params.connectionId);
      return viewStatus(connection, await deps.tasks.counts(connection), deps.clock.now());
    },
  }),
  requestSync('sync', 'syncConnection', 'Hands on every flagged task that has no event yet', false),
  requestSync('bulkSync', 'syncAllTasks', 'Flags all open tasks of the user for the calendar, and hands them on', true),
  ...integrationRoutes,
  ...zoomAccountRoutes,
];

function requestSync(verb: string, operationId: string, summary: string, all: boolean): Route<Deps> {
  return defineRoute({
    method: 'POST',
    path: `${path}:${verb}`,
    operationId,
    summary,
    capability,
    params: schema.connectionParam,
    response: { status: 202, schema: schema.count },
    errors: [404, 409],
    handle: async (deps: Deps, { caller, params }) => {
      const connection = requireActive(await loadConnection(deps, caller, params.connectionId));
      return { count: await deps.tasks.requestSync(connection, { all }) };
    },
  });
}

function requireActive(connection: Connection): Connection {
  if (connection.status === 'active') return connection;
  throw new AttacheError('conflict', `This connection is ${connection.status}.`, {
    code: 'connectionNotActive',
    fix: 'Connect the account again: POST /v1/connections:authorize with its connectionId.',
  });
}

/** The calendar that tasks go to has to take events. */
async function requireWritable(deps: Deps, connection: Connection, calendarId: string): Promise<void> {
  if (calendarId === 'primary') return;
  const calendars = await deps.calendarOf(requireActive(connection)).listCalendars();
  if (calendars.some((one) => one.id === calendarId && viewCalendar(one).writable)) return;
  throw new AttacheError('invalid', 'This account has no such calendar that it may write to.', {
    code: 'calendarNotWritable',
    errors: [{ path: 'body.calendarId', message: 'expected a writable calendar of …/calendars' }],
  });
}

function patchOf(
  record: Connection,
  { calendarId, isActive, autoSyncTasks, importExternalEvents, taskTypeColors }: z.output<typeof schema.settings>,
): Partial<Connection> {
  const followed = calendarId === undefined ? undefined : calendarIdOf(record, calendarId);
  return {
    ...(calendarId !== undefined && { calendarId }),
    ...(followed !== undefined &&
      !record.channels[followed] && { channels: { ...record.channels, [followed]: newChannel } }),
    ...(isActive !== undefined && { isActive }),
    ...(autoSyncTasks !== undefined && { autoSyncTasks }),
    ...(importExternalEvents !== undefined && { importExternalEvents }),
    ...(taskTypeColors !== undefined && { taskTypeColors }),
  };
}
