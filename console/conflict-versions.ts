import type { SyncedField, SyncedFields } from '../shared/domain/task/task';
import type { TaskView } from '../shared/domain/task/view-task';

export type TaskConflict = NonNullable<TaskView['conflict']>;
export type Side = 'local' | 'remote';

/** One field of a conflict, both versions in words. */
export interface VersionRow {
  readonly field: SyncedField;
  readonly label: string;
  readonly local: string;
  readonly remote: string;
  /** Both sides have changed it: somebody has to choose. What one side alone has changed is kept anyway. */
  readonly isContested: boolean;
}

/** The fields in which the versions differ, those that have to be chosen first. */
export function differingRows({ fields, local, remote }: TaskConflict): VersionRow[] {
  const rows = (Object.keys(labels) as SyncedField[]).map((field) => ({
    field,
    label: labels[field],
    local: textOf(field, local.fields),
    remote: textOf(field, remote.fields),
    isContested: fields.includes(field),
  }));
  return [
    ...rows.filter(({ isContested }) => isContested),
    ...rows.filter((row) => !row.isContested && isDifferent(row)),
  ];
}

/** The request body of a choice field by field. */
export function mergeOf(choices: ReadonlyMap<string, Side>) {
  return { resolve: 'merged', fields: Object.fromEntries(choices) } as const;
}

function isDifferent({ local, remote }: Pick<VersionRow, 'local' | 'remote'>): boolean {
  return local !== remote;
}

const labels: Readonly<Record<SyncedField, string>> = {
  title: 'Title',
  when: 'Time',
  description: 'Description',
  location: 'Place',
  recurrence: 'Repeats',
  guests: 'Guests',
};

function textOf(field: SyncedField, fields: SyncedFields): string {
  switch (field) {
    case 'when':
      return timeText(fields.when);
    case 'recurrence':
      return fields.recurrence.join('\n') || 'Does not repeat';
    case 'guests':
      return fields.guests.map(guestText).join('\n') || 'Nobody';
    case 'title':
    case 'description':
    case 'location':
      return fields[field] || '(empty)';
  }
}

/** In the event's own zone; of whole days the first and the last one. */
function timeText({ start, end }: SyncedFields['when']): string {
  if (start.date !== undefined && end.date !== undefined) {
    const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
    return closeUp(days.formatRange(Date.parse(start.date), Date.parse(end.date) - 86_400_000));
  }
  const { timeZone = 'UTC' } = start;
  const times = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone });
  return `${closeUp(times.formatRange(Date.parse(start.dateTime ?? ''), Date.parse(end.dateTime ?? '')))} (${timeZone})`;
}

/** Runtimes differ in the spaces that they put around it. */
function closeUp(range: string): string {
  return range.replace(/\s*–\s*/, '–');
}

function guestText({ email, displayName, responseStatus }: SyncedFields['guests'][number]): string {
  const name = displayName === undefined ? email : `${displayName} <${email}>`;
  return responseStatus === undefined || responseStatus === 'needsAction' ? name : `${name}, ${responseStatus}`;
}
