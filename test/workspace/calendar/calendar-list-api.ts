import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import type { Calendar, Role } from './calendar';
import { conferenceProperties } from './calendars-api';
import type { CalendarContext } from './context';
import { isAtLeast } from './directory';
import type { ListEntry } from './directory';
import { duplicate, invalid, notFound } from './errors';
import { mergePatch } from './event-rules';
import { pageOf } from './paging';
import type { PageRequest } from './paging';

export interface CalendarListRequest extends PageRequest {
  readonly minAccessRole?: Role | undefined;
  readonly showHidden?: boolean | undefined;
  readonly syncToken?: string | undefined;
}

/** `calendarList` of the API: the calendars that a user sees, her own and those she was given. */
export class CalendarListApi {
  constructor(private readonly context: CalendarContext) {}

  list(actor: string, request: CalendarListRequest = {}): calendar_v3.Schema$CalendarList {
    // Nothing here follows this list by token, and a token that is ignored would look like one that works.
    if (request.syncToken !== undefined) throw invalid('This workspace keeps no sync tokens of calendar lists.');
    const { directory, settings } = this.context;
    const { minAccessRole = 'freeBusyReader', showHidden = false } = request;
    const shown = [...directory.person(actor).list]
      .map(([id, entry]) => ({ calendar: directory.find(id), entry }))
      .flatMap(({ calendar, entry }) => (calendar ? [{ calendar, entry }] : []))
      .filter(({ entry }) => showHidden || !entry.hidden)
      .filter(({ calendar }) => isAtLeast(directory.roleOf(actor, calendar), minAccessRole))
      .map(({ calendar, entry }, index) => ({ entry: this.#view(actor, calendar, entry), index }));
    const { items, nextPageToken } = pageOf(shown, ({ index }) => [index, ''], request, {
      query: JSON.stringify([minAccessRole, showHidden]),
      changeId: 0,
      pageSizeLimit: Math.min(settings.pageSizeLimit, 250),
    });
    return {
      kind: 'calendar#calendarList',
      etag: `"p${shown.length}"`,
      items: items.map(({ entry }) => entry),
      ...(nextPageToken && { nextPageToken }),
    };
  }

  get(actor: string, calendarId: string): calendar_v3.Schema$CalendarListEntry {
    const { calendar, entry } = this.#find(actor, calendarId);
    return this.#view(actor, calendar, entry);
  }

  insert(actor: string, { id, ...entry }: ListEntry & { readonly id: string }): calendar_v3.Schema$CalendarListEntry {
    const { directory } = this.context;
    const calendar = directory.get(actor, id, 'freeBusyReader');
    const { list } = directory.person(actor);
    if (list.has(calendar.id)) throw duplicate();
    list.set(calendar.id, entry);
    return this.#view(actor, calendar, entry);
  }

  patch(actor: string, calendarId: string, request: ListEntry): calendar_v3.Schema$CalendarListEntry {
    const { calendar, entry } = this.#find(actor, calendarId);
    const patched = mergePatch(entry, request);
    this.context.directory.person(actor).list.set(calendar.id, patched);
    return this.#view(actor, calendar, patched);
  }

  /** Takes it off the list; the calendar stays. */
  delete(actor: string, calendarId: string): void {
    const { calendar } = this.#find(actor, calendarId);
    if (calendar.ownerEmail === this.context.directory.person(actor).email) {
      throw invalid('An owner cannot take a calendar off the list.');
    }
    this.context.directory.person(actor).list.delete(calendar.id);
  }

  #find(actor: string, calendarId: string) {
    const calendar = this.context.directory.get(actor, calendarId, 'freeBusyReader');
    const entry = this.context.directory.person(actor).list.get(calendar.id);
    if (!entry) throw notFound();
    return { calendar, entry };
  }

  #view(actor: string, calendar: Calendar, entry: ListEntry): calendar_v3.Schema$CalendarListEntry {
    const { summary, timeZone, description } = calendar.properties;
    const isPrimary = calendar.id === this.context.directory.person(actor).email;
    return {
      kind: 'calendar#calendarListEntry',
      etag: calendar.etag,
      id: calendar.id,
      summary,
      ...(description !== undefined && { description }),
      timeZone,
      accessRole: this.context.directory.roleOf(actor, calendar),
      ...(isPrimary && { primary: true }),
      selected: true,
      defaultReminders: [],
      conferenceProperties,
      ...entry,
    };
  }
}
