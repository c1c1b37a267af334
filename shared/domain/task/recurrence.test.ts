import fc from 'fast-check';
import { RRule } from 'rrule';
import { fromRules, recurrence, recurrenceRequest, rulesKey, toRules, type Recurrence } from './recurrence';

const berlin = { allDay: false, timeZone: 'Europe/Berlin' };

test.each<[Recurrence, string]>([
  [{ type: 'daily', interval: 1 }, 'FREQ=DAILY'],
  [{ type: 'weekly', interval: 2, weekdays: ['FR', 'MO'] }, 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR'],
  [{ type: 'monthly', interval: 1, count: 999 }, 'FREQ=MONTHLY;COUNT=999'],
  [{ type: 'yearly', interval: 1, endDate: '2026-07-01' }, 'FREQ=YEARLY;UNTIL=20260701T215959Z'],
  [{ type: 'yearly', interval: 1, endDate: '2026-12-01' }, 'FREQ=YEARLY;UNTIL=20261201T225959Z'],
])('%j is %s', (rule, expected) => {
  expect(toRules(rule, berlin)).toEqual([`RRULE:${expected}`]);
});

test('the end of an all-day series is a date', () => {
  expect(toRules({ type: 'daily', interval: 1, endDate: '2026-07-01' }, { ...berlin, allDay: true })).toEqual([
    'RRULE:FREQ=DAILY;UNTIL=20260701',
  ]);
});

const dates = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));
const weekdays = fc.uniqueArray(fc.constantFrom('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'), { minLength: 1 });
const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Cairo',
);
const rules = fc
  .record(
    {
      type: fc.constantFrom('daily', 'weekly', 'monthly', 'yearly'),
      interval: fc.integer({ min: 1, max: 99 }),
      weekdays,
      endDate: dates,
      count: fc.integer({ min: 1, max: 999 }),
    },
    { requiredKeys: ['type', 'interval'] },
  )
  .map((rule) => recurrenceRequest.safeParse(rule))
  .filter(({ success }) => success)
  .map(({ data }) => data!);

test('whatever a task says of its repetition comes back from the rule, in every zone', () => {
  fc.assert(
    fc.property(rules, zones, fc.boolean(), (rule, timeZone, allDay) => {
      const context = { timeZone, allDay };
      const lines = toRules(rule, context);
      const back = fromRules(lines, context);
      expect(toRules(back, context)).toEqual(lines);
      expect(back).toMatchObject({
        ...rule,
        ...('weekdays' in rule && { weekdays: expect.arrayContaining(rule.weekdays) as unknown }),
      });
      expect(() => RRule.fromString(lines[0]!)).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

test.each([
  [['RRULE:FREQ=MONTHLY;BYDAY=2TU']],
  [['RRULE:FREQ=WEEKLY;BYDAY=MO', 'EXDATE;TZID=Europe/Berlin:20260309T090000']],
  [['RRULE:FREQ=DAILY;UNTIL=tomorrow']],
  [['RRULE:FREQ=HOURLY']],
  [['RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU']],
])('%j cannot be said otherwise and is kept', (lines) => {
  expect(fromRules(lines, berlin)).toEqual({ type: 'custom', rules: lines });
  expect(toRules({ type: 'custom', rules: lines }, berlin)).toEqual(lines);
});

test('nothing repeats without a rule', () => {
  expect([toRules(null, berlin), fromRules([], berlin)]).toEqual([[], null]);
});

test('rules that say the same are the same', () => {
  expect(rulesKey(['RRULE:FREQ=DAILY;INTERVAL=1;COUNT=3'])).toBe(rulesKey(['RRULE:COUNT=3;FREQ=DAILY;WKST=MO']));
  expect(rulesKey(['RRULE:FREQ=DAILY'])).not.toBe(rulesKey(['RRULE:FREQ=WEEKLY']));
});

test.each([
  [{ type: 'daily', interval: 100 }],
  [{ type: 'daily', count: 1_000 }],
  [{ type: 'daily', count: 1, endDate: '2026-01-01' }],
  [{ type: 'daily', weekdays: ['MO'] }],
  [{ type: 'hourly' }],
  [{ type: 'daily', endDate: '2026-02-30' }],
  [{ type: 'custom', rules: ['FREQ=DAILY'] }],
])('%j is refused', (rule) => {
  expect(recurrenceRequest.safeParse(rule).success).toBe(false);
});

test.each([
  [[`EXDATE:${'20260309T090000Z,'.repeat(200)}20261231T090000Z`]],
  [Array.from({ length: 60 }, (_, day) => `RDATE;VALUE=DATE:202603${day}`)],
  [['RRULE:FREQ=DAILY', 'EXRULE:FREQ=WEEKLY']],
  [['XRULE:whatever comes']],
])('whatever a calendar has can be kept', (lines) => {
  const kept = fromRules(lines, berlin);
  expect(recurrence.parse(kept)).toEqual({ type: 'custom', rules: lines });
});
