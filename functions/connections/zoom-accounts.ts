import type * as z from 'zod';
import { AttacheError, asAttacheError, isAttacheError } from '../../shared/domain/errors';
import type { GrantedTokens } from '../../shared/domain/oauth';
import { visiblePage } from '../../shared/domain/visible-page';
import type { ZoomAccount } from '../../shared/domain/zoom-account';
import type { Logger } from '../../shared/runtime/logger';
import { defineRoute, type Route } from '../../shared/runtime/route';
import { tokenPath } from '../../shared/store/oauth-token-store';
import type { Stored } from '../../shared/store/record-store';
import { zoomTokenId } from '../../shared/store/zoom-account-store';
import type { ConsentState } from './consent-state';
import type { ConnectionsDependencies } from './dependencies';
import * as schema from './schema';

type Deps = ConnectionsDependencies;

const path = '/v1/zoomAccounts/{email}';

export const zoomAccountRoutes: readonly Route<Deps>[] = [
  defineRoute({
    method: 'GET',
    path: '/v1/zoomAccounts',
    operationId: 'listZoomAccounts',
    summary: 'The Zoom accounts of the users you may act for',
    capability: 'connections.manage',
    query: schema.zoomAccountPage,
    response: { status: 200, schema: schema.zoomAccountList },
    handle: async ({ zoomAccounts }: Deps, { caller, query: { pageSize, pageToken } }) => {
      const after = pageToken === undefined ? undefined : { id: pageToken };
      const { records, nextPageToken } = await visiblePage(
        caller,
        // The document's id, which the store orders by.
        ({ owner }: ZoomAccount) => encodeURIComponent(owner),
        async (scope, limit) => (await zoomAccounts.listOf(scope, limit, after)).records,
        pageSize,
      );
      return { zoomAccounts: records.map(view), nextPageToken };
    },
  }),
  defineRoute({
    method: 'GET',
    path,
    operationId: 'getZoomAccount',
    summary: 'The Zoom account in which a user’s meetings are made',
    capability: 'connections.manage',
    mailboxParam: 'email',
    params: schema.emailParam,
    response: { status: 200, schema: schema.zoomAccount },
    handle: async (deps: Deps, { params }) => view((await load(deps, params.email)).record),
  }),
  defineRoute({
    method: 'DELETE',
    path,
    operationId: 'disconnectZoomAccount',
    summary: 'Takes the consent back at Zoom and deletes the tokens; meetings stay',
    capability: 'connections.manage',
    mailboxParam: 'email',
    params: schema.emailParam,
    response: { status: 204 },
    handle: async (deps: Deps, { params, logger }) => {
      const stored = await load(deps, params.email);
      await takeBackConsent(deps, stored.record, logger);
      await deps.zoomAccounts.remove(stored, [{ op: 'delete', path: tokenPath(zoomTokenId(params.email)) }]);
      return undefined;
    },
  }),
];

/** Errors: `rateLimited`, `unavailable`. Nothing else, such as an app whose secret was changed, keeps the tokens here. */
async function takeBackConsent(
  { integrations, tokenStore, consentServers: { zoom } }: Deps,
  { owner, account, integrationId }: ZoomAccount,
  logger: Logger,
): Promise<void> {
  try {
    const app = await integrations.openApp(integrationId);
    const renew = (refreshToken: string) => zoom.renew(app, refreshToken);
    const { accessToken } = await tokenStore.get({ id: zoomTokenId(owner), account, renew });
    await zoom.revoke(app, accessToken);
  } catch (error) {
    if (isAttacheError(error, 'unavailable', 'rateLimited')) throw error;
    logger.warning('A consent could not be taken back at Zoom', { code: asAttacheError(error).code, error });
  }
}

/** Account and tokens in one commit; an account that was connected before is replaced. */
export async function keepZoomAccount(
  { store, zoomAccounts, tokenStore, clock }: Deps,
  { owner, integrationId }: ConsentState,
  { account, ...tokens }: GrantedTokens & { readonly account: string },
): Promise<void> {
  const id = zoomTokenId(owner);
  const tokenWrite = await tokenStore.seal(id, account, tokens);
  const record: ZoomAccount = {
    owner,
    domain: owner.slice(owner.lastIndexOf('@') + 1),
    account,
    integrationId,
    status: 'active',
    statusReason: null,
    createdAtMs: clock.now(),
    updatedAtMs: clock.now(),
  };
  for (let attempt = 1; ; attempt++) {
    const [stored, before] = await Promise.all([zoomAccounts.load(owner), store.get(tokenPath(id))]);
    const writes = [tokenWrite(before)];
    try {
      await (stored ? zoomAccounts.replace(stored, { patch: record, writes }) : zoomAccounts.create(record, writes));
      return;
    } catch (error) {
      if (attempt === maxCollisions || !isAttacheError(error, 'preconditionFailed', 'conflict')) throw error;
    }
  }
}

const maxCollisions = 10;

async function load({ zoomAccounts }: Deps, email: string): Promise<Stored<ZoomAccount>> {
  const stored = await zoomAccounts.load(email);
  if (stored) return stored;
  throw new AttacheError('notFound', 'This user has no Zoom account connected.', {
    code: 'zoomAccountNotFound',
    fix: 'POST /v1/connections:authorize with provider zoom.',
  });
}

function view({
  owner,
  account,
  integrationId,
  status,
  statusReason,
}: ZoomAccount): z.input<typeof schema.zoomAccount> {
  return { email: owner, account, integrationId, status, statusReason };
}
