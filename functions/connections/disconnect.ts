import { newChannel, type Connection } from '../../shared/domain/connection';
import { tokenPath } from '../../shared/store/oauth-token-store';
import type { ConnectionsDependencies } from './dependencies';
import { unknownConnection } from './load-connection';

export interface Disconnection {
  readonly connection: Connection;
  readonly warnings: readonly { readonly code: 'allGrantsRevoked' | 'channelNotStopped'; readonly message: string }[];
}

/**
 * Ends a connection: no job uses it from now on, its channels are stopped, its tokens deleted. Events stay in Google, and
 * the tasks' links with them, for the case that the same account is connected again. Safe to repeat. Errors: those of
 * revoking, while the tokens are still there to try again.
 */
export async function disconnect(
  { connections, integrations, tokenStore, consentServers, calendarOf }: ConnectionsDependencies,
  { connectionId, integrationId }: Connection,
  { revoke }: { readonly revoke: boolean },
): Promise<Disconnection> {
  const warnings: Disconnection['warnings'][number][] = [];
  const marked = await connections.change(connectionId, ({ status }) =>
    status === 'disconnected' ? undefined : { patch: { status: 'disconnected', statusReason: null } },
  );
  if (!marked) throw unknownConnection(connectionId);
  const { record } = marked;

  for (const [calendarId, { channelId, resourceId }] of Object.entries(record.channels)) {
    if (channelId === null || resourceId === null) continue;
    try {
      await calendarOf(record).stopChannel({ channelId, resourceId });
    } catch {
      warnings.push({
        code: 'channelNotStopped',
        message: `Google may announce changes of ${calendarId} until the channel ends; they are not followed.`,
      });
    }
  }

  if (revoke && record.kind === 'oauth') {
    const refreshToken = await tokenStore.openRefreshToken(connectionId);
    if (refreshToken !== undefined) {
      await consentServers.google.revoke(await integrations.openApp(integrationId), refreshToken);
      warnings.push({
        code: 'allGrantsRevoked',
        message: `Google ended every grant of ${record.connectedEmail} to the Google Cloud project of this OAuth app: other connections of this account through it have to be connected again.`,
      });
    }
  }

  const ended = await connections.change(connectionId, ({ status, channels }) => {
    // Connected again meanwhile: the tokens are new ones.
    if (status !== 'disconnected') return undefined;
    const forgotten = Object.keys(channels).map((calendar) => [calendar, newChannel] as const);
    return {
      patch: { channels: Object.fromEntries(forgotten), integrationId: null, scopes: [] },
      writes: [{ op: 'delete', path: tokenPath(connectionId) }],
    };
  });
  return { connection: ended?.record ?? record, warnings };
}
