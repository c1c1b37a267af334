import type * as z from 'zod';
import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import { requireMailbox, sees, type Caller } from '../../shared/domain/grants';
import { DAY_MS, parseInstant } from '../../shared/domain/instant';
import { viewMeeting, type MeetingView } from '../../shared/domain/meeting/meeting-view';
import { findEvent, followEvent } from '../../shared/domain/meeting/settle-meeting';
import { loadMeeting } from './load-meeting';
import type { MeetingsDependencies } from './dependencies';
import type { meetingQuery } from './schema';

/** As it is in the calendar, where that can be read now. Errors: `notFound`. */
export async function readMeeting(deps: MeetingsDependencies, caller: Caller, id: string): Promise<MeetingView> {
  const stored = await loadMeeting(deps, caller, id);
  const { record } = stored;
  if (record.status !== 'confirmed' || record.endMs < deps.clock.now() - DAY_MS) return viewMeeting(record);
  try {
    return viewMeeting((await followEvent(deps, stored, await findEvent(deps, record))).record);
  } catch (error) {
    // What is on record is an answer too.
    if (!isAttacheError(error) || error.kind === 'bug') throw error;
    return viewMeeting(record);
  }
}

/** By their start. A page may be short where meetings that began before the window are over. */
export async function listMeetings(
  { meetings }: MeetingsDependencies,
  caller: Caller,
  { host, timeMin, timeMax, pageSize, pageToken }: z.output<typeof meetingQuery>,
): Promise<{ meetings: MeetingView[]; nextPageToken: string | null }> {
  requireMailbox(caller, host);
  const fromMs = parseInstant(timeMin);
  const toMs = parseInstant(timeMax);
  if (toMs <= fromMs) throw invalidQuery('timeMax', 'must be after timeMin');
  const after = pageToken === undefined ? undefined : decodePosition(pageToken);
  // No meeting lasts longer than a day.
  const { records, next } = await meetings.listOfHost(host, fromMs - DAY_MS, toMs, pageSize, after);
  return {
    meetings: records.filter(({ endMs }) => endMs > fromMs).map(viewMeeting),
    nextPageToken: next ? Buffer.from(JSON.stringify([next.value, next.id])).toString('base64url') : null,
  };
}

const beganBeforeMs = 30 * 60_000;
const beginsWithinMs = 10 * 60_000;

/** What began up to 30 minutes ago or begins within the next 10. */
export async function listUpcoming(
  { meetings, clock }: MeetingsDependencies,
  caller: Caller,
  host: string | undefined,
): Promise<{ meetings: MeetingView[] }> {
  const fromMs = clock.now() - beganBeforeMs;
  const toMs = clock.now() + beginsWithinMs;
  if (host !== undefined) {
    requireMailbox(caller, host);
    const { records } = await meetings.listOfHost(host, fromMs, toMs, 100, undefined);
    return { meetings: records.map(viewMeeting) };
  }
  const records = await meetings.listStarting(fromMs, toMs, 1_000);
  const visible = records.filter(({ hosts }) => hosts.some((each) => sees(caller, each)));
  return { meetings: visible.map(viewMeeting) };
}

function decodePosition(pageToken: string): { value: number; id: string } {
  try {
    const [value, id, ...more] = JSON.parse(Buffer.from(pageToken, 'base64url').toString()) as unknown[];
    if (
      typeof value === 'number' &&
      Number.isFinite(value) &&
      typeof id === 'string' &&
      /^mtg[0-9a-v]+$/.test(id) &&
      more.length === 0
    )
      return { value, id };
  } catch {
    // Not JSON: refused like any other token that no page has given.
  }
  throw invalidQuery('pageToken', 'is not a nextPageToken of this list');
}

function invalidQuery(field: string, message: string): AttacheError {
  return new AttacheError('invalid', `query.${field} ${message}.`, {
    code: 'invalidInput',
    errors: [{ path: `query.${field}`, message }],
    fix: `Mend ${field} and send the request again.`,
  });
}
