import { createHash, randomUUID } from 'node:crypto';
import { connectionSchedule, isUsable, type CalendarChannel, type Connection } from '../../shared/domain/connection';
import type { AttacheError } from '../../shared/domain/errors';
import { asAttacheError, isTransient } from '../../shared/domain/errors';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import type { Logger } from '../../shared/runtime/logger';
import { channelPath, createChannelRecord, type ChannelRecord } from '../../shared/store/channel-store';
import { catchUp } from './catch-up';
import type { TaskSyncDependencies } from './dependencies';

export type RefreshOutcome = 'done' | 'unknownConnection' | 'notConnected';

/**
 * Opens a channel for every calendar that has none or one that ends soon; `force`: for all of them. The old one is stopped
 * only once the new one has answered, and whatever happened in between is read, as is all that has waited for the
 * connection. Errors: the first transient one.
 */
export async function refreshChannels(
  deps: TaskSyncDependencies,
  { connectionId, force }: { readonly connectionId: string; readonly force: boolean },
  logger: Logger,
): Promise<RefreshOutcome> {
  const { connections, clock } = deps;
  const stored = await connections.load(connectionId);
  if (!stored) return 'unknownConnection';
  if (!isUsable(stored.record)) return 'notConnected';
  let failure: AttacheError | undefined;
  for (const [calendarId, channel] of Object.entries(stored.record.channels)) {
    if (!force && !isDue(channel, clock.now())) continue;
    try {
      await refresh(deps, stored.record, calendarId, channel);
    } catch (error) {
      failure = asAttacheError(error);
      logger.warning('channel not renewed', { code: failure.code });
    }
  }
  const failed = failure !== undefined;
  await connections.change(connectionId, ({ renewFailures }) =>
    failed || renewFailures > 0
      ? { patch: { renewFailures: failed ? Math.min(renewFailures + 1, 20) : 0 } }
      : undefined,
  );
  if (failure && isTransient(failure)) throw failure;
  // Nobody has forced it: the connection is new, or another than it was, or a channel is at its end.
  if (!force) await catchUp(deps, stored.record);
  return 'done';
}

function isDue({ expiresAtMs, pushNotSupported }: CalendarChannel, nowMs: number): boolean {
  return !pushNotSupported && (expiresAtMs === null || expiresAtMs <= nowMs + connectionSchedule.renewBeforeMs);
}

async function refresh(
  deps: TaskSyncDependencies,
  connection: Connection,
  calendarId: string,
  before: CalendarChannel,
): Promise<void> {
  const { connections, store, calendarOf, settings, newToken, clock, bus } = deps;
  const { connectionId } = connection;
  const token = newToken();
  const tokenHash = createHash('sha256').update(token).digest('hex');
  const record: ChannelRecord = { channelId: randomUUID(), connectionId, calendarId, tokenHash, resourceId: null };
  // Known before it is asked for: its first notification may arrive before the answer.
  await store.commit([createChannelRecord(record, clock.now())]);
  const calendar = calendarOf(connection);
  const answer = await watch();
  if (!answer) {
    await change({ pushNotSupported: true, channelId: null, resourceId: null, tokenHash: null, expiresAtMs: null });
    return;
  }
  const { channelId } = record;
  const { resourceId, expiresAtMs } = answer;
  await store.commit([{ op: 'update', path: channelPath(channelId), data: { resourceId } }]);
  await change({ channelId, resourceId, tokenHash, expiresAtMs, pushNotSupported: false });
  // Between two channels, or before the first one, nothing was announced.
  await bus.publish(settings.syncTopic, [encodeSyncJob({ kind: 'pullCalendar', connectionId, calendarId })]);
  if (before.channelId !== null && before.resourceId !== null) {
    await calendar.stopChannel({ channelId: before.channelId, resourceId: before.resourceId });
    await store.commit([{ op: 'delete', path: channelPath(before.channelId) }]);
  }

  async function watch() {
    try {
      const request = { channelId: record.channelId, token, address: settings.webhookUrl };
      return await calendar.calendar(calendarId).watchEvents(request);
    } catch (error) {
      if (asAttacheError(error).code === 'pushNotSupportedForRequestedResource') return undefined;
      throw error;
    }
  }

  async function change(patch: Partial<CalendarChannel>): Promise<void> {
    await connections.change(connectionId, ({ channels }) => {
      const channel = channels[calendarId];
      return channel && { patch: { channels: { ...channels, [calendarId]: { ...channel, ...patch } } } };
    });
  }
}
