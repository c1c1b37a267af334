import { defineRoute, type Route } from '../../shared/runtime/route';
import type { ConnectionsDependencies } from './dependencies';
import {
  changeIntegration,
  loadIntegration,
  registerIntegration,
  removeIntegration,
  viewIntegration,
} from './integrations';
import * as schema from './schema';

type Deps = ConnectionsDependencies;

const capability = 'connections.manage';
const path = '/v1/integrations/{integrationId}';

/** OAuth apps: each belongs to the caller that registered it. */
export const integrationRoutes: readonly Route<Deps>[] = [
  defineRoute({
    method: 'GET',
    path: '/v1/integrations',
    operationId: 'listIntegrations',
    summary: 'Your OAuth apps',
    capability,
    query: schema.page,
    response: { status: 200, schema: schema.integrationList },
    handle: async (deps: Deps, { caller, query: { pageSize, pageToken } }) => {
      const after = pageToken === undefined ? undefined : { id: pageToken };
      const { records, next } = await deps.integrations.listOf(caller.id, pageSize, after);
      return { integrations: records.map((one) => viewIntegration(deps, one)), nextPageToken: next?.id ?? null };
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/integrations',
    operationId: 'registerIntegration',
    summary: 'Registers an OAuth app that users consent to',
    capability,
    body: schema.newIntegration,
    response: { status: 201, schema: schema.integration },
    handle: async (deps: Deps, { caller, body }) =>
      viewIntegration(deps, await registerIntegration(deps, caller, body)),
  }),
  defineRoute({
    method: 'GET',
    path,
    operationId: 'getIntegration',
    summary: 'One OAuth app, without its secret',
    capability,
    params: schema.integrationParam,
    response: { status: 200, schema: schema.integration },
    errors: [404],
    handle: async (deps: Deps, { caller, params }) =>
      viewIntegration(deps, (await loadIntegration(deps, caller, params.integrationId)).record),
  }),
  defineRoute({
    method: 'PATCH',
    path,
    operationId: 'changeIntegration',
    summary: 'Renames, disables or enables an OAuth app, or gives it another secret',
    capability,
    params: schema.integrationParam,
    body: schema.integrationChange,
    response: { status: 200, schema: schema.integration },
    errors: [404],
    handle: async (deps: Deps, { caller, params, body }) =>
      viewIntegration(deps, await changeIntegration(deps, caller, params.integrationId, body)),
  }),
  defineRoute({
    method: 'DELETE',
    path,
    operationId: 'removeIntegration',
    summary: 'Forgets an OAuth app that no account is connected through',
    capability,
    params: schema.integrationParam,
    response: { status: 204 },
    errors: [404, 409],
    handle: async (deps: Deps, { caller, params }) => {
      await removeIntegration(deps, caller, params.integrationId);
      return undefined;
    },
  }),
];
