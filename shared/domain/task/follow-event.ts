import * as z from 'zod';
import type { CalendarEvent } from '../calendar';
import { isSame, mergeGuests, takeAnswers, takeFields, toFields, toWritten, type MappingContext } from './map-event';
import type { Mark } from './mark';
import {
  SYNCED_FIELDS,
  wantsEvent,
  type Guest,
  type SyncedField,
  type SyncedFields,
  type Task,
  type Written,
} from './task';

/** An event that was read after the task had been. */
export interface SeenEvent {
  readonly event: CalendarEvent;
  readonly calendarId: string;
  /** What our signed mark on it says; undefined where it carries none. */
  readonly mark: Mark | undefined;
}

/**
 * What a task becomes when its event is seen: three versions are compared field by field – the task, the event, and what
 * both last agreed on. What changed on one side is taken over, what changed on both is a conflict, and an event that only
 * shows what we wrote ourselves changes nothing. Undefined where there is nothing to keep.
 *
 * What both agreed on is what was being written when the event shows that this write has arrived, whether or not its
 * answer did.
 */
export function followEvent(task: Task, seen: SeenEvent, context: MappingContext): Partial<Task> | undefined {
  const { event, calendarId } = seen;
  const isKnown = task.link?.etag === event.etag && task.link.calendarId === calendarId;
  const isOnRecord = task.conflict?.remote.etag === event.etag && task.pushing === null && wantsEvent(task);
  if (isKnown || isOnRecord) return undefined;

  const local = toWritten(task, context);
  const remote = toFields(event);
  const { base, settledRevision } = baseOf(task, seen, remote, local);
  const remoteChanged = SYNCED_FIELDS.filter((name) => !isSame(name, remote, base.remote));
  const conflicting = conflictingFields(local.fields, remote, base);
  if (conflicting.length > 0 && wantsEvent(task)) {
    const detectedAtMs = task.conflict?.detectedAtMs ?? context.nowMs;
    return {
      synced: base,
      settledRevision,
      pushing: null,
      // Where it is now, in the version that both last agreed on; where they never did, as it was first seen.
      link: task.link && { ...task.link, calendarId, etag: task.link.etag ?? event.etag },
      conflict: {
        fields: conflicting,
        local: { fields: local.fields, etag: task.link?.etag ?? '' },
        remote: { fields: remote, etag: event.etag },
        detectedAtMs,
      },
    };
  }
  // Where there is to be no event any more, a text that both changed stays as the task has it: nothing overwrites it.
  const taken = remoteChanged.filter((name) => !conflicting.includes(name));
  const guests = mergeGuests(remote.guests, base.fields.guests, task.attendees);
  const link = { eventId: event.id, calendarId, etag: event.etag };
  return agree({ ...task, settledRevision }, { link, base, remote, taken, guests, event }, context);
}

/** The conflict of a task that was changed once more: what it shows, and what has to be decided, is as the task is now. */
export function restateConflict(task: Task, context: MappingContext): Partial<Task> {
  const { conflict, synced } = task;
  if (!conflict || !synced) return {};
  const { fields: local } = toWritten(task, context);
  const fields = conflictingFields(local, conflict.remote.fields, synced);
  return {
    conflict: {
      ...conflict,
      // One that nobody needs to decide any more is still somebody's to settle.
      fields: fields.length > 0 ? fields : conflict.fields,
      local: { ...conflict.local, fields: local },
    },
  };
}

export const resolution = z.discriminatedUnion('resolve', [
  z.strictObject({ resolve: z.enum(['local', 'remote']) }),
  z.strictObject({
    resolve: z.literal('merged'),
    fields: z
      .partialRecord(z.enum(SYNCED_FIELDS), z.enum(['local', 'remote']))
      .describe('Whose version of each field; of fields that only one side has changed, that side’s where left out.'),
  }),
]);

export type Resolution = z.output<typeof resolution>;

/**
 * What a task becomes when somebody settles its conflict: the chosen fields of the event are taken over, all others are
 * written to it, on top of the version that was on record. Whatever the event has become since is a new conflict.
 */
export function resolveConflict(task: Task, choice: Resolution, context: MappingContext): Partial<Task> | undefined {
  const { conflict, link, synced } = task;
  if (!conflict || !link || !synced) return undefined;
  const { fields: remote, etag } = conflict.remote;
  const isChosen = (name: SyncedField): boolean => {
    if (choice.resolve !== 'merged') return choice.resolve === 'remote';
    const chosen = choice.fields[name];
    return chosen === undefined ? !isSame(name, remote, synced.remote) : chosen === 'remote';
  };
  const taken = SYNCED_FIELDS.filter(isChosen);
  const base = { ...synced, fields: remote, remote };
  const found = { link: { ...link, etag }, base, remote, taken, guests: remote.guests };
  return agree(task, found, context);
}

/** The conflicting fields that a merge says nothing about. */
export function undecidedFields(task: Task, choice: Resolution): SyncedField[] {
  if (choice.resolve !== 'merged') return [];
  return (task.conflict?.fields ?? []).filter((name) => choice.fields[name] === undefined);
}

/** What a task becomes when its event is gone for good. Without having asked for it, it is cancelled; no sweep brings it back. */
export function followDeletion(task: Task): Partial<Task> {
  return {
    ...(wantsEvent(task) && { status: 'cancelled' as const, settledRevision: task.revision }),
    ...unlinked(task),
  };
}

/** The task without an event, the next of which has another id. */
export function unlinked(task: Task): Partial<Task> {
  return {
    link: null,
    synced: null,
    pushing: null,
    conflict: null,
    googleMeetLink: null,
    googleMeetId: null,
    googleMeetStatus: null,
    exceptions: {},
    generation: task.generation + 1,
    imported: false,
    ...(!wantsEvent(task) && { settledRevision: task.revision }),
  };
}

/** An occurrence that differs from its series. The series' own time does not change with it. */
export function followInstance(task: Task, event: CalendarEvent): Partial<Task> | undefined {
  const original = event.originalStartTime?.dateTime ?? event.originalStartTime?.date;
  if (original === undefined) return undefined;
  const key = new Date(original).toISOString();
  const timeOf = (time: CalendarEvent['start']) => time?.dateTime ?? time?.date ?? null;
  const exception =
    event.status === 'cancelled'
      ? { status: 'cancelled' as const, start: null, end: null }
      : { status: 'moved' as const, start: timeOf(event.start), end: timeOf(event.end) };
  if (JSON.stringify(task.exceptions[key]) === JSON.stringify(exception)) return undefined;
  const kept = Object.entries(task.exceptions).filter(([other]) => other !== key);
  return { exceptions: Object.fromEntries([...kept, [key, exception] as const].slice(-maxExceptions)) };
}

const maxExceptions = 500;

type Base = NonNullable<Task['synced']>;

/** What both last agreed on, and the revision of the task up to which the event follows it. */
function baseOf(
  task: Task,
  { mark }: SeenEvent,
  remote: SyncedFields,
  local: Written,
): { readonly base: Base; readonly settledRevision: number } {
  const { pushing, synced, settledRevision } = task;
  if (pushing) {
    const { calendarId: _, guests, ...written } = pushing;
    if (mark ? mark.revision === pushing.revision : showsAll(remote, pushing, synced)) {
      return {
        base: { ...written, remote: { ...written.fields, guests } },
        settledRevision: Math.max(settledRevision, pushing.revision),
      };
    }
  }
  // Without a common past nothing in the event is news.
  return { base: synced ?? { ...local, fields: remote, remote }, settledRevision };
}

/** What both sides have changed since they agreed, each to something else. Guests are merged one by one. */
function conflictingFields(local: SyncedFields, remote: SyncedFields, base: Base): SyncedField[] {
  return SYNCED_FIELDS.filter(
    (name) =>
      name !== 'guests' &&
      !isSame(name, local, base.fields) &&
      !isSame(name, remote, base.remote) &&
      !isSame(name, local, remote),
  );
}

/** Somebody's own event has no mark: it shows a write that only changes what goes with the text as little as none. */
function showsAll(remote: SyncedFields, pushing: NonNullable<Task['pushing']>, synced: Task['synced']): boolean {
  const isTextOnly = synced !== null && isSameOut(pushing.out, synced.out);
  return isTextOnly && SYNCED_FIELDS.every((name) => isSame(name, remote, pushing.fields));
}

interface Agreement {
  readonly link: NonNullable<Task['link']>;
  readonly base: Base;
  readonly remote: SyncedFields;
  /** The fields that the task takes over, and the guests if these are among them. */
  readonly taken: readonly SyncedField[];
  readonly guests: Guest[];
  readonly event?: CalendarEvent;
}

/** Both sides agree on what the event says, except for what only the task has changed, which is still to be written. */
function agree(
  task: Task,
  { link, base, remote, taken, guests, event }: Agreement,
  context: MappingContext,
): Partial<Task> {
  const content = takeFields(task, { ...remote, guests }, taken, base.fields, context);
  const changed = { ...task, ...content, pushing: null, synced: base };
  const answers = event && takeAnswers(changed, event);
  const now = toWritten({ ...changed, ...answers }, context);

  const agreedOf = (name: SyncedField) => taken.includes(name) || isSame(name, now.fields, remote);
  const agreed = Object.fromEntries(
    SYNCED_FIELDS.map((name) => [name, agreedOf(name) ? now.fields[name] : base.fields[name]]),
  ) as SyncedFields;
  agreed.guests = agreedGuests(now.fields.guests, remote.guests, base.fields.guests, task.attendees);

  // Its Zoom meeting is still to follow.
  const isForZoom = task.zoomMeetingId !== null && (taken.includes('title') || taken.includes('when'));
  const isClean =
    !isForZoom &&
    task.revision <= task.settledRevision &&
    SYNCED_FIELDS.every((name) => isSame(name, now.fields, agreed)) &&
    isSameOut(now.out, base.out);
  const revision = taken.length > 0 ? task.revision + 1 : task.revision;
  return {
    ...content,
    ...answers,
    conflict: null,
    link,
    pushing: null,
    synced: {
      ...base,
      revision,
      isUndated: isSame('when', now.fields, agreed) ? now.isUndated : base.isUndated,
      fields: agreed,
      remote,
    },
    revision,
    settledRevision: isClean ? revision : Math.min(task.settledRevision, revision - 1),
    syncedAtMs: context.nowMs,
    syncError: null,
  };
}

/** Those whom both have, and those whom only the task has removed: what is left is still to be written. */
function agreedGuests(now: readonly Guest[], remote: readonly Guest[], base: readonly Guest[], own: readonly Guest[]) {
  const has = (list: readonly Guest[], { email }: Guest) => list.some((one) => one.email === email);
  const removed = remote.filter((one) => has(base, one) && !has(own, one) && !has(now, one));
  return [...now.filter((one) => has(remote, one)), ...removed];
}

export function isSameOut(a: Written['out'], b: Written['out']): boolean {
  return a.block === b.block && a.colorId === b.colorId && a.reminderMinutes === b.reminderMinutes && a.meet === b.meet;
}
