import { AttacheError, type FieldError } from './errors';
import { DAY_MS, parseInstant } from './instant';
import { instantsOf, zoneOffsets } from './local-time';

export interface TimeInput {
  /** RFC 3339; without an offset it is local time of `timeZone`. */
  readonly start: string;
  readonly end?: string | undefined;
  readonly durationMinutes?: number | undefined;
  /** IANA zone that the runtime knows. */
  readonly timeZone?: string | undefined;
}

export interface MeetingTime {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The time that a request names, in epoch milliseconds: whole minutes, 24 hours at most, not over. Throws AttacheError
 * `invalid` with a code that says what is wrong, the field's path under `body` and the way to mend it.
 */
export function readMeetingTime(input: TimeInput, nowMs: number): MeetingTime {
  const startMs = readTime(input.start, input.timeZone, 'body.start');
  const endMs =
    input.end === undefined
      ? startMs + (input.durationMinutes ?? 0) * 60_000
      : readTime(input.end, input.timeZone, 'body.end');
  const field = input.end === undefined ? 'body.durationMinutes' : 'body.end';
  if (endMs <= startMs) throw refusal('endNotAfterStart', field, 'must be after start', 'Send an end that is later.');
  if (endMs - startMs > DAY_MS)
    throw refusal('meetingTooLong', field, 'must be 24 hours after start at most', 'Make several shorter meetings.');
  if (startMs <= nowMs)
    throw refusal('timeInPast', 'body.start', 'is in the past', 'Send a start that is yet to come.');
  return { startMs, endMs };
}

/** One time of a request, in epoch milliseconds. Errors: as of `readMeetingTime`. */
export function readTime(text: string, timeZone: string | undefined, path: string): number {
  const instant = parseInstant(text);
  if (!Number.isNaN(instant)) return wholeMinute(instant, path);
  const localMs = parseInstant(`${text}Z`);
  if (Number.isNaN(localMs)) {
    const message = 'must be an RFC 3339 time such as 2026-03-09T09:00:00-04:00, or without offset and with timeZone';
    throw refusal('invalidTime', path, message, 'Send a date and time that exist, in that form.');
  }
  if (timeZone === undefined) {
    const fix = 'Add an offset to the time, or timeZone to the request.';
    throw refusal('timeZoneRequired', path, 'has no offset, so that timeZone is required', fix);
  }
  const offsets = zoneOffsets(timeZone, localMs - 2 * DAY_MS, localMs + 2 * DAY_MS);
  const [only, second] = instantsOf(offsets, localMs);
  if (only === undefined) {
    const message = `does not exist in ${timeZone}: the clocks are put forward over it`;
    throw refusal('nonexistentTime', path, message, 'Choose a time before or after the change, or send an offset.');
  }
  if (second !== undefined) {
    const [first, other] = [only, second].map((each) => formatOffset(localMs - each));
    const message = `exists twice in ${timeZone}, with ${first} and with ${other}: the clocks are put back over it`;
    throw refusal('ambiguousTime', path, message, `Send the time with the offset that is meant: ${first} or ${other}.`);
  }
  return wholeMinute(only, path);
}

function wholeMinute(instant: number, path: string): number {
  if (instant % 60_000 === 0) return instant;
  throw refusal('invalidTime', path, 'must be on a whole minute', 'Leave out seconds and fractions.');
}

function formatOffset(offsetMs: number): string {
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const twoDigits = (count: number): string => String(count).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function refusal(code: string, path: string, message: string, fix: string): AttacheError {
  const errors: FieldError[] = [{ path, message }];
  return new AttacheError('invalid', `${path} ${message}.`, { code, errors, fix });
}
