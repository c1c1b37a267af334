import type { Calendars, FreeBusyAnswer } from '../../shared/domain/calendar';
import type { Clock } from '../../shared/domain/ports';

const maxAgeMs = 5_000;
const maxEntries = 500;

/**
 * Busy times that were asked for a moment ago, by the same user and of the same calendars, are not asked for again. For
 * looking only: whoever books asks Google itself. Failures are not kept.
 */
export function cacheFreeBusy(calendars: Calendars, clock: Pick<Clock, 'now'>): Calendars {
  const kept = new Map<
    string,
    { readonly sinceMs: number; readonly answer: Promise<ReadonlyMap<string, FreeBusyAnswer>> }
  >();
  return (emailAddress) => {
    const calendar = calendars(emailAddress);
    return {
      ...calendar,
      freeBusy(request) {
        const key = JSON.stringify([calendar.emailAddress, request.timeMin, request.timeMax, ...request.calendarIds]);
        const nowMs = clock.now();
        // The oldest come first.
        for (const [oldKey, { sinceMs }] of kept) {
          if (sinceMs + maxAgeMs > nowMs && kept.size < maxEntries) break;
          kept.delete(oldKey);
        }
        const known = kept.get(key);
        if (known) return known.answer;
        const answer = calendar.freeBusy(request);
        kept.set(key, { sinceMs: nowMs, answer });
        answer.catch(() => kept.delete(key));
        return answer;
      },
    };
  };
}
