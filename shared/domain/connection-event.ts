import type { Connection } from './connection';
import type { ConnectionNeedsAuthEvent } from './message/event-schemas';
import { toEvent } from './message/message-event';

/** That a connection has stopped until its user consents again. `nowMs` tells one time from the next. */
export function toConnectionNeedsAuthEvent(
  { owner, connectionId, connectedEmail, statusReason }: Connection,
  nowMs: number,
): ConnectionNeedsAuthEvent {
  const data = {
    mailbox: owner,
    connectionId,
    connectedEmail,
    reason: statusReason ?? 'unknown',
    fix: 'Connect the account again: POST /v1/connections:authorize.',
  };
  const key = { key: `${connectionId}\n${nowMs}`, time: new Date(nowMs).toISOString() };
  return {
    ...toEvent('connection.needsAuth', owner, key, data),
    source: `//attache/connections/${connectionId}`,
  };
}
