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
  /** Busy time of others who must be free during the slot itself; buffers are the hosts' own. */
  readonly attendees?: readonly Pick<SlotHost, 'busy'>[];
}

export type SlotMode = 'collective' | 'roundRobin';

export interface SlotHost {
  readonly id: string;
  readonly rules: WorkingRules;
  /** In any order, overlapping at will. A block without length counts for nothing. */
  readonly busy: readonly { readonly start: string; readonly end: string }[];
  /** Where they are others for this host than the question's. */
  readonly bufferBeforeMinutes?: number;
  readonly bufferAfterMinutes?: number;
  readonly minimumNoticeMinutes?: number;
}

/** The question, checked, in epoch milliseconds and milliseconds. */
export interface ParsedQuestion {
  readonly hosts: readonly ParsedHost[];
  readonly timeMin: number;
  readonly timeMax: number;
  readonly duration: number;
  readonly interval: number;
  readonly attendees: readonly Occupied[];
}

export interface ParsedHost extends Occupied {
  readonly id: string;
  readonly schedule: WorkingSchedule;
  readonly earliestStart: number;
}

/** Busy time, and how far a slot has to keep away from it. */
export interface Occupied {
  readonly busy: BusyBlocks;
  readonly bufferBefore: number;
  readonly bufferAfter: number;
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
  const wholeMinutes = (path: string, count: number, minimum: 0 | 1): number => {
    if (!(Number.isSafeInteger(count) && count >= minimum)) {
      errors.push({ path, message: `must be a whole number, ${minimum} or more` });
    }
    return count * 60_000;
  };
  const minutes = (field: `${string}Minutes` & keyof SlotQuestion, minimum: 0 | 1): number =>
    wholeMinutes(field, question[field], minimum);

  if (question.hosts.length === 0) errors.push({ path: 'hosts', message: 'must name at least one host' });
  if (question.mode !== 'collective' && question.mode !== 'roundRobin') {
    errors.push({ path: 'mode', message: 'must be collective or roundRobin' });
  }
  const now = instant('now');
  const bufferBefore = minutes('bufferBeforeMinutes', 0);
  const bufferAfter = minutes('bufferAfterMinutes', 0);
  const notice = minutes('minimumNoticeMinutes', 0);
  const ofHost = (i: number, field: `${string}Minutes` & keyof SlotHost, fallback: number): number => {
    const count = question.hosts[i]?.[field];
    return count === undefined ? fallback : wholeMinutes(`hosts[${i}].${field}`, count, 0);
  };
  const parsed: ParsedQuestion = {
    hosts: question.hosts.map((host, i) => ({
      id: host.id,
      schedule: parseWorkingRules(host.rules, `hosts[${i}].rules`, errors),
      busy: parseBusy(host.busy, `hosts[${i}].busy`, errors),
      bufferBefore: ofHost(i, 'bufferBeforeMinutes', bufferBefore),
      bufferAfter: ofHost(i, 'bufferAfterMinutes', bufferAfter),
      earliestStart: now + ofHost(i, 'minimumNoticeMinutes', notice),
    })),
    attendees: (question.attendees ?? []).map(({ busy }, i) => ({
      busy: parseBusy(busy, `attendees[${i}].busy`, errors),
      bufferBefore: 0,
      bufferAfter: 0,
    })),
    timeMin: instant('timeMin'),
    timeMax: instant('timeMax'),
    duration: minutes('durationMinutes', 1),
    interval: minutes('slotIntervalMinutes', 1),
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
