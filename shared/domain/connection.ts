import { createHash } from 'node:crypto';
import * as z from 'zod';
import { grantedFeatures } from './oauth';
import { taskTypeColors } from './task/colors';

/** One calendar that is followed: its channel, and how far it has been read. Times are epoch milliseconds. */
const channel = z.object({
  /** Null where there is no channel yet, or none is possible. */
  channelId: z.string().nullable(),
  resourceId: z.string().nullable(),
  /** SHA-256 of the channel's token, in hex. */
  tokenHash: z.string().nullable(),
  expiresAtMs: z.number().nullable(),
  /** Google sends no notifications of this calendar: it is read every few minutes instead. */
  pushNotSupported: z.boolean(),
  /** Null before the first reading and after Google has forgotten the token: everything is read then. */
  syncToken: z.string().nullable(),
  /** Start of the last reading that came to its end. */
  lastSyncedAtMs: z.number().nullable(),
  /** When the newest job that asks for a reading was published. */
  notifiedAtMs: z.number().nullable(),
});

export type CalendarChannel = z.infer<typeof channel>;

/**
 * One user's way into one Google account's calendars, in one document (`connections/{id}`) whose version is what every
 * write compares. `delegation` needs no tokens: domain-wide delegation covers the user. Those of `oauth` are in a document of
 * their own (`oauthTokens/{id}`): a list of connections reads no secrets, and a renewed token is no change of the connection.
 */
export const connectionSchema = z.object({
  connectionId: z.string(),
  kind: z.enum(['delegation', 'oauth']),
  /** The user, by mailbox address: whoever may see this mailbox may see the connection. */
  owner: z.string(),
  domain: z.string(),
  /** The Google account; the owner's own address with delegation. */
  connectedEmail: z.string(),
  /** The OAuth app, where it is not the deployment's own. */
  integrationId: z.string().nullable(),
  calendarId: z.string(),
  isActive: z.boolean(),
  autoSyncTasks: z.boolean(),
  importExternalEvents: z.boolean(),
  taskTypeColors,
  /** IANA zone of the primary calendar, once it was asked for. */
  timeZone: z.string().nullable(),
  status: z.enum(['active', 'needsAuth', 'disconnected']),
  /** Why the connection needs attention: the error's code. */
  statusReason: z.string().nullable(),
  /** As granted. */
  scopes: z.array(z.string()),

  /** By calendar id; the primary calendar's is the account's address. */
  channels: z.record(z.string(), channel),
  /** Grows by one with every holder of the lease on reading; a holder that finds another number has lost it. */
  fence: z.number(),
  lease: z.object({ deliveryId: z.string(), expiresAtMs: z.number() }).nullable(),
  renewFailures: z.number(),
  pullFailures: z.number(),
  /** When refresh-channels and sync-pending have to look at it next; null: not at all. Computed in every write. */
  renewAtMs: z.number().nullable(),
  pullAtMs: z.number().nullable(),

  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});

export type Connection = z.infer<typeof connectionSchema>;

/** The same for the same user and account, so that connecting again is the same connection. */
export function connectionIdOf(owner: string, connectedEmail: string): string {
  const key = `${owner.toLowerCase()}\n${connectedEmail.toLowerCase()}`;
  return `con_${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

export interface NewConnection extends Pick<Connection, 'kind' | 'owner' | 'connectedEmail'> {
  readonly integrationId?: string;
  readonly scopes?: readonly string[];
}

export function newConnection(
  { kind, owner, connectedEmail, integrationId, scopes = [] }: NewConnection,
  nowMs: number,
): Connection {
  return {
    connectionId: connectionIdOf(owner, connectedEmail),
    kind,
    owner: owner.toLowerCase(),
    domain: owner.slice(owner.lastIndexOf('@') + 1).toLowerCase(),
    connectedEmail: connectedEmail.toLowerCase(),
    integrationId: integrationId ?? null,
    calendarId: 'primary',
    isActive: true,
    autoSyncTasks: true,
    importExternalEvents: false,
    taskTypeColors: {},
    timeZone: null,
    status: 'active',
    statusReason: null,
    scopes: [...scopes],
    channels: { [connectedEmail.toLowerCase()]: newChannel },
    fence: 0,
    lease: null,
    renewFailures: 0,
    pullFailures: 0,
    renewAtMs: nowMs,
    pullAtMs: nowMs,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

export const newChannel: CalendarChannel = {
  channelId: null,
  resourceId: null,
  tokenHash: null,
  expiresAtMs: null,
  pushNotSupported: false,
  syncToken: null,
  lastSyncedAtMs: null,
  notifiedAtMs: null,
};

/** A calendar by the one id that it is kept under: `primary` is the account's address. */
export function calendarIdOf({ connectedEmail }: Pick<Connection, 'connectedEmail'>, calendarId: string): string {
  return calendarId === 'primary' ? connectedEmail : calendarId;
}

/** Whether tasks go out and come in through it now; not where a consent was given for mail only. */
export function isUsable(connection: Pick<Connection, 'status' | 'isActive' | 'kind' | 'scopes'>): boolean {
  const { status, isActive, kind, scopes } = connection;
  return status === 'active' && isActive && (kind === 'delegation' || grantedFeatures(scopes).includes('calendar'));
}

/** Whether somebody asked for a reading that has not been done since. */
export function isBehind({ lastSyncedAtMs, notifiedAtMs }: CalendarChannel): boolean {
  return lastSyncedAtMs === null || (notifiedAtMs !== null && notifiedAtMs >= lastSyncedAtMs);
}

export interface ConnectionSchedule {
  /** A channel is renewed when it has no longer than this to live. */
  readonly renewBeforeMs: number;
  /** How long unfinished work is left to redelivery. */
  readonly retryAfterMs: number;
  /** Calendars without notifications are read this often; the others, in case a notification was lost, `quietMs`. */
  readonly pollMs: number;
  readonly quietMs: number;
}

export const connectionSchedule: ConnectionSchedule = {
  renewBeforeMs: 24 * 3_600_000,
  retryAfterMs: 60_000,
  pollMs: 300_000,
  quietMs: 6 * 3_600_000,
};

/** When the sweeps look at a connection, as it is about to be written. */
export function scheduleOf(
  connection: Connection,
  nowMs: number,
  { renewBeforeMs, retryAfterMs, pollMs, quietMs }: ConnectionSchedule = connectionSchedule,
): Pick<Connection, 'renewAtMs' | 'pullAtMs'> {
  const channels = Object.values(connection.channels);
  if (!isUsable(connection) || channels.length === 0) return { renewAtMs: null, pullAtMs: null };
  const backoffMs = (failures: number) => Math.min(retryAfterMs * 2 ** failures, 3_600_000);

  const renewals = channels
    .filter(({ pushNotSupported }) => !pushNotSupported)
    .map(({ expiresAtMs }) => (expiresAtMs === null ? nowMs : expiresAtMs - renewBeforeMs));
  const earliestMs = connection.renewFailures > 0 ? nowMs + backoffMs(connection.renewFailures) : 0;
  const renewAtMs = renewals.length > 0 ? Math.max(earliestMs, Math.min(...renewals)) : null;

  if (connection.lease) return { renewAtMs, pullAtMs: connection.lease.expiresAtMs + retryAfterMs };
  const reading = channels.map((one) => {
    if (isBehind(one)) return nowMs + backoffMs(connection.pullFailures);
    return (one.lastSyncedAtMs ?? nowMs) + (one.pushNotSupported ? pollMs : quietMs);
  });
  return { renewAtMs, pullAtMs: Math.min(...reading) };
}
