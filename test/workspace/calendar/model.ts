import { createHash } from 'node:crypto';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { Quota } from '../quota';
import type { Calendar } from './calendar';
import { CalendarListApi } from './calendar-list-api';
import { CalendarsApi } from './calendars-api';
import { Channels } from './channels';
import type { ChannelNotification, Watcher } from './channels';
import { Conferences } from './conferences';
import type { CalendarContext, CalendarSettings } from './context';
import { Directory } from './directory';
import { notFound } from './errors';
import { EventsApi } from './events-api';
import { queryFreeBusy } from './free-busy';
import { Invitations } from './invitations';
import type { InvitationMail } from './invitations';
import type { CalendarMethod } from './scopes';

export interface CalendarModelOptions extends Partial<CalendarSettings> {
  /** Epoch milliseconds, never going back. */
  readonly now: () => number;
  /** What a channel would POST. Called before the call that causes it returns. */
  readonly notify: (notification: ChannelNotification) => void;
  /** Mails of invitations, to users here and to others. */
  readonly sendMail?: (mail: InvitationMail) => void;
}

/**
 * Google Calendar, all users, in memory: synchronous, deterministic, without I/O, timers, clock or randomness of its own.
 * Whoever acts is named by address, an API client as well as a person; only `charge` counts against the quota, so that
 * people are free. Errors are `GoogleApiError`. Returned objects share state with the model: do not change them.
 */
export class CalendarModel {
  readonly settings: CalendarSettings;
  readonly quota: Quota;
  readonly directory: Directory;
  readonly events: EventsApi;
  readonly calendars: CalendarsApi;
  readonly calendarList: CalendarListApi;
  readonly channels: Channels;
  readonly #invitations: Invitations;
  readonly #context: CalendarContext;
  readonly #changed = new Set<Calendar>();

  constructor(options: CalendarModelOptions) {
    const { now, notify, sendMail = () => {} } = options;
    this.settings = {
      pageSizeLimit: options.pageSizeLimit ?? 2_500,
      emptyListPages: options.emptyListPages ?? false,
      maxFreeBusyDays: options.maxFreeBusyDays ?? 90,
      maxChannelLifetimeMs: options.maxChannelLifetimeMs ?? 7 * 24 * 3_600_000,
      conferencePendingMs: options.conferencePendingMs ?? 0,
      conferencePendingReads: options.conferencePendingReads ?? 0,
      conferenceFails: options.conferenceFails ?? false,
      unitsPerMinutePerUser: options.unitsPerMinutePerUser ?? 600,
      unitsPerMinutePerProject: options.unitsPerMinutePerProject ?? 10_000,
      throttleStatus: options.throttleStatus ?? 403,
    };
    this.quota = new Quota(this.settings, now);
    let etags = 0;
    let eventIds = 0;
    this.directory = new Directory({
      now,
      nextEtag: () => `"${3_389_000_000_000_000 + 2 * (etags += 1)}"`,
      changed: (calendar) => this.#changed.add(calendar),
    });
    this.#invitations = new Invitations(this.directory, now, sendMail);
    const conferences = new Conferences(this.settings, now);
    this.channels = new Channels(this.settings, now, notify);
    this.#context = {
      settings: this.settings,
      directory: this.directory,
      conferences,
      invitations: this.#invitations,
      nextEventId: () => eventIdOf((eventIds += 1)),
      settleConferences: () => conferences.settle((_, settled) => this.#invitations.spread(settled)),
      run: (work) => this.#run(work),
    };
    this.events = new EventsApi(this.#context);
    this.calendars = new CalendarsApi(this.#context, this.events, this.channels);
    this.calendarList = new CalendarListApi(this.#context);
  }

  // ── The world ───────────────────────────────────────────────────────────────────────────────────────────────────

  createUser(email: string, timeZone = 'UTC'): void {
    this.directory.createUser(email, timeZone);
  }

  /** A calendar by its id, whoever's it is; `primary` is nobody's here. Throws 404. */
  calendar(calendarId: string): Calendar {
    const calendar = this.directory.find(calendarId);
    if (!calendar) throw notFound();
    return calendar;
  }

  /** Every mail that was sent, oldest first. */
  get mails(): InvitationMail[] {
    return this.#invitations.mails;
  }

  // ── The API; `events`, `calendars` and `calendarList` are the rest of it ────────────────────────────────────────

  /** Counts a call by a client. Throws the error of an exhausted budget. */
  charge(actor: string, method: CalendarMethod): void {
    this.quota.charge(method, actor.toLowerCase(), 1);
  }

  queryFreeBusy(actor: string, request: calendar_v3.Schema$FreeBusyRequest): calendar_v3.Schema$FreeBusyResponse {
    return this.#run(() => queryFreeBusy(this.#context, actor, request));
  }

  watchEvents(watcher: Watcher, calendarId: string, request: calendar_v3.Schema$Channel): calendar_v3.Schema$Channel {
    return this.#run(() =>
      this.channels.watch(watcher, this.directory.get(watcher.actor, calendarId, 'reader'), request),
    );
  }

  stopChannel(watcher: Watcher, request: calendar_v3.Schema$Channel): void {
    this.channels.stop(watcher, request);
  }

  // ── Behind it ───────────────────────────────────────────────────────────────────────────────────────────────────

  #run<Result>(work: () => Result): Result {
    this.#context.settleConferences();
    try {
      return work();
    } finally {
      const changed = [...this.#changed];
      this.#changed.clear();
      for (const calendar of changed) this.channels.changed(calendar);
    }
  }
}

const base32hex = '0123456789abcdefghijklmnopqrstuv';

function eventIdOf(count: number): string {
  const digest = createHash('sha256').update(`event ${count}`).digest();
  return [...digest.subarray(0, 26)].map((byte) => base32hex[byte % 32]).join('');
}
