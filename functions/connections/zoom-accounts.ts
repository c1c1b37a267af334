import type * as z from 'zod';
import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import type { GrantedTokens } from '../../shared/domain/oauth';
import type { ZoomAccount } from '../../shared/domain/zoom-account';
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
    handle: async (deps: Deps, { params }) => {
      const stored = await load(deps, params.email);
      const { integrations, tokenStore, consentServers, zoomAccounts } = deps;
      const id = zoomTokenId(params.email);
      const refreshToken = await tokenStore.openRefreshToken(id);
      if (refreshToken !== undefined) {
        await consentServers.zoom.revoke(await integrations.openApp(stored.record.integrationId), refreshToken);
      }
      await zoomAccounts.remove(stored, [{ op: 'delete', path: tokenPath(id) }]);
      return undefined;
    },
  }),
];

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
