import type { Connection } from '../../shared/domain/connection';
import { AttacheError } from '../../shared/domain/errors';
import { sees, type Caller } from '../../shared/domain/grants';
import type { ConnectionsDependencies } from './dependencies';

/** A connection of a user whom the caller sees; any other answers exactly as one that does not exist. */
export async function loadConnection(
  { connections }: Pick<ConnectionsDependencies, 'connections'>,
  caller: Caller,
  connectionId: string,
  owner?: string,
): Promise<Connection> {
  const record = (await connections.load(connectionId))?.record;
  if (record && sees(caller, record.owner) && (owner === undefined || record.owner === owner)) return record;
  throw unknownConnection(connectionId);
}

export function unknownConnection(connectionId: string): AttacheError {
  return new AttacheError('notFound', `There is no connection ${connectionId} among those you may use.`, {
    code: 'connectionNotFound',
    fix: 'GET /v1/connections lists them; POST /v1/connections:authorize connects a further account.',
  });
}
