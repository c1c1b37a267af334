import type * as z from 'zod';
import { AttacheError } from '../../shared/domain/errors';
import { readTime } from '../../shared/domain/meeting-time';
import { parseDay } from '../../shared/domain/instant';
import type { Task, TaskContent } from '../../shared/domain/task/task';
import { isDate } from '../../shared/domain/task/when';
import type { taskChange } from './schema';

/**
 * What a request changes in a task, its times as they are kept. Errors: `invalid`, naming the field: a time that nobody can
 * be sure of, an end that is not after its beginning or of another kind.
 */
export function readContent(
  request: z.output<typeof taskChange>,
  before: Pick<Task, 'due' | 'end' | 'timeZone'>,
): Partial<TaskContent> {
  const { due, end, timeZone, reminderAt, ...rest } = request;
  const zone = timeZone === undefined ? before.timeZone : timeZone;
  const read = (text: string | null, path: string): string | null => {
    if (text === null) return null;
    if (isDate(text) && path !== 'body.reminderAt' && !Number.isNaN(parseDay(text))) return text;
    return new Date(readTime(text, zone ?? undefined, path)).toISOString();
  };
  const times = {
    ...(due !== undefined && { due: read(due, 'body.due') }),
    ...(end !== undefined && { end: read(end, 'body.end') }),
    // With another beginning, an end that was not said again has no meaning.
    ...(due !== undefined && end === undefined && { end: null }),
    ...(timeZone !== undefined && { timeZone }),
    ...(reminderAt !== undefined && { reminderAt: read(reminderAt, 'body.reminderAt') }),
  };
  // What a calendar has said, such as an end at the beginning, stands until somebody says another time.
  if (due !== undefined || end !== undefined) checkEnd({ ...before, ...times });
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(given) as Partial<TaskContent>), ...times };
}

function checkEnd({ due, end }: Pick<Task, 'due' | 'end'>): void {
  if (end === null) return;
  const problem = due === null ? 'needs a due' : isDate(due) !== isDate(end) ? 'must be of the same kind as due' : null;
  const message = problem ?? (end > due! ? null : 'must be after due');
  if (message === null) return;
  throw new AttacheError('invalid', `body.end ${message}.`, {
    code: 'invalidEnd',
    errors: [{ path: 'body.end', message }],
    fix: 'Send due and end together: two dates, the end exclusive, or two times.',
  });
}
