import * as z from 'zod';
import { DAY_MS } from '../domain/instant';
import type { DocumentStore, Write } from '../domain/ports';

/** What a notification of Google has to show, found by the channel that it names. */
export interface ChannelRecord {
  readonly channelId: string;
  readonly connectionId: string;
  readonly calendarId: string;
  /** SHA-256 of the channel's token, in hex. */
  readonly tokenHash: string;
  /** Null until Google has answered. */
  readonly resourceId: string | null;
}

export function channelPath(channelId: string): string {
  return `calendarChannels/${encodeURIComponent(channelId)}`;
}

export function createChannelRecord(record: ChannelRecord, nowMs: number): Write {
  const expireAt = new Date(nowMs + retentionMs);
  return { op: 'create', path: channelPath(record.channelId), data: { ...record, expireAt } };
}

export async function loadChannelRecord(store: DocumentStore, channelId: string): Promise<ChannelRecord | undefined> {
  const snapshot = await store.get(channelPath(channelId));
  return snapshot && channelDocument.parse(snapshot.data);
}

/** Longer than any channel lives. */
const retentionMs = 40 * DAY_MS;

const channelDocument = z.object({
  channelId: z.string(),
  connectionId: z.string(),
  calendarId: z.string(),
  tokenHash: z.string(),
  resourceId: z.string().nullable(),
});
