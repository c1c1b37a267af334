import { AttacheError } from '../domain/errors';
import { integrationSchema, type Integration } from '../domain/integration';
import type { OAuthApp } from '../domain/oauth';
import type { Clock, DocumentStore } from '../domain/ports';
import type { TokenCipher } from '../domain/token-cipher';
import { createRecordStore, type PagePosition, type RecordPage, type RecordStore } from './record-store';

export interface IntegrationStore extends Omit<RecordStore<Integration>, 'list'> {
  /** Those that one caller registered, by id. */
  listOf(ownerId: string, limit: number, after?: PagePosition): Promise<RecordPage<Integration>>;
  sealSecret(integrationId: string, clientSecret: string): Promise<string>;
  /** Errors: `forbidden` with code `oauthAppRefused` when there is no such app any more, and those of the cipher. */
  openApp(integrationId: string | null): Promise<OAuthApp>;
}

export function createIntegrationStore({
  store,
  cipher,
  clock,
}: {
  readonly store: DocumentStore;
  readonly cipher: TokenCipher;
  readonly clock: Pick<Clock, 'now'>;
}): IntegrationStore {
  const records = createRecordStore({
    store,
    collection: 'integrations',
    schema: integrationSchema,
    idOf: ({ integrationId }) => integrationId,
    complete: (integration) => ({ ...integration, updatedAtMs: clock.now() }),
  });
  const placeOf = (integrationId: string) => ({ record: `integrations/${integrationId}`, field: 'clientSecret' });

  return {
    ...records,
    listOf: (ownerId, limit, after) =>
      records.list({
        where: [{ field: 'ownerId', op: '==', value: ownerId }],
        limit,
        ...(after && { startAfter: after }),
      }),
    sealSecret: (integrationId, clientSecret) => cipher.seal(clientSecret, placeOf(integrationId)),
    async openApp(integrationId) {
      const stored = integrationId === null ? undefined : await records.load(integrationId);
      if (!stored) {
        throw new AttacheError('forbidden', 'The OAuth app of this connection is gone.', {
          code: 'oauthAppRefused',
          fix: 'Register the app again with POST /v1/integrations, and connect the account through it.',
        });
      }
      const { clientId, clientSecret } = stored.record;
      return { clientId, clientSecret: await cipher.open(clientSecret, placeOf(stored.record.integrationId)) };
    },
  };
}
