import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AttacheError } from '../../shared/domain/errors';
import type { DocumentStore, EventBus } from '../../shared/domain/ports';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import { loadChannelRecord, type ChannelRecord } from '../../shared/store/channel-store';

export interface WebhookDependencies {
  readonly store: DocumentStore;
  readonly bus: EventBus;
  readonly syncTopic: string;
}

/** `announced`: a job is on its way. `acknowledged`: there is nothing to read for this one. */
export type NotificationOutcome = 'announced' | 'acknowledged';

/**
 * One notification of a channel. All that Google says is in the headers; the body is empty. Whoever does not show the
 * channel's token and resource gets one and the same refusal, and nothing is read or sent for him. Repeated and late ones
 * are not told apart here: jobs that are covered by a reading end without one. Errors: `notFound`; those of store and bus,
 * after which Google tries again.
 */
export async function receiveNotification(
  { store, bus, syncTopic }: WebhookDependencies,
  headers: IncomingHttpHeaders,
): Promise<NotificationOutcome> {
  const [channelId, token, resourceId, state] = [
    textOf(headers['x-goog-channel-id']),
    textOf(headers['x-goog-channel-token']),
    textOf(headers['x-goog-resource-id']),
    textOf(headers['x-goog-resource-state']),
  ];
  // Google's own are UUIDs of ours: nothing else is worth a look into the store.
  const record = isChannelId(channelId) ? await loadChannelRecord(store, channelId) : undefined;
  if (!hasToken(record, token)) throw refusal();
  // The first notification may come before the answer that tells the resource.
  if (state === 'sync' && (record.resourceId === null || record.resourceId === resourceId)) return 'acknowledged';
  if (record.resourceId === null || record.resourceId !== resourceId) throw refusal();
  if (state !== 'exists' && state !== 'not_exists') return 'acknowledged';
  const { connectionId, calendarId } = record;
  await bus.publish(syncTopic, [encodeSyncJob({ kind: 'pullCalendar', connectionId, calendarId })]);
  return 'announced';
}

function isChannelId(text: string): boolean {
  return /^[0-9a-f-]{36}$/.test(text);
}

/** Compared in constant time, and also where there is no such channel. */
function hasToken(record: ChannelRecord | undefined, token: string): record is ChannelRecord {
  const given = createHash('sha256').update(token).digest();
  const expected = Buffer.from(record?.tokenHash ?? '0'.repeat(64), 'hex');
  return timingSafeEqual(given, expected) && record !== undefined;
}

function refusal(): AttacheError {
  return new AttacheError('notFound', 'There is no such channel.', { code: 'channelNotFound' });
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
