import { AttacheError, type FieldError } from './errors';
import { parseInstant } from './instant';
import { type WorkingRules, type WorkingSchedule, parseWorkingRules } from './working-time';

/** Instants are RFC 3339 with an offset, minutes are whole. */
export interface SlotQuestion {
  readonly hosts: readonly SlotHost[];
  readonly mode: SlotMode;
  /** A slot lies between `timeMin` and `timeMax`; its buffers need not. */
  readonly timeMin: string;
  readonly timeMax: string;
  readonly durationMinutes: number;
  readonly slotIntervalMinutes: number;
  readonly bufferBeforeMinutes: number;
  readonly bufferAfterMinutes: number;
  /** No slot starts earlier than so long after `now`. */
  readonly minimumNoticeMinutes: number;
  readonly now: string;
}

export type SlotMode = 'collective' | 'roundRobin';

export interface SlotHost {
  readonly id: string;
  readonly rules: WorkingRules;
  /** In any order, overlapping at will. A block without length counts for nothing. */
  readonly busy: readonly { readonly start: string; readonly end: string }[];
}

/** The question, checked, in epoch milliseconds and milliseconds. */
export interface ParsedQuestion {
  readonly hosts: readonly ParsedHost[];
  readonly timeMin: number;
  readonly timeMax: number;
  readonly earliestStart: number;
  readonly duration: number;
  readonly interval: number;
  readonly bufferBefore: number;
  readonly bufferAfter: number;
}

export interface ParsedHost {
  readonly id: string;
  readonly schedule: WorkingSchedule;
  readonly busy: BusyBlocks;
}

/** Block `i` is `[starts[i], ends[i])`, in epoch milliseconds. */
export interface BusyBlocks {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** Throws AttacheError `invalid` with every field that is wrong. */
export function parseSlotQuestion(question: SlotQuestion): ParsedQuestion {
  const errors: FieldError[] = [];
  const instant = (field: 'timeMin' | 'timeMax' | 'now'): number => {
    const parsed = parseInstant(question[field]);
    if (Number.isNaN(parsed)) errors.push({ path: field, message: INSTANT_EXPECTED });
    return parsed;
  };
  const minutes = (field: `${string}Minutes` & keyof SlotQuestion, minimum: 0 | 1): number => {
    const count = question[field];
    if (!(Number.isSafeInteger(count) && count >= minimum)) {
      errors.push({ path: field, message: `must be a whole number, ${minimum} or more` });
    }
    return count * 60_000;
  };

  if (question.hosts.length === 0) errors.push({ path: 'hosts', message: 'must name at least one host' });
  if (question.mode !== 'collective' && question.mode !== 'roundRobin') {
    errors.push({ path: 'mode', message: 'must be collective or roundRobin' });
  }
  const parsed: ParsedQuestion = {
    hosts: question.hosts.map((host, i) => ({
      id: host.id,
      schedule: parseWorkingRules(host.rules, `hosts[${i}].rules`, errors),
      busy: parseBusy(host.busy, `hosts[${i}].busy`, errors),
    })),
    timeMin: instant('timeMin'),
    timeMax: instant('timeMax'),
    duration: minutes('durationMinutes', 1),
    interval: minutes('slotIntervalMinutes', 1),
    bufferBefore: minutes('bufferBeforeMinutes', 0),
    bufferAfter: minutes('bufferAfterMinutes', 0),
    earliestStart: instant('now') + minutes('minimumNoticeMinutes', 0),
  };
  if (parsed.timeMax <= parsed.timeMin) errors.push({ path: 'timeMax', message: 'must be after timeMin' });

  const [first, ...others] = errors;
  if (first !== undefined) {
    throw new AttacheError('invalid', `${first.path} ${first.message}${others.length > 0 ? ', among others' : ''}.`, {
      errors,
      fix: `Correct ${errors
        .slice(0, 5)
        .map(({ path }) => path)
        .join(', ')} and ask again.`,
    });
  }
  return parsed;
}

const INSTANT_EXPECTED = 'must be an RFC 3339 instant with an offset, such as 2025-03-09T09:00:00Z';

function parseBusy(busy: SlotHost['busy'], path: string, errors: FieldError[]): BusyBlocks {
  const starts = new Float64Array(busy.length);
  const ends = new Float64Array(busy.length);
  busy.forEach((block, i) => {
    const start = (starts[i] = parseInstant(block.start));
    const end = (ends[i] = parseInstant(block.end));
    if (start <= end) return;
    if (Number.isNaN(start)) errors.push({ path: `${path}[${i}].start`, message: INSTANT_EXPECTED });
    if (Number.isNaN(end)) errors.push({ path: `${path}[${i}].end`, message: INSTANT_EXPECTED });
    if (start > end) errors.push({ path: `${path}[${i}].end`, message: 'must not be before its start' });
  });
  return { starts, ends };
}
