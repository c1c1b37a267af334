import { connectionIdOf, newConnection, type Connection } from '../../shared/domain/connection';
import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import { requireMailbox, type Caller } from '../../shared/domain/grants';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import type { ConnectionsDependencies } from './dependencies';

/**
 * Connects a user whom domain-wide delegation covers, without asking anybody; the same answer when it is done already. The
 * calendar is read once to prove it. A consent that is in use goes on.
 */
export async function connectByDelegation(
  { connections, calendarOf, bus, clock, syncTopic }: ConnectionsDependencies,
  caller: Caller,
  email: string,
): Promise<Connection> {
  requireMailbox(caller, email);
  const connectionId = connectionIdOf(email, email);
  const known = (await connections.load(connectionId))?.record;
  if (known?.status === 'active') return known;

  const wanted = newConnection({ kind: 'delegation', owner: email, connectedEmail: email }, clock.now());
  const timeZone = await proven(() => calendarOf(wanted).getTimeZone());
  const patch = {
    kind: 'delegation' as const,
    status: 'active' as const,
    statusReason: null,
    integrationId: null,
    scopes: [],
    timeZone,
  };
  const changed = await connections.change(connectionId, ({ status }) => (status === 'active' ? undefined : { patch }));
  const record = changed?.record ?? (await create({ ...wanted, timeZone }));
  await bus.publish(syncTopic, [encodeSyncJob({ kind: 'refreshChannels', connectionId, force: false })]);
  return record;

  async function create(connection: Connection): Promise<Connection> {
    try {
      return (await connections.create(connection)).record;
    } catch (error) {
      // Somebody asked for the same at the same time.
      const stored = isAttacheError(error, 'conflict') ? await connections.load(connectionId) : undefined;
      if (stored) return stored.record;
      throw error;
    }
  }
}

/** Google's refusal of the user is not the caller's own. */
async function proven<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isAttacheError(error, 'unauthorized', 'notFound')) throw error;
    throw new AttacheError('conflict', 'Delegation does not cover this user’s calendar.', {
      code: 'delegationDenied',
      fix: error.fix ?? 'Connect the account by the user’s own consent: POST /v1/connections:authorize.',
      cause: error,
    });
  }
}
