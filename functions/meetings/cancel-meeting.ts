import { isAttacheError } from '../../shared/domain/errors';
import type { Caller } from '../../shared/domain/grants';
import { viewMeeting, type MeetingView } from '../../shared/domain/meeting/meeting-view';
import { finishCancel, settleAfterMs } from '../../shared/domain/meeting/settle-meeting';
import type { MeetingsDependencies } from './dependencies';
import { loadOwnMeeting } from './load-meeting';

const maxTries = 3;

/** Twice is fine. Errors: `notFound`, those of Calendar; it is then cancelled as soon as Google can be reached. */
export async function cancelMeeting(
  deps: MeetingsDependencies,
  caller: Caller,
  id: string,
  sendUpdates: 'all' | 'externalOnly' | 'none',
): Promise<MeetingView> {
  for (let tries = 1; ; tries++) {
    const stored = await loadOwnMeeting(deps, caller, id);
    const { status } = stored.record;
    if (status === 'cancelled') return viewMeeting(stored.record);
    try {
      const patch = { status: 'cancelling', sendUpdates, settleAtMs: deps.clock.now() + settleAfterMs } as const;
      const begun = status === 'cancelling' ? stored : await deps.meetings.transition(stored, { patch });
      return viewMeeting((await finishCancel(deps, begun)).record);
    } catch (error) {
      if (!isAttacheError(error, 'preconditionFailed') || tries === maxTries) throw error;
    }
  }
}
