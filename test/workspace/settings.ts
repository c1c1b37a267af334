import type { ParseOptions } from './gmail/mime';
import type { HistoryIdFormat } from './gmail/notifications';

/** What the server, rather than a model, does in one way or another. Changeable at any time. */
export interface WorkspaceSettings {
  bodyCharset: NonNullable<ParseOptions['bodyCharset']>;
  /** How `historyId` is written in notifications: Gmail has sent both. */
  historyIdFormat: HistoryIdFormat;
}
