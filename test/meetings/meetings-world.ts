import { settleMeetings } from '../../functions/calendar-sweep/settle-meetings';
import type { MeetingsDependencies } from '../../functions/meetings/dependencies';
import { meetingRoutes } from '../../functions/meetings/routes';
import { AttacheError } from '../../shared/domain/errors';
import { CAPABILITIES, type Caller } from '../../shared/domain/grants';
import { hostRules } from '../../shared/domain/host-rules';
import type { BusMessage, DocumentStore, EventBus } from '../../shared/domain/ports';
import type { NewZoomMeeting, Zoom } from '../../shared/domain/zoom';
import { connectMeetings } from '../../shared/platform/connect-meetings';
import { callRoute } from '../../shared/runtime/call-route';
import { createLogger } from '../../shared/runtime/logger';
import { problemOf } from '../../shared/runtime/problem';
import { Reply } from '../../shared/runtime/route';
import { createHostRulesStore } from '../../shared/store/host-rules-store';
import { createMemoryStore } from '../../shared/store/memory';
import { TestClock } from '../mail-fixture';
import { CalendarModel } from '../workspace/calendar/model';
import { calendarPort, type Io } from './calendar-port';

export const ana = 'ana@example.com';
export const ben = 'ben@example.com';
export const everything: Caller = { id: 'agent', capabilities: CAPABILITIES, mailboxes: [], domains: ['example.com'] };
export const weekdays = [{ days: [1, 2, 3, 4, 5], start: '09:00', end: '17:00' }];

/** What befalls the I/O of that number, counted from 0. */
export interface Plan {
  readonly at: number;
  readonly fate: 'killBefore' | 'killAfter' | 'failBefore' | 'failAfter';
}

export interface MeetingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export type MeetingsWorld = ReturnType<typeof createMeetingsWorld>;

const { signal } = new AbortController();

/**
 * The `meetings` function and the sweep between a model of Google Calendar, a document store and a bus that keeps what it is
 * given. Every I/O goes through one place, where a test can count it, fail it, or kill the process.
 */
export function createMeetingsWorld(
  options: { readonly store?: (clock: TestClock) => DocumentStore; readonly beforeEachCall?: () => Promise<void> } = {},
) {
  const clock = new TestClock();
  const model = new CalendarModel({
    now: clock.now,
    notify: () => undefined,
    unitsPerMinutePerUser: 1e9,
    unitsPerMinutePerProject: 1e9,
  });
  for (const user of [ana, ben]) model.createUser(user, 'Europe/Berlin');
  const published: BusMessage[] = [];
  const labels: string[] = [];
  let plan: Plan | undefined;
  let kill: () => void = () => undefined;
  const trouble = new Map<string, ('failAfter' | 'throttled')[]>();

  const io: Io = async (label, effect) => {
    const index = labels.push(label) - 1;
    await options.beforeEachCall?.();
    const fate = trouble.get(label)?.shift() ?? (plan?.at === index ? plan.fate : undefined);
    const dead = new Promise<never>(() => undefined);
    if (fate === 'killBefore') {
      kill();
      return dead;
    }
    if (fate === 'throttled') throw new AttacheError('rateLimited', `${label} was throttled`);
    if (fate === 'failBefore') throw new AttacheError('unavailable', `${label} failed`, { code: 'injected' });
    const answer = await effect();
    if (fate === 'killAfter') {
      kill();
      return dead;
    }
    if (fate === 'failAfter') throw new AttacheError('unavailable', `${label} failed`, { code: 'injected' });
    return answer;
  };

  const inner = options.store?.(clock) ?? createMemoryStore({ now: clock.now });
  const store: DocumentStore = {
    get: (path) => io('store.get', () => inner.get(path)),
    getAll: (paths) => io('store.getAll', () => inner.getAll(paths)),
    query: (query) => io('store.query', () => inner.query(query)),
    commit: (writes) => io('store.commit', () => inner.commit(writes)),
    runTransaction: (run) => io('store.runTransaction', () => inner.runTransaction(run)),
  };
  const bus: EventBus = {
    publish: (_topic, messages) => io('bus.publish', () => messages.map((message) => String(published.push(message)))),
  };
  const lines: string[] = [];
  const logger = createLogger({ now: clock.now, write: (line) => lines.push(line) });
  const random = { next: () => 0.5 };
  /** Meetings at Zoom, by id. */
  const zoomMeetings = new Map<string, NewZoomMeeting>();
  let zoomRefusal: string | undefined;
  const zoom: Zoom = {
    createMeeting: (_host, meeting) =>
      io('zoom.createMeeting', () => {
        if (zoomRefusal !== undefined) throw new AttacheError('forbidden', 'No.', { code: zoomRefusal });
        const known = [...zoomMeetings].find(([, { idempotencyKey }]) => idempotencyKey === meeting.idempotencyKey);
        const id = known?.[0] ?? `z${zoomMeetings.size + 1}`;
        if (!known) zoomMeetings.set(id, meeting);
        return { id, joinUrl: `https://zoom.example/j/${id}` };
      }),
    updateMeeting: (_host, id, fields) =>
      io('zoom.updateMeeting', () => {
        const known = zoomMeetings.get(id);
        if (known) zoomMeetings.set(id, { ...known, ...fields });
      }),
    deleteMeeting: (_host, id) => io('zoom.deleteMeeting', () => void zoomMeetings.delete(id)),
  };
  const deps: MeetingsDependencies = {
    ...connectMeetings({ store, bus, clock, random, logger, eventsTopic: 'agent-events' }),
    store,
    hostRules: createHostRulesStore(store),
    calendars: calendarPort(model, io, clock.now),
    zoom,
    defaultWeekly: weekdays,
    clock,
    random,
  };

  /** Undefined where the process was killed meanwhile. */
  async function killable<T>(run: () => Promise<T>): Promise<T | undefined> {
    const killed = new Promise<undefined>((resolve) => {
      kill = () => resolve(undefined);
    });
    return Promise.race([run(), killed]);
  }

  async function call(
    operationId: string,
    input: {
      readonly params?: Readonly<Record<string, string>>;
      readonly query?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    },
    caller: Caller = everything,
  ): Promise<MeetingAnswer> {
    const route = meetingRoutes.find((one) => one.operationId === operationId);
    if (!route) throw new Error(`There is no route ${operationId}.`);
    const { params = {}, query = {}, headers = {}, body } = input;
    try {
      const result = await callRoute(
        route,
        deps,
        { params, query, headers, readBody: async () => body },
        { caller, logger, requestId: 'r', signal },
      );
      const answer: unknown = result instanceof Reply ? result.body : result;
      const sent = result instanceof Reply ? result.headers : {};
      return {
        status: route.response.status,
        headers: sent,
        body: route.response.schema?.parse(answer) as MeetingAnswer['body'],
      };
    } catch (error) {
      return problemOf(error, { requestId: 'r', nowMs: clock.now() });
    }
  }

  return {
    clock,
    model,
    deps,
    store: inner,
    published,
    zoomMeetings,
    refuseZoom: (code: string) => void (zoomRefusal = code),
    lines,
    /** What each I/O was, in order. */
    labels,
    call,
    killable,
    /** Counting starts again with 0. */
    planFor(next: Plan | undefined): void {
      labels.length = 0;
      plan = next;
    },
    /** What the next calls of one kind meet, in turn. */
    trouble: (label: string, ...fates: ('failAfter' | 'throttled')[]) => void trouble.set(label, fates),
    create: (body: object, key = 'key', caller?: Caller) =>
      call('createMeeting', { headers: { 'idempotency-key': key }, body: { ...standard, ...body } }, caller),
    change: (id: string, body: object, ifMatch?: string, caller?: Caller) =>
      call(
        'changeMeeting',
        { params: { id }, body, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } },
        caller,
      ),
    cancel: (id: string, caller?: Caller) => call('cancelMeeting', { params: { id } }, caller),
    read: (id: string, caller?: Caller) => call('getMeeting', { params: { id } }, caller),
    sweep: () => settleMeetings({ ...deps, logger, deadlineMs: clock.now() + 60_000 }),
    /** Without rules of its own a host would have those of its calendar: the same here. */
    putRules: (email: string, rules: object) =>
      deps.hostRules.save(email, hostRules.parse({ timeZone: 'Europe/Berlin', weekly: weekdays, ...rules })),
    /** Events of a user's calendar that are not deleted. */
    eventsOf: (email: string) =>
      (model.events.list(email, email, {}).items ?? []).filter(({ status }) => status !== 'cancelled'),
    bookingsOf: (email: string) => deps.listBookings(email, clock.now() - 86_400_000, clock.now() + 40 * 86_400_000),
    /** Something that a person has put into the calendar. */
    block: (email: string, start: string, end: string) =>
      model.events.insert(email, email, { summary: 'private', start: { dateTime: start }, end: { dateTime: end } }),
    typesOf: () => published.map(({ attributes }) => attributes?.type),
  };
}

/** A Tuesday morning in Berlin; the clock stands at Sunday. */
export const standard = {
  host: ana,
  start: '2026-11-24T10:00:00+01:00',
  durationMinutes: 30,
  summary: 'Offer',
  attendees: [{ email: 'guest@customer.example' }],
};
