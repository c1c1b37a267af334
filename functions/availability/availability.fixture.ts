import type { BusyInterval, Calendar, FreeBusyAnswer } from '../../shared/domain/calendar';
import type { AttacheError } from '../../shared/domain/errors';
import { CAPABILITIES, type Caller } from '../../shared/domain/grants';
import { createLogger } from '../../shared/runtime/logger';
import { callRoute } from '../../shared/runtime/call-route';
import { problemOf } from '../../shared/runtime/problem';
import { clock as realClock, random } from '../../shared/runtime/system';
import { createBookingStore } from '../../shared/store/booking-store';
import { createHostRulesStore } from '../../shared/store/host-rules-store';
import { createMemoryStore } from '../../shared/store/memory';
import { cacheFreeBusy } from './cache-free-busy';
import { availabilityRoutes } from './routes';

export const ana = 'ana@example.com';
export const ben = 'ben@example.com';
export const weekdays = [{ days: [1, 2, 3, 4, 5], start: '09:00', end: '17:00' }];
export const rules = { timeZone: 'Europe/Berlin', weekly: weekdays };
/** A Monday; Berlin is an hour ahead. */
export const monday = { timeMin: '2026-03-02T00:00:00Z', timeMax: '2026-03-03T00:00:00Z', durationMinutes: 60 };

type FreeBusyRequest = Parameters<Calendar['freeBusy']>[0];

export function createWorld() {
  const busy = new Map<string, BusyInterval[]>();
  /** Calendars that only their owner may read, and what every query of a user fails with. */
  const hidden = new Set<string>();
  const broken = new Set<string>();
  const failures = new Map<string, AttacheError>();
  const queries: (FreeBusyRequest & { readonly asker: string })[] = [];
  let nowMs = Date.parse('2026-03-01T00:00:00Z');
  let running = 0;
  let mostAtOnce = 0;

  const answer = (asker: string, id: string): FreeBusyAnswer =>
    broken.has(id) || (hidden.has(id) && id !== asker) ? { busy: [], error: 'notFound' } : { busy: busy.get(id) ?? [] };
  const notUsed = () => Promise.reject(new Error('Availability changes nothing.'));
  const calendars = (emailAddress: string): Calendar => ({
    emailAddress,
    async freeBusy(request) {
      queries.push({ asker: emailAddress, ...request });
      mostAtOnce = Math.max(mostAtOnce, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      const failure = failures.get(emailAddress);
      if (failure) throw failure;
      return new Map(request.calendarIds.map((id) => [id, answer(emailAddress, id)]));
    },
    async getTimeZone() {
      const failure = failures.get(emailAddress);
      if (failure) throw failure;
      return 'America/New_York';
    },
    insertEvent: notUsed,
    getEvent: notUsed,
    patchEvent: notUsed,
    deleteEvent: notUsed,
  });

  const clock = { now: () => nowMs };
  const store = createMemoryStore(clock);
  const bookings = createBookingStore({ store, clock: realClock, random });
  const deps = {
    store,
    clock,
    calendars: cacheFreeBusy(calendars, clock),
    hostRules: createHostRulesStore(store),
    listBookings: bookings.list,
    defaultWeekly: weekdays,
  };
  const everything: Caller = { id: 'agent', capabilities: CAPABILITIES, mailboxes: [], domains: ['example.com'] };

  /** The answer's body, or the problem's. */
  async function call(operationId: string, params: Record<string, string>, body?: unknown, caller = everything) {
    const route = availabilityRoutes.find((one) => one.operationId === operationId)!;
    const context = {
      caller,
      logger: createLogger({ now: clock.now, write: () => undefined }),
      requestId: 'r',
      signal: new AbortController().signal,
    };
    try {
      const input = { params, query: {}, headers: {}, readBody: async () => body };
      const result = await callRoute(route, deps, input, context);
      return route.response.schema!.parse(result) as Record<string, unknown>;
    } catch (error) {
      return problemOf(error, { requestId: 'r', nowMs }).body as Record<string, unknown>;
    }
  }
  return {
    busy,
    hidden,
    broken,
    failures,
    queries,
    bookings,
    call,
    query: (body: object, caller?: Caller) =>
      call('queryAvailability', {}, { hosts: [ana], ...monday, ...body }, caller ?? everything),
    putRules: (email: string, body: object) => call('replaceAvailabilityRules', { email }, { ...rules, ...body }),
    passTime: (ms: number) => void (nowMs += ms),
    mostAtOnce: () => mostAtOnce,
    book: async (host: string, meetingId: string, start: string, end: string) => {
      const span = { startMs: Date.parse(start), endMs: Date.parse(end) };
      await bookings.reserve({
        meetingId,
        hosts: [{ email: host, bufferBeforeMs: 0, bufferAfterMs: 0 }],
        ...span,
      });
    },
  };
}

export const startsOf = (answer: Record<string, unknown>) =>
  (answer.slots as { start: string }[]).map(({ start }) => start.slice(11, 16));
export const allDay = ['08:00', '09:00', '10:00', '11:00', '12:00', '13:00', '14:00', '15:00'];
