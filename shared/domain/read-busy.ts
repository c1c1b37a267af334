import pMap from 'p-map';
import type { BusyInterval, Calendars, FreeBusyAnswer } from './calendar';
import { isAttacheError, isTransient, asAttacheError, type AttacheError } from './errors';
import { DAY_MS } from './instant';

/** Somebody whose calendars have to be free. */
export interface Person {
  /** Lower-case address. */
  readonly email: string;
  readonly calendarIds: readonly string[];
  /** Whether Google may be asked on behalf of this person where others may not read the calendars. */
  readonly mayBeActedFor: boolean;
}

/** `error` and `calendarId`: what could not be read, so that the person must not count as free. */
export type PersonBusy =
  | { readonly busy: readonly BusyInterval[]; readonly error?: undefined }
  | { readonly error: AttacheError | string; readonly calendarId: string; readonly busy?: undefined };

/** Google's own limits; ranges are refused from about three months on. */
const maxCalendars = 50;
const maxRangeMs = 60 * DAY_MS;
const concurrency = 10;

/**
 * The busy times of all people between two instants. All calendars are asked for on behalf of the first person, 50 a query;
 * those that this one may not read, once more on behalf of their own. Fails closed: a calendar of which any part was not
 * answered makes its person an error.
 * Throws what AccessTokens says of people who are never acted for (`forbidden`), and what is `isTransient` about the first.
 */
export async function readBusy(
  calendars: Calendars,
  people: readonly Person[],
  fromMs: number,
  toMs: number,
): Promise<PersonBusy[]> {
  const wanted = people.map((person) => person.calendarIds.map((id) => resolveId(person, id)));
  const asker = people.find(({ mayBeActedFor }) => mayBeActedFor);
  const answers = new Map<string, FreeBusyAnswer | AttacheError>();
  if (asker) {
    const error = await readCalendars(calendars, asker.email, [...new Set(wanted.flat())], fromMs, toMs, answers);
    if (error && (isTransient(error) || isNeverActedFor(error))) throw error;
  }
  await pMap(
    people,
    async ({ email, mayBeActedFor }, i) => {
      const missing = wanted[i]!.filter((id) => errorOf(answers.get(id)) !== undefined);
      if (!mayBeActedFor || email === asker?.email || missing.length === 0) return;
      const error = await readCalendars(calendars, email, missing, fromMs, toMs, answers);
      if (error && isNeverActedFor(error)) throw error;
    },
    { concurrency },
  );
  return wanted.map((ids) => {
    for (const calendarId of ids) {
      const error = errorOf(answers.get(calendarId));
      if (error !== undefined) return { error, calendarId };
    }
    return {
      busy: ids.flatMap((id) => {
        const answer = answers.get(id);
        return answer && 'busy' in answer ? answer.busy : [];
      }),
    };
  });
}

/** The primary calendar goes by its owner's address, because `primary` is whoever asks. */
function resolveId({ email }: Person, calendarId: string): string {
  return calendarId === 'primary' ? email : calendarId;
}

function errorOf(answer: FreeBusyAnswer | AttacheError | undefined): AttacheError | string | undefined {
  if (answer === undefined) return 'unanswered';
  return answer instanceof Error ? answer : answer.error;
}

/** Of the bundle's own refusals: whoever asks for such a person has to know. */
export function isNeverActedFor({ kind, code }: AttacheError): boolean {
  return kind === 'forbidden' && (code === 'domainNotAllowed' || code === 'userDenied');
}

/** Puts an answer, or an error, for each of the calendars into `answers`; returns the error of a query as a whole. */
async function readCalendars(
  calendars: Calendars,
  askerEmail: string,
  calendarIds: readonly string[],
  fromMs: number,
  toMs: number,
  answers: Map<string, FreeBusyAnswer | AttacheError>,
): Promise<AttacheError | undefined> {
  const queries = inBatches(calendarIds).flatMap((ids) => inChunks(fromMs, toMs).map((range) => ({ ids, ...range })));
  try {
    const parts = await pMap(
      queries,
      ({ ids, timeMin, timeMax }) => calendars(askerEmail).freeBusy({ timeMin, timeMax, calendarIds: ids }),
      { concurrency },
    );
    for (const id of calendarIds) {
      const own = queries.flatMap(({ ids }, i) =>
        ids.includes(id) ? [parts[i]?.get(id) ?? { busy: [], error: 'unanswered' }] : [],
      );
      const failed = own.find(({ error }) => error !== undefined);
      answers.set(id, failed ?? { busy: own.flatMap(({ busy }) => busy) });
    }
    return undefined;
  } catch (thrown) {
    const error = asAttacheError(thrown);
    if (isAttacheError(error, 'bug')) throw error;
    for (const id of calendarIds) answers.set(id, error);
    return error;
  }
}

function inBatches(calendarIds: readonly string[]): string[][] {
  const batches: string[][] = [];
  for (let start = 0; start < calendarIds.length; start += maxCalendars)
    batches.push(calendarIds.slice(start, start + maxCalendars));
  return batches;
}

/** Without gaps: each range ends where the next begins. */
function inChunks(fromMs: number, toMs: number): { timeMin: string; timeMax: string }[] {
  const chunks = [];
  for (let startMs = fromMs; startMs < toMs; startMs += maxRangeMs) {
    const timeMax = new Date(Math.min(startMs + maxRangeMs, toMs)).toISOString();
    chunks.push({ timeMin: new Date(startMs).toISOString(), timeMax });
  }
  return chunks;
}
