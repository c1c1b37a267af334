import { isAttacheError } from '../domain/errors';
import type { Clock, DocumentStore } from '../domain/ports';
import type { ConsentServer } from '../domain/oauth';
import type { OwnerScope } from '../domain/visible-page';
import { zoomAccountSchema, type ZoomAccount } from '../domain/zoom-account';
import type { IntegrationStore } from './integration-store';
import type { OAuthTokenStore } from './oauth-token-store';
import { createRecordStore, type PagePosition, type RecordPage, type RecordStore } from './record-store';

export interface ZoomAccountStore extends Omit<RecordStore<ZoomAccount>, 'list' | 'loadAll'> {
  /** Whether any account renews its tokens through this OAuth app. */
  isInUse(integrationId: string): Promise<boolean>;
  listOf(scope: OwnerScope, limit: number, after?: PagePosition): Promise<RecordPage<ZoomAccount>>;
}

/** Users' own Zoom accounts, by the users' addresses. */
export function createZoomAccountStore({
  store,
  clock,
}: {
  readonly store: DocumentStore;
  readonly clock: Pick<Clock, 'now'>;
}): ZoomAccountStore {
  const records = createRecordStore({
    store,
    collection: 'zoomAccounts',
    schema: zoomAccountSchema,
    idOf: ({ owner }) => owner,
    complete: (account) => ({ ...account, updatedAtMs: clock.now() }),
  });
  return {
    ...records,
    async isInUse(integrationId) {
      const where = [{ field: 'integrationId', op: '==', value: integrationId }] as const;
      return (await records.list({ where, limit: 1 })).records.length > 0;
    },
    listOf: (scope, limit, after) =>
      records.list({
        where: [
          'domain' in scope
            ? { field: 'domain', op: '==', value: scope.domain }
            : { field: 'owner', op: 'in', value: [...scope.owners] },
        ],
        limit,
        ...(after && { startAfter: after }),
      }),
  };
}

/** Where the tokens of a user's Zoom account are kept. */
export function zoomTokenId(owner: string): string {
  return `zoom:${owner}`;
}

/**
 * The token of a user's own Zoom account; undefined where there is none, or consent has to be given again. `refused` is one
 * that Zoom did not accept. Errors: those of OAuthTokenStore but `unauthorized`.
 */
export function createZoomUserTokens({
  accounts,
  integrations,
  tokenStore,
  consent,
}: {
  readonly accounts: Pick<ZoomAccountStore, 'load' | 'change'>;
  readonly integrations: Pick<IntegrationStore, 'openApp'>;
  readonly tokenStore: Pick<OAuthTokenStore, 'get'>;
  readonly consent: Pick<ConsentServer, 'renew'>;
}): (owner: string, refused?: string) => Promise<string | undefined> {
  return async (owner, refused) => {
    const known = (await accounts.load(owner))?.record;
    if (known?.status !== 'active') return undefined;
    try {
      const { accessToken } = await tokenStore.get({
        id: zoomTokenId(owner),
        account: known.account,
        refused,
        renew: async (refreshToken) => consent.renew(await integrations.openApp(known.integrationId), refreshToken),
        onRefused: async (statusReason, guard) => {
          await accounts.change(owner, () => ({ patch: { status: 'needsAuth', statusReason }, writes: [guard] }));
        },
      });
      return accessToken;
    } catch (error) {
      if (isAttacheError(error, 'unauthorized')) return undefined;
      throw error;
    }
  };
}
