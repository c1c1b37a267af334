import type { FieldError } from './errors';
import { parseDay } from './instant';
import { type WorkingRules, parseWorkingRules, workingTime } from './working-time';

const NEW_YORK: WorkingRules = { timeZone: 'America/New_York', weekly: [], overrides: [] };
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

/** The working time of the shifts that start from `first` to `last`, as `start/end` in UTC to the minute. */
function working(rules: Partial<WorkingRules>, first: string, last: string): string[] {
  const errors: FieldError[] = [];
  const schedule = parseWorkingRules({ ...NEW_YORK, ...rules }, 'rules', errors);
  expect(errors).toEqual([]);
  const { intervals } = workingTime(schedule, parseDay(first), parseDay(last));
  const text = intervals.map((instant) => new Date(instant).toISOString().slice(0, 16));
  return text.flatMap((start, i) => (i % 2 === 0 ? [`${start}/${text[i + 1]}`] : []));
}

function errorsOf(rules: Partial<WorkingRules>): FieldError[] {
  const errors: FieldError[] = [];
  parseWorkingRules({ ...NEW_YORK, ...rules }, 'rules', errors);
  return errors;
}

test('1 is Monday and 7 is Sunday, also before 1970', () => {
  const weekly = [
    { days: [1], start: '09:00', end: '10:00' },
    { days: [7], start: '11:00', end: '12:00' },
  ];
  expect(working({ weekly }, '2025-06-01', '2025-06-07')).toEqual([
    '2025-06-01T15:00/2025-06-01T16:00',
    '2025-06-02T13:00/2025-06-02T14:00',
  ]);
  expect(working({ timeZone: 'UTC', weekly }, '1969-12-28', '1969-12-31')).toEqual([
    '1969-12-28T11:00/1969-12-28T12:00',
    '1969-12-29T09:00/1969-12-29T10:00',
  ]);
});

test('hours that overlap or touch are one interval, also across midnight', () => {
  const weekly = [
    { days: [1], start: '22:00', end: '24:00' },
    { days: [2], start: '00:00', end: '06:00' },
    { days: [2], start: '05:00', end: '07:00' },
    { days: [2], start: '08:00', end: '09:00' },
  ];
  expect(working({ timeZone: 'UTC', weekly }, '2025-06-01', '2025-06-04')).toEqual([
    '2025-06-02T22:00/2025-06-03T07:00',
    '2025-06-03T08:00/2025-06-03T09:00',
  ]);
});

test('an end that is not after the start is on the next day', () => {
  const weekly = [{ days: [5], start: '22:00', end: '02:00' }];
  expect(working({ timeZone: 'UTC', weekly }, '2025-06-01', '2025-06-07')).toEqual([
    '2025-06-06T22:00/2025-06-07T02:00',
  ]);
  const around = [{ days: [5], start: '09:00', end: '09:00' }];
  expect(working({ timeZone: 'UTC', weekly: around }, '2025-06-01', '2025-06-07')).toEqual([
    '2025-06-06T09:00/2025-06-07T09:00',
  ]);
});

test('an override replaces the hours that start on its date, and leaves the night before its end', () => {
  const rules = {
    timeZone: 'UTC',
    weekly: [{ days: EVERY_DAY, start: '22:00', end: '02:00' }],
    overrides: [
      { date: '2025-06-03', intervals: [] },
      { date: '2025-06-04', intervals: [{ start: '10:00', end: '11:00' }] },
    ],
  };
  expect(working(rules, '2025-06-02', '2025-06-05')).toEqual([
    '2025-06-02T22:00/2025-06-03T02:00',
    '2025-06-04T10:00/2025-06-04T11:00',
    '2025-06-05T22:00/2025-06-06T02:00',
  ]);
});

test('days are as long as the clocks make them', () => {
  const weekly = [{ days: [7], start: '00:00', end: '24:00' }];
  expect(working({ weekly }, '2025-03-09', '2025-03-09')).toEqual(['2025-03-09T05:00/2025-03-10T04:00']);
  expect(working({ weekly }, '2025-11-02', '2025-11-02')).toEqual(['2025-11-02T04:00/2025-11-03T05:00']);
});

test('hours that the clocks jump over take place after the jump, or not at all where nothing of them is left', () => {
  const at = (start: string, end: string) =>
    working({ weekly: [{ days: [7], start, end }] }, '2025-03-09', '2025-03-09');
  expect(at('02:15', '02:45')).toEqual(['2025-03-09T07:15/2025-03-09T07:45']);
  expect(at('02:30', '03:30')).toEqual([]);
  expect(at('01:30', '03:30')).toEqual(['2025-03-09T06:30/2025-03-09T07:30']);
});

test('a date that the zone skipped has no hours, by the week or by override, and its night before lasts on', () => {
  const rules = {
    timeZone: 'Pacific/Apia',
    weekly: [
      { days: [4], start: '22:00', end: '02:00' },
      { days: [5], start: '09:00', end: '17:00' },
    ],
  };
  expect(working(rules, '2011-12-29', '2012-01-01')).toEqual(['2011-12-30T08:00/2011-12-30T12:00']);
  const overrides = [{ date: '2011-12-30', intervals: [{ start: '09:00', end: '17:00' }] }];
  expect(working({ ...rules, overrides }, '2011-12-29', '2012-01-01')).toEqual(['2011-12-30T08:00/2011-12-30T12:00']);
});

test('what is wrong is named', () => {
  const hours = { days: [1], start: '09:00', end: '17:00' };
  expect(errorsOf({ timeZone: 'Mars/Olympus' }).map(({ path }) => path)).toEqual(['rules.timeZone']);
  expect(
    errorsOf({
      weekly: [
        hours,
        { days: [1, 0, 8, 1.5], start: '9:00', end: '24:01' },
        { ...hours, start: '25:00', end: '09:60' },
      ],
      overrides: [
        { date: '2025-02-30', intervals: [{ start: '', end: '17:00:00' }] },
        { date: '2025-03-01T00:00:00Z', intervals: [] },
        { date: '2025-03-02', intervals: [] },
        { date: '2025-03-02', intervals: [hours] },
      ],
    }).map(({ path }) => path),
  ).toEqual([
    'rules.weekly[1].start',
    'rules.weekly[1].end',
    'rules.weekly[1].days[1]',
    'rules.weekly[1].days[2]',
    'rules.weekly[1].days[3]',
    'rules.weekly[2].start',
    'rules.weekly[2].end',
    'rules.overrides[0].date',
    'rules.overrides[0].intervals[0].start',
    'rules.overrides[0].intervals[0].end',
    'rules.overrides[1].date',
    'rules.overrides[3].date',
  ]);
});
