import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { RRule, RRuleSet } from 'rrule';
import { invalid } from './errors';
import { formatMs, localToMs, msToLocal, rangeOf, toMs } from './event-time';
import type { TimeRange } from './event-time';

const dayMs = 86_400_000;
/** How far a series without end is expanded where the request sets no bound. */
const maxInstances = 730;

/**
 * The instances of a series that lie in `window`, in order, exceptions not considered. The rule runs on the wall clock of
 * the series' own zone and only its results become instants, so that a meeting stays at ten through the year.
 */
export function expand(
  id: string,
  master: calendar_v3.Schema$Event,
  calendarZone: string,
  window: Partial<TimeRange> = {},
): calendar_v3.Schema$Event[] {
  const isAllDay = Boolean(master.start?.date);
  const zone = master.start?.timeZone ?? calendarZone;
  const { startMs, endMs } = rangeOf(master, isAllDay ? 'UTC' : calendarZone);
  const durationMs = endMs - startMs;
  const toWall = (ms: number) => (isAllDay ? ms : msToLocal(ms, zone));
  const from = window.startMs === undefined ? toWall(startMs) : window.startMs - durationMs - 2 * dayMs;
  const to = window.endMs === undefined ? Date.UTC(9999, 0) : window.endMs + 2 * dayMs;
  let count = 0;
  const { recurrence: _, ...template } = master;
  return ruleSetOf(master.recurrence ?? [], new Date(toWall(startMs)), toWall)
    .between(new Date(from), new Date(to), true, () => (count += 1) <= maxInstances + 4)
    .map((wall) => (isAllDay ? wall.getTime() : localToMs(wall.getTime(), zone)))
    .filter((ms) => isWithin(ms, ms + durationMs))
    .slice(0, maxInstances)
    .map((ms) => {
      const originalStartTime = timeAt(ms);
      return {
        ...template,
        id: `${id}_${(originalStartTime.date ?? originalStartTime.dateTime ?? '').replace(/[-:]/g, '')}`,
        recurringEventId: id,
        originalStartTime,
        start: timeAt(ms),
        end: timeAt(ms + durationMs),
      };
    });

  function isWithin(fromMs: number, toMs: number): boolean {
    const shift = isAllDay ? localToMs(fromMs, calendarZone) - fromMs : 0;
    return fromMs + shift < (window.endMs ?? Infinity) && toMs + shift > (window.startMs ?? -Infinity);
  }

  function timeAt(ms: number): calendar_v3.Schema$EventDateTime {
    return isAllDay ? { date: formatMs(ms).slice(0, 10) } : { dateTime: formatMs(ms), timeZone: zone };
  }
}

/** The instance that `instanceId` names; `undefined` where the series has none then. */
export function instanceOf(
  id: string,
  master: calendar_v3.Schema$Event,
  calendarZone: string,
  instanceId: string,
): calendar_v3.Schema$Event | undefined {
  const [, year, month, day, time] = /_(\d{4})(\d\d)(\d\d)(T\d{6}Z)?$/.exec(instanceId) ?? [];
  const clock = time?.replace(/T(\d\d)(\d\d)(\d\d)Z/, 'T$1:$2:$3Z');
  const original = clock ? { dateTime: `${year}-${month}-${day}${clock}` } : { date: `${year}-${month}-${day}` };
  const startMs = toMs(original, calendarZone);
  if (Number.isNaN(startMs)) return undefined;
  const near = expand(id, master, calendarZone, { startMs: startMs, endMs: startMs + 1 });
  return near.find((instance) => instance.id === instanceId);
}

/** Throws Google's 400 for lines that are no rule. */
export function checkRecurrence(lines: readonly string[]): void {
  for (const line of lines) {
    if (!linePattern.test(line)) throw invalid('Invalid recurrence rule.');
  }
  try {
    ruleSetOf(lines, new Date(0), (ms) => ms).between(new Date(0), new Date(dayMs), true);
  } catch {
    throw invalid('Invalid recurrence rule.');
  }
}

const linePattern = new RegExp(
  '^(RRULE:(?=.*FREQ=)' +
    '((FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)|(INTERVAL|COUNT)=[1-9]\\d*|UNTIL=\\d{8}(T\\d{6}Z?)?|WKST=[A-Z]{2}|' +
    'BYDAY=([+-]?\\d*(MO|TU|WE|TH|FR|SA|SU),?)+|BY(SETPOS|MONTHDAY|YEARDAY|WEEKNO|MONTH)=(-?\\d+,?)+)(;|$))+' +
    '|(RDATE|EXDATE)(;[A-Z]+=[^:;]+)*:(\\d{8}(T\\d{6}Z?)?,?)+)$',
);

function ruleSetOf(lines: readonly string[], startWall: Date, toWall: (ms: number) => number): RRuleSet {
  const set = new RRuleSet(true);
  for (const line of lines) {
    const [head = '', value = ''] = line.split(/:(.*)/s);
    const wallsOf = () => value.split(',').map((text) => new Date(parseWall(text, toWall)));
    if (head.startsWith('EXDATE')) wallsOf().forEach((wall) => set.exdate(wall));
    else if (head.startsWith('RDATE')) wallsOf().forEach((wall) => set.rdate(wall));
    else {
      const { until, ...options } = RRule.parseString(value);
      const untilText = /UNTIL=(\w+)/.exec(value)?.[1];
      const lastWall = untilText && until ? { until: new Date(parseUntil(untilText, toWall)) } : {};
      set.rrule(new RRule({ ...options, ...lastWall, dtstart: startWall }, true));
    }
  }
  if (!lines.some((line) => line.startsWith('RRULE'))) set.rdate(startWall);
  return set;
}

/** `20260309T090000Z` is an instant; without `Z` it is local already. */
function parseWall(text: string, toWall: (ms: number) => number): number {
  const [, year, month, day, hour = '00', minute = '00', second = '00', utc] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/.exec(text) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return utc ? toWall(ms) : ms;
}

/** A date includes its whole day. */
function parseUntil(text: string, toWall: (ms: number) => number): number {
  return parseWall(text, toWall) + (text.length === 8 ? dayMs - 1_000 : 0);
}
