import type * as z from 'zod';
import { calendarIdOf, type Connection } from '../../shared/domain/connection';
import { grantedFeatures } from '../../shared/domain/oauth';
import type { CalendarListEntry } from '../../shared/domain/sync-calendar';
import type { ConnectionTasks } from './dependencies';
import type { calendarList, connection as view, connectionStatus } from './schema';

export function viewConnection(connection: Connection): z.input<typeof view> {
  const { connectionId, kind, owner, connectedEmail, integrationId, status, statusReason, scopes } = connection;
  const { calendarId, isActive, autoSyncTasks, importExternalEvents, taskTypeColors } = connection;
  return {
    connectionId,
    kind,
    email: owner,
    connectedEmail,
    integrationId,
    status,
    statusReason,
    features: kind === 'delegation' ? ['calendar'] : grantedFeatures(scopes),
    calendarId,
    isActive,
    autoSyncTasks,
    importExternalEvents,
    taskTypeColors,
    createdAt: new Date(connection.createdAtMs).toISOString(),
    updatedAt: new Date(connection.updatedAtMs).toISOString(),
  };
}

export function viewCalendar({
  id,
  summary,
  isPrimary,
  accessRole,
  timeZone,
}: CalendarListEntry): z.input<typeof calendarList>['calendars'][number] {
  const writable = accessRole === 'owner' || accessRole === 'writer';
  return { calendarId: id, summary, primary: isPrimary, writable, timeZone: timeZone ?? null };
}

export function viewStatus(
  connection: Connection,
  counts: Awaited<ReturnType<ConnectionTasks['counts']>>,
  nowMs: number,
): z.input<typeof connectionStatus> {
  const channel = connection.channels[calendarIdOf(connection, connection.calendarId)];
  const expiresAtMs = channel?.channelId == null ? null : channel.expiresAtMs;
  const hasPush = expiresAtMs !== null && expiresAtMs > nowMs;
  return {
    connected: connection.status === 'active',
    email: connection.connectedEmail,
    ...counts,
    hasPush,
    channelExpiresAt: hasPush ? new Date(expiresAtMs).toISOString() : null,
  };
}
