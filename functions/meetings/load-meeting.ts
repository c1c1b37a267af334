import { AttacheError } from '../../shared/domain/errors';
import { requireMailbox, sees, type Caller } from '../../shared/domain/grants';
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

/** As `loadMeeting`; but what is written to all hosts' time, and to one's calendar, is for callers who may act for all of them. */
export async function loadOwnMeeting(
  deps: Pick<MeetingsDependencies, 'meetings'>,
  caller: Caller,
  id: string,
): Promise<StoredMeeting> {
  const stored = await loadMeeting(deps, caller, id);
  for (const host of stored.record.hosts) requireMailbox(caller, host);
  return stored;
}
