import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { GoogleApiError } from '../google-api-error';
import { Calendar, roles } from './calendar';
import type { CalendarHooks, CalendarProperties, Role } from './calendar';
import { duplicate, needsWriter, notFound } from './errors';

/** What a user changed in her list of calendars; `undefined` hides nothing and overrides nothing. */
export type ListEntry = Pick<
  calendar_v3.Schema$CalendarListEntry,
  'summaryOverride' | 'colorId' | 'selected' | 'hidden' | 'defaultReminders'
>;

export interface Person {
  readonly email: string;
  /** A service account that acts for itself has a calendar, but is nobody's colleague and may invite nobody. */
  readonly isServiceAccount: boolean;
  /** Who, besides those a calendar is shared with, may ask when this person is busy. */
  freeBusySharing: 'domain' | 'none';
  /** By calendar id. */
  readonly list: Map<string, ListEntry>;
}

/** Users and calendars, and who may do what with them. */
export class Directory {
  readonly #people = new Map<string, Person>();
  readonly #calendars = new Map<string, Calendar>();
  #created = 0;

  constructor(private readonly hooks: CalendarHooks) {}

  createUser(email: string, timeZone: string, isServiceAccount = false): Person {
    const address = email.toLowerCase();
    if (this.#people.has(address)) throw duplicate();
    const person: Person = {
      email: address,
      isServiceAccount,
      freeBusySharing: isServiceAccount ? 'none' : 'domain',
      list: new Map([[address, { defaultReminders: [{ method: 'popup', minutes: 10 }] }]]),
    };
    this.#people.set(address, person);
    this.#calendars.set(address, new Calendar(address, address, { summary: address, timeZone }, this.hooks));
    return person;
  }

  isUser(email: string): boolean {
    return this.#people.get(email.toLowerCase())?.isServiceAccount === false;
  }

  /** Whoever calls without being a user is a service account, which gets its calendar with its first call. */
  person(email: string): Person {
    return this.#people.get(email.toLowerCase()) ?? this.createUser(email, 'UTC', true);
  }

  /** Calendars in the order of their creation. */
  all(): Calendar[] {
    return [...this.#calendars.values()];
  }

  find(calendarId: string): Calendar | undefined {
    return this.#calendars.get(calendarId.toLowerCase());
  }

  /** `primary` is the caller's own. Without any access the calendar does not exist, with too little it is forbidden. */
  get(actor: string, calendarId: string, needed: Role): Calendar {
    const calendar = this.find(calendarId === 'primary' ? this.person(actor).email : calendarId);
    const role = calendar ? this.roleOf(actor, calendar) : 'none';
    if (!calendar || !isAtLeast(role, isAtLeast(needed, 'reader') ? 'reader' : needed)) throw notFound();
    if (!isAtLeast(role, needed)) throw needsWriter();
    return calendar;
  }

  roleOf(actor: string, calendar: Calendar): Role {
    const { email, isServiceAccount } = this.person(actor);
    if (calendar.ownerEmail === email) return 'owner';
    const shared = calendar.shares.get(email) ?? 'none';
    const owner = this.person(calendar.ownerEmail);
    const isColleague = !isServiceAccount && domainOf(email) === domainOf(owner.email);
    const isOpen = calendar.isPrimary && owner.freeBusySharing === 'domain' && isColleague;
    return shared === 'none' && isOpen ? 'freeBusyReader' : shared;
  }

  create(owner: string, properties: CalendarProperties, id?: string): Calendar {
    this.#created += 1;
    const calendarId = (id ?? `c_${String(this.#created).padStart(26, '0')}@group.calendar.google.com`).toLowerCase();
    if (this.#calendars.has(calendarId)) throw duplicate();
    const person = this.person(owner);
    const calendar = new Calendar(calendarId, person.email, properties, this.hooks);
    this.#calendars.set(calendarId, calendar);
    person.list.set(calendarId, {});
    return calendar;
  }

  delete(calendar: Calendar): void {
    if (calendar.isPrimary) throw new GoogleApiError(403, 'forbidden', 'A primary calendar cannot be deleted.');
    this.#calendars.delete(calendar.id);
    for (const person of this.#people.values()) person.list.delete(calendar.id);
  }

  /** Puts it into the other's list too, as if she had followed the link in the mail. */
  share(calendar: Calendar, email: string, role: Role): void {
    const person = this.person(email);
    calendar.shares.set(person.email, role);
    if (isAtLeast(role, 'freeBusyReader')) person.list.set(calendar.id, person.list.get(calendar.id) ?? {});
    else person.list.delete(calendar.id);
  }
}

export function isAtLeast(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}
