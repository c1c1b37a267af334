import type { Connection } from '../../shared/domain/connection';
import type { Provider } from '../../shared/domain/integration';
import type { ConsentServer } from '../../shared/domain/oauth';
import type { Clock, DocumentStore, EventBus } from '../../shared/domain/ports';
import type { SyncCalendar } from '../../shared/domain/sync-calendar';
import type { ConnectionStore } from '../../shared/store/connection-store';
import type { IntegrationStore } from '../../shared/store/integration-store';
import type { OAuthTokenStore } from '../../shared/store/oauth-token-store';
import type { ZoomAccountStore } from '../../shared/store/zoom-account-store';

export interface ConnectionsDependencies {
  readonly store: DocumentStore;
  readonly connections: ConnectionStore;
  readonly integrations: IntegrationStore;
  readonly tokenStore: OAuthTokenStore;
  readonly zoomAccounts: ZoomAccountStore;
  readonly consentServers: Readonly<Record<Provider, ConsentServer>>;
  readonly bus: EventBus;
  readonly clock: Pick<Clock, 'now'>;
  readonly syncTopic: string;
  /** Where authorization servers send the browser back to. */
  readonly redirectUri: string;
  /** Accounts that are never acted for. */
  readonly deniedUsers: readonly string[];
  readonly calendarOf: (connection: Connection) => Pick<SyncCalendar, 'getTimeZone' | 'listCalendars' | 'stopChannel'>;
  readonly tasks: ConnectionTasks;
}

/** The tasks of a connection, as far as this function deals with them. */
export interface ConnectionTasks {
  counts(connection: Connection): Promise<{ pending: number; synced: number; conflicts: number }>;
  /** Hands on the flagged tasks without event; with `all`, flags all open tasks first. Resolves with their number. */
  requestSync(connection: Connection, options: { readonly all: boolean }): Promise<number>;
}
