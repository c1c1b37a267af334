import { isDeepStrictEqual } from 'node:util';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import type { Calendar, StoredEvent } from './calendar';
import type { Directory } from './directory';

type Resource = calendar_v3.Schema$Event;

export type SendUpdates = 'all' | 'externalOnly' | 'none';

export interface InvitationMail {
  readonly kind: 'invitation' | 'update' | 'cancellation' | 'response';
  readonly from: string;
  readonly to: string;
  readonly eventId: string;
  readonly iCalUID: string;
  readonly summary: string;
  readonly start: calendar_v3.Schema$EventDateTime | undefined;
  /** Of a response. */
  readonly responseStatus?: string;
  readonly sentAtMs: number;
}

/** What makes one meeting of the copies in its guests' calendars, and the mails about it. */
export class Invitations {
  /** All that were sent, also to people outside. */
  readonly mails: InvitationMail[] = [];

  constructor(
    private readonly directory: Directory,
    private readonly now: () => number,
    private readonly deliver: (mail: InvitationMail) => void,
  ) {}

  /** Brings the copies of all guests who are users here up to date with the organizer's event. */
  spread(after: StoredEvent, before?: Resource, except?: Calendar): void {
    const invited = guestsOf(after.resource);
    for (const email of new Set([...guestsOf(before), ...invited])) {
      const calendar = this.directory.isUser(email) ? this.directory.find(email) : undefined;
      if (!calendar || calendar === except || isOrganizedIn(after.resource, calendar)) continue;
      const existing = calendar.events.get(after.id);
      const isStranger = existing && existing.resource.iCalUID !== after.resource.iCalUID;
      const isThrownAway = existing?.resource.status === 'cancelled' && statusOf(after.resource, email) === 'declined';
      if (isStranger || isThrownAway || (!existing && !invited.includes(email))) continue;
      const isOver = after.resource.status === 'cancelled' || !invited.includes(email);
      const copy: Resource = {
        ...sharedOf(after.resource),
        ...ownOf(existing?.resource ?? after.resource, existing === undefined),
        ...(isOver && { status: 'cancelled' }),
        ...extendedPropertiesOf(after.resource, existing?.resource),
      };
      const { created: _created, updated: _updated, ...current } = existing?.resource ?? {};
      if (!existing || !isDeepStrictEqual(current, { ...copy, id: after.id })) calendar.put(after.id, copy);
    }
  }

  /** Tells the guests of a change by the organizer. */
  announce(after: StoredEvent, before: Resource | undefined, sendUpdates: SendUpdates, organizer: string): void {
    const wasInvited = before?.status === 'cancelled' ? [] : guestsOf(before);
    const isInvited = after.resource.status === 'cancelled' ? [] : guestsOf(after.resource);
    for (const to of new Set([...wasInvited, ...isInvited])) {
      if (to === organizer) continue;
      if (!isInvited.includes(to)) this.#send('cancellation', organizer, to, after, sendUpdates);
      else this.#send(wasInvited.includes(to) ? 'update' : 'invitation', organizer, to, after, sendUpdates);
    }
  }

  /** Tells the organizer of a guest's answer. */
  respond(after: StoredEvent, guest: string, sendUpdates: SendUpdates): void {
    const { email } = after.resource.organizer ?? {};
    const to = this.directory.find(email ?? '')?.ownerEmail ?? email;
    if (to) this.#send('response', guest, to, after, sendUpdates, statusOf(after.resource, guest));
  }

  #send(
    kind: InvitationMail['kind'],
    from: string,
    to: string,
    { id, resource }: StoredEvent,
    sendUpdates: SendUpdates,
    responseStatus?: string,
  ): void {
    if (sendUpdates === 'none' || (sendUpdates === 'externalOnly' && this.directory.isUser(to))) return;
    const { iCalUID, summary, start } = resource;
    const about = { eventId: id, iCalUID: iCalUID ?? '', summary: summary ?? '', start };
    const mail = { kind, from, to, ...about, ...(responseStatus && { responseStatus }), sentAtMs: this.now() };
    this.mails.push(mail);
    this.deliver(mail);
  }
}

export function isOrganizedIn({ organizer }: Resource, calendar: Calendar): boolean {
  return organizer?.email === calendar.id;
}

export function guestsOf(resource: Resource | undefined): string[] {
  return (resource?.attendees ?? []).map(({ email }) => email ?? '');
}

export function statusOf(resource: Resource, guest: string): string {
  return resource.attendees?.find(({ email }) => email === guest)?.responseStatus ?? 'needsAction';
}

/** What each copy of an event has for itself, and changes without anybody else's seeing it. */
const ownFields = ['reminders', 'colorId', 'transparency', 'visibility'] as const;

function sharedOf(resource: Resource): Resource {
  const { created: _created, updated: _updated, extendedProperties: _properties, ...shared } = resource;
  for (const field of ownFields) delete shared[field];
  return shared;
}

/** A new copy starts as its organizer shows it, with reminders of its own. */
function ownOf(resource: Resource, isNew: boolean): Resource {
  const { transparency, visibility } = resource;
  return {
    reminders: isNew ? { useDefault: true } : (resource.reminders ?? { useDefault: true }),
    ...(transparency && { transparency }),
    ...(visibility && { visibility }),
    ...(!isNew && resource.colorId && { colorId: resource.colorId }),
  };
}

function extendedPropertiesOf(organizers: Resource, copy: Resource | undefined): Resource {
  const { shared } = organizers.extendedProperties ?? {};
  const own = copy?.extendedProperties?.private;
  return shared || own ? { extendedProperties: { ...(own && { private: own }), ...(shared && { shared }) } } : {};
}
