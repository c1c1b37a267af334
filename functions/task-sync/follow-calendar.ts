import { newChannel, type Connection } from '../../shared/domain/connection';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import type { Task } from '../../shared/domain/task/task';
import type { TaskSyncDependencies } from './dependencies';

/** Also calendars that are not the connection's own are followed once a task is in them. */
export async function followCalendar(
  { connections, bus, settings }: Pick<TaskSyncDependencies, 'connections' | 'bus' | 'settings'>,
  { connectionId, channels: known }: Connection,
  { link }: Task,
): Promise<void> {
  if (!link || known[link.calendarId]) return;
  await connections.change(connectionId, ({ channels }) =>
    channels[link.calendarId] ? undefined : { patch: { channels: { ...channels, [link.calendarId]: newChannel } } },
  );
  await bus.publish(settings.syncTopic, [encodeSyncJob({ kind: 'refreshChannels', connectionId, force: false })]);
}
