import { AttacheError } from '../../shared/domain/errors';
import { sees, type Caller } from '../../shared/domain/grants';
import type { StoredMeeting } from '../../shared/domain/meeting/meeting-record';
import type { MeetingsDependencies } from './dependencies';

/** A meeting of one of the caller's hosts; a hold is none yet. */
export async function loadMeeting(
  { meetings }: Pick<MeetingsDependencies, 'meetings'>,
  caller: Caller,
  id: string,
): Promise<StoredMeeting> {
  const stored = await meetings.load(id);
  const isThere = stored && stored.record.status !== 'holding' && stored.record.status !== 'released';
  if (isThere && stored.record.hosts.some((host) => sees(caller, host))) return stored;
  throw new AttacheError('notFound', 'There is no such meeting among those of your hosts.', {
    code: 'meetingNotFound',
    fix: 'GET /v1/meetings lists the meetings of a host.',
  });
}
