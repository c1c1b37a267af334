import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { GoogleApiError } from '../google-api-error';
import type { Calendar, StoredEvent } from './calendar';
import type { CalendarContext } from './context';
import { conditionNotMet, deleted, duplicate, invalid } from './errors';
import { checkEventId, mergePatch, normalizeEvent } from './event-rules';
import type { EventRequest } from './event-rules';
import { listEvents, listInstances } from './event-list';
import type { InstancesRequest, ListRequest } from './event-list';
import { viewEvent } from './event-view';
import type { ViewOptions } from './event-view';
import { storeGuestCopy } from './guest-copy';
import { isOrganizedIn } from './invitations';
import type { SendUpdates } from './invitations';
import { instanceOf } from './recurrence';

export interface WriteOptions extends ViewOptions {
  /** Default `none`. */
  readonly sendUpdates?: SendUpdates | undefined;
  /** 0, the default, ignores `conferenceData` without a word. */
  readonly conferenceDataVersion?: number | undefined;
  /** The `If-Match` header. */
  readonly ifMatch?: string | undefined;
}

/**
 * `events` of the API. `actor` is the caller's address, `calendarId` may be `primary`. A calendar that only shows its
 * owner's busy times has no events for others.
 */
export class EventsApi {
  constructor(private readonly context: CalendarContext) {}

  insert(actor: string, calendarId: string, request: EventRequest, options: WriteOptions = {}) {
    return this.context.run(() => {
      const calendar = this.context.directory.get(actor, calendarId, 'writer');
      const id = request.id ? checkEventId(request.id) : this.context.nextEventId();
      if (calendar.events.has(id)) throw duplicate();
      const { conferenceData, id: _, ...fields } = request;
      const wanted: calendar_v3.Schema$Event = {
        ...mergePatch({}, fields),
        iCalUID: request.iCalUID ?? `${id}@google.com`,
        creator: { email: this.context.directory.person(actor).email },
        organizer: organizerOf(calendar),
        sequence: 0,
      };
      return this.#store(actor, calendar, id, wanted, { options, conferenceData });
    });
  }

  /** Also of deleted events, which keep their details. */
  get(actor: string, calendarId: string, id: string, options: ViewOptions = {}): calendar_v3.Schema$Event {
    return this.context.run(() => {
      const calendar = this.context.directory.get(actor, calendarId, 'reader');
      const event = viewEvent(calendar, calendar.get(id), options);
      this.context.conferences.countRead(calendar, id);
      return event;
    });
  }

  patch(actor: string, calendarId: string, id: string, request: EventRequest, options: WriteOptions = {}) {
    return this.context.run(() => {
      const { calendar, before } = this.#find(actor, calendarId, id, options);
      const { conferenceData, id: _, iCalUID: _uid, ...fields } = request;
      const wanted = mergePatch(before.resource, fields);
      return this.#store(actor, calendar, id, wanted, { before, options, conferenceData });
    });
  }

  /** Replaces everything a client can set. A deleted event that is not called cancelled is back. */
  update(actor: string, calendarId: string, id: string, request: EventRequest, options: WriteOptions = {}) {
    return this.context.run(() => {
      const { calendar, before } = this.#find(actor, calendarId, id, options);
      const { conferenceData = null, id: _, iCalUID: _uid, ...fields } = request;
      const { iCalUID, creator, organizer, sequence, recurringEventId, originalStartTime, eventType } = before.resource;
      const kept = { iCalUID, creator, organizer, sequence, recurringEventId, originalStartTime, eventType };
      const wanted: calendar_v3.Schema$Event = mergePatch(mergePatch({}, kept), fields);
      return this.#store(actor, calendar, id, wanted, { before, options, conferenceData });
    });
  }

  /** Of an instance: cancels it. Of a guest's copy: takes it out of her calendar and declines. */
  delete(actor: string, calendarId: string, id: string, options: WriteOptions = {}): void {
    this.context.run(() => {
      const calendar = this.context.directory.get(actor, calendarId, 'writer');
      const before = calendar.get(id);
      if (!calendar.isLive(before)) throw deleted();
      checkIfMatch(before, options);
      const { attendees = [] } = before.resource;
      const declined = attendees.map((one) =>
        one.email === calendar.id ? { ...one, responseStatus: 'declined' } : one,
      );
      const wanted: calendar_v3.Schema$Event = { ...before.resource, status: 'cancelled' };
      if (isOrganizedIn(before.resource, calendar)) this.#put(calendar, id, wanted, { before, options });
      else storeGuestCopy(this.context, calendar, before, { ...wanted, attendees: declined }, options.sendUpdates);
    });
  }

  /** The destination becomes the organizer; what stays behind is a cancelled event that has only its id. */
  move(actor: string, calendarId: string, id: string, destination: string, options: WriteOptions = {}) {
    return this.context.run(() => {
      const { directory } = this.context;
      const { calendar, before } = this.#find(actor, calendarId, id, options);
      const target = directory.get(actor, destination, 'writer');
      if (!calendar.isLive(before)) throw deleted();
      const refuse = (message: string) => new GoogleApiError(400, 'cannotChangeOrganizer', message);
      if (before.resource.recurringEventId) throw refuse('Cannot change the organizer of an instance.');
      if (!isOrganizedIn(before.resource, calendar)) throw refuse('Only the organizer’s event can be moved.');
      if (before.resource.eventType !== 'default') throw refuse('Only events of the default type can be moved.');
      if (target === calendar) throw invalid('The event is in that calendar already.');
      if (target.events.get(id) && target.events.get(id)?.resource.status !== 'cancelled') throw duplicate();
      for (const one of [before, ...calendar.exceptions(id)]) {
        const moved = target.put(one.id, { ...one.resource, organizer: organizerOf(target) });
        calendar.put(one.id, { status: 'cancelled' });
        this.context.conferences.expect(target, moved);
        this.context.invitations.spread(moved, one.resource);
      }
      const after = target.get(id);
      this.context.invitations.announce(after, before.resource, options.sendUpdates ?? 'none', target.ownerEmail);
      return viewEvent(target, after, options);
    });
  }

  list(actor: string, calendarId: string, request: ListRequest = {}): calendar_v3.Schema$Events {
    return this.context.run(() => {
      const calendar = this.context.directory.get(actor, calendarId, 'reader');
      const accessRole = this.context.directory.roleOf(actor, calendar);
      const entry = this.context.directory.person(actor).list.get(calendar.id);
      const defaultReminders = entry?.defaultReminders ?? [];
      return { ...listEvents(calendar, request, this.context.settings), accessRole, defaultReminders };
    });
  }

  instances(actor: string, calendarId: string, id: string, request: InstancesRequest = {}): calendar_v3.Schema$Events {
    return this.context.run(() => {
      const calendar = this.context.directory.get(actor, calendarId, 'reader');
      const accessRole = this.context.directory.roleOf(actor, calendar);
      return { ...listInstances(calendar, calendar.get(id), request, this.context.settings), accessRole };
    });
  }

  /** Deletes all events of a calendar, as when it is cleared or goes itself. */
  clear(calendar: Calendar): void {
    this.context.run(() => {
      for (const before of calendar.events.values()) {
        const wanted = { ...before.resource, status: 'cancelled' };
        if (!calendar.isLive(before)) continue;
        if (isOrganizedIn(before.resource, calendar)) this.#put(calendar, before.id, wanted, { before, options: {} });
        else storeGuestCopy(this.context, calendar, before, wanted);
      }
    });
  }

  #find(actor: string, calendarId: string, id: string, options: WriteOptions) {
    const calendar = this.context.directory.get(actor, calendarId, 'writer');
    const before = calendar.get(id);
    checkIfMatch(before, options);
    return { calendar, before };
  }

  #store(actor: string, calendar: Calendar, id: string, wanted: calendar_v3.Schema$Event, write: Write) {
    const { before, options, conferenceData } = write;
    const { isServiceAccount } = this.context.directory.person(actor);
    const normalized = normalizeEvent(wanted, calendar, isServiceAccount);
    if (before && normalized.eventType !== before.resource.eventType) {
      throw new GoogleApiError(400, 'eventTypeRestriction', 'The type of an event cannot be changed.');
    }
    if (before && !isOrganizedIn(before.resource, calendar)) {
      const copy = storeGuestCopy(this.context, calendar, before, normalized, options.sendUpdates);
      return viewEvent(calendar, copy, options);
    }
    const { conferenceData: _data, hangoutLink: _link, ...rest } = normalized;
    const request = options.conferenceDataVersion ? conferenceData : undefined;
    const conference = this.context.conferences.apply(request, before?.resource, isServiceAccount);
    return viewEvent(calendar, this.#put(calendar, id, { ...rest, ...conference }, write), options);
  }

  /** Writes an organizer's event, with all that follows from it. */
  #put(calendar: Calendar, id: string, wanted: calendar_v3.Schema$Event, { before, options }: Write): StoredEvent {
    const { conferences, invitations } = this.context;
    const isRescheduled = before !== undefined && whenOf(before.resource) !== whenOf(wanted);
    const stored = calendar.put(id, { ...wanted, sequence: (wanted.sequence ?? 0) + (isRescheduled ? 1 : 0) });
    if (isRescheduled && before.resource.recurrence) this.#cancelStrays(calendar, stored);
    conferences.expect(calendar, stored);
    this.context.settleConferences();
    const after = calendar.get(id);
    invitations.spread(after, before?.resource);
    invitations.announce(after, before?.resource, options.sendUpdates ?? 'none', calendar.ownerEmail);
    return after;
  }

  /** An exception whose original time is no longer one of the series' is gone. */
  #cancelStrays(calendar: Calendar, { id, resource }: StoredEvent): void {
    for (const exception of calendar.exceptions(id)) {
      if (!calendar.isLive(exception) || instanceOf(id, resource, calendar.timeZone, exception.id)) continue;
      const after = calendar.put(exception.id, { ...exception.resource, status: 'cancelled' });
      this.context.invitations.spread(after, exception.resource);
    }
  }
}

interface Write {
  readonly before?: StoredEvent;
  readonly options: WriteOptions;
  readonly conferenceData?: calendar_v3.Schema$ConferenceData | null | undefined;
}

function whenOf({ start, end, recurrence, status }: calendar_v3.Schema$Event): string {
  return JSON.stringify([start, end, recurrence, status]);
}

function organizerOf(calendar: Calendar) {
  return { email: calendar.id, ...(!calendar.isPrimary && { displayName: calendar.properties.summary }) };
}

function checkIfMatch({ etag }: StoredEvent, { ifMatch }: WriteOptions): void {
  if (ifMatch === undefined || ifMatch === '*') return;
  if (!ifMatch.split(',').some((one) => one.trim() === etag)) throw conditionNotMet();
}
