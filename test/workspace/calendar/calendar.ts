import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { notFound } from './errors';
import { checkZone } from './event-time';
import type { TimeRange } from './event-time';
import { expand, instanceOf } from './recurrence';

/** An event in one calendar. It is never changed, only replaced. */
export interface StoredEvent {
  readonly id: string;
  /** Instants in UTC, and nothing that depends on who reads it. */
  readonly resource: calendar_v3.Schema$Event;
  readonly etag: string;
  /** The calendar's change that it was last written by; sync tokens are counted in these. */
  readonly changeId: number;
  /** The change that brought it in. */
  readonly createdId: number;
}

/** What everybody sees of a calendar. */
export interface CalendarProperties {
  summary: string;
  timeZone: string;
  description?: string | undefined;
  location?: string | undefined;
}

export interface CalendarHooks {
  readonly now: () => number;
  readonly nextEtag: () => string;
  readonly changed: (calendar: Calendar) => void;
}

export const roles = ['none', 'freeBusyReader', 'reader', 'writer', 'owner'] as const;
export type Role = (typeof roles)[number];

/** State of one calendar: its events, deleted ones included, and who may do what. */
export class Calendar {
  readonly events = new Map<string, StoredEvent>();
  /** Of others than the owner. */
  readonly shares = new Map<string, Role>();
  /** Some calendars cannot be watched, such as those of holidays. */
  supportsPush = true;
  etag: string;
  changedAtMs: number;
  #changeId = 0;
  #oldestSyncableId = 0;

  constructor(
    readonly id: string,
    readonly ownerEmail: string,
    readonly properties: CalendarProperties,
    private readonly hooks: CalendarHooks,
  ) {
    checkZone(properties.timeZone);
    this.etag = hooks.nextEtag();
    this.changedAtMs = hooks.now();
  }

  get isPrimary(): boolean {
    return this.id === this.ownerEmail;
  }

  get timeZone(): string {
    return this.properties.timeZone;
  }

  /** Number of the latest change. */
  get changeId(): number {
    return this.#changeId;
  }

  /** Its properties have changed. */
  touch(): void {
    this.etag = this.hooks.nextEtag();
    this.changedAtMs = this.hooks.now();
  }

  /** Writes an event under a new etag. */
  put(id: string, resource: calendar_v3.Schema$Event): StoredEvent {
    const existing = this.events.get(id);
    this.#changeId += 1;
    this.changedAtMs = this.hooks.now();
    const updated = new Date(this.changedAtMs).toISOString();
    const stored: StoredEvent = {
      id,
      resource: { ...resource, id, created: existing?.resource.created ?? updated, updated },
      etag: this.hooks.nextEtag(),
      changeId: this.#changeId,
      createdId: existing?.createdId ?? this.#changeId,
    };
    this.events.set(id, stored);
    this.hooks.changed(this);
    return stored;
  }

  /** A stored event, or an instance that a series has at that time. Throws 404. */
  get(id: string): StoredEvent {
    const stored = this.find(id);
    if (!stored) throw notFound();
    return stored;
  }

  find(id: string): StoredEvent | undefined {
    const stored = this.events.get(id);
    if (stored || !id.includes('_')) return stored;
    const master = this.events.get(id.slice(0, id.lastIndexOf('_')));
    if (!master?.resource.recurrence) return undefined;
    const resource = instanceOf(master.id, master.resource, this.timeZone, id);
    return resource && { ...master, id, resource };
  }

  /** What the rule of a series says of `window`, without the instances that were written by themselves. */
  regularInstances(master: StoredEvent, window: Partial<TimeRange> = {}): StoredEvent[] {
    return expand(master.id, master.resource, this.timeZone, window)
      .filter(({ id }) => !this.events.has(id ?? ''))
      .map((resource) => ({ ...master, id: resource.id ?? '', resource }));
  }

  /** Instances of a series that were written by themselves. */
  exceptions(masterId: string): StoredEvent[] {
    return [...this.events.values()].filter(({ resource }) => resource.recurringEventId === masterId);
  }

  /** Whether it is there for its reader: a deleted series takes its exceptions along. */
  isLive({ resource }: StoredEvent): boolean {
    const master = this.events.get(resource.recurringEventId ?? '');
    return resource.status !== 'cancelled' && master?.resource.status !== 'cancelled';
  }

  /** Sync tokens that were given out until now are no longer honoured. */
  expireSyncTokens(): void {
    this.#changeId += 1;
    this.#oldestSyncableId = this.#changeId;
  }

  canSyncFrom(changeId: number): boolean {
    return changeId >= this.#oldestSyncableId;
  }
}
