import { connectionSchema, scheduleOf, type Connection } from '../domain/connection';
import type { Clock, DocumentStore } from '../domain/ports';
import { createRecordStore, type PagePosition, type RecordPage, type RecordStore, type Stored } from './record-store';

export type StoredConnection = Stored<Connection>;

export interface ConnectionStore extends RecordStore<Connection> {
  /** The connections of these owners, at most 30, or of all owners of one domain, by id. */
  listOf(
    scope: { readonly owners: readonly string[] } | { readonly domain: string },
    limit: number,
    after?: PagePosition,
  ): Promise<RecordPage<Connection>>;
  /** Connections whose time has come by the given field, the longest overdue first. */
  listDue(
    field: 'renewAtMs' | 'pullAtMs',
    nowMs: number,
    limit: number,
    after?: PagePosition,
  ): Promise<RecordPage<Connection>>;
  /** Those that renew their tokens through an OAuth app, by id. */
  listOfIntegration(integrationId: string, limit: number): Promise<RecordPage<Connection>>;
  /** All of them, by id. */
  listAll(limit: number, after?: PagePosition): Promise<RecordPage<Connection>>;
}

/** Every write also brings `renewAtMs`, `pullAtMs` and `updatedAtMs` up to date. */
export function createConnectionStore({
  store,
  clock,
}: {
  readonly store: DocumentStore;
  readonly clock: Pick<Clock, 'now'>;
}): ConnectionStore {
  const records = createRecordStore({
    store,
    collection: 'connections',
    schema: connectionSchema,
    idOf: ({ connectionId }) => connectionId,
    complete: (connection) => {
      const nowMs = clock.now();
      return { ...connection, updatedAtMs: nowMs, ...scheduleOf(connection, nowMs) };
    },
  });
  const from = (after: PagePosition | undefined) => after && { startAfter: after };
  return {
    ...records,
    listOf: (scope, limit, after) =>
      records.list({
        where: [
          'domain' in scope
            ? { field: 'domain', op: '==', value: scope.domain }
            : { field: 'owner', op: 'in', value: [...scope.owners] },
        ],
        limit,
        ...from(after),
      }),
    listDue: (field, nowMs, limit, after) =>
      records.list({
        where: [{ field, op: '<=', value: nowMs }],
        orderBy: { field, direction: 'asc' },
        limit,
        ...from(after),
      }),
    listOfIntegration: (integrationId, limit) =>
      records.list({ where: [{ field: 'integrationId', op: '==', value: integrationId }], limit }),
    listAll: (limit, after) => records.list({ limit, ...from(after) }),
  };
}
