import * as fc from 'fast-check';
import type { SlotQuestion } from '../../shared/domain/slot-question';
import { computeSlots } from '../../shared/domain/slots';
import { slotsByBruteForce } from './slots-oracle';
import { differencesAround, transitionsOf } from './transitions';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Zones with something to get wrong, each with an instant at which it happens. */
const TROUBLE: readonly (readonly [timeZone: string, near: string])[] = [
  ['America/New_York', '2025-03-09T07:00:00Z'],
  ['America/New_York', '2025-11-02T06:00:00Z'],
  ['Europe/Berlin', '2025-03-30T01:00:00Z'],
  ['Europe/Dublin', '2025-10-26T01:00:00Z'],
  ['Australia/Lord_Howe', '2025-04-05T15:00:00Z'],
  ['Australia/Lord_Howe', '2025-10-04T15:30:00Z'],
  ['Africa/Cairo', '2025-04-24T22:00:00Z'],
  ['Africa/Cairo', '2025-10-30T21:00:00Z'],
  ['America/Santiago', '2025-04-06T03:00:00Z'],
  ['America/Santiago', '2025-09-07T04:00:00Z'],
  ['America/Havana', '2025-03-09T05:00:00Z'],
  ['America/Havana', '2025-11-02T05:00:00Z'],
  ['Asia/Beirut', '2025-03-29T22:00:00Z'],
  ['Asia/Beirut', '2025-10-25T21:00:00Z'],
  ['Antarctica/Troll', '2025-03-30T01:00:00Z'],
  ['Africa/Casablanca', '2025-02-23T02:00:00Z'],
  ['Pacific/Chatham', '2025-09-27T14:00:00Z'],
  ['Asia/Kathmandu', '2025-06-01T00:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Pacific/Kwajalein', '1993-08-21T12:00:00Z'],
  ['America/Recife', '2000-10-12T00:00:00Z'],
];

const clockTime = (maxHour: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: maxHour }), fc.constantFrom(0, 0, 0, 15, 30, 45, 10, 59))
    .map(
      ([hour, minute]) => `${String(hour).padStart(2, '0')}:${hour === 24 ? '00' : String(minute).padStart(2, '0')}`,
    );
const hours = fc.record({ start: clockTime(23), end: clockTime(24) });
const aroundTheClock = { start: '00:00', end: '24:00', days: [1, 2, 3, 4, 5, 6, 7] };

/** RFC 3339 in UTC or with an offset, with and without milliseconds. */
const written = (instant: number) =>
  fc.constantFrom(0, 0, 330, -210).map((offsetMinutes) => {
    const local = new Date(instant + offsetMinutes * MINUTE).toISOString();
    if (offsetMinutes === 0) return local;
    const sign = offsetMinutes < 0 ? '-' : '+';
    const clock = new Date(Math.abs(offsetMinutes) * MINUTE).toISOString().slice(11, 16);
    return local.replace('.000', '').replace('Z', sign + clock);
  });
const instant = (from: number, to: number) =>
  fc
    .oneof(
      {
        weight: 3,
        arbitrary: fc.integer({ min: from / (15 * MINUTE), max: to / (15 * MINUTE) }).map((n) => n * 15 * MINUTE),
      },
      { weight: 1, arbitrary: fc.integer({ min: from, max: to }) },
    )
    .chain(written);

const hostNear = (near: number, timeZones: readonly string[]) =>
  fc.record({
    rules: fc.record({
      timeZone: fc.constantFrom(...timeZones),
      weekly: fc.oneof(
        {
          weight: 4,
          arbitrary: fc.array(
            fc
              .tuple(hours, fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }))
              .map(([shift, days]) => ({ ...shift, days })),
            { maxLength: 4 },
          ),
        },
        { weight: 1, arbitrary: hours.map((shift) => [{ ...shift, days: aroundTheClock.days }]) },
        { weight: 1, arbitrary: fc.constant([aroundTheClock]) },
      ),
      overrides: fc.uniqueArray(
        fc.record({
          date: fc.integer({ min: -4, max: 5 }).map((days) => new Date(near + days * DAY).toISOString().slice(0, 10)),
          intervals: fc.array(hours, { maxLength: 2 }),
        }),
        { selector: ({ date }) => date, maxLength: 3 },
      ),
    }),
    busy: fc.array(
      fc
        .tuple(
          fc.integer({ min: -5 * 96, max: 6 * 96 }),
          fc.constantFrom(0, 0, 0, 1, 30_000, -1),
          fc.constantFrom(0, MINUTE, 15 * MINUTE, HOUR, 7 * HOUR, 30 * HOUR),
        )
        .chain(([quarters, shift, length]) => {
          const start = near + quarters * 15 * MINUTE + shift;
          return fc.record({ start: written(start), end: written(start + length) });
        }),
      { maxLength: 8 },
    ),
  });

const question: fc.Arbitrary<SlotQuestion> = fc.constantFrom(...TROUBLE).chain(([timeZone, at]) => {
  const near = Date.parse(at);
  return fc
    .record({
      hosts: fc.array(hostNear(near, [timeZone, timeZone, timeZone, 'Asia/Kathmandu', 'America/New_York', 'UTC']), {
        minLength: 1,
        maxLength: 3,
      }),
      mode: fc.constantFrom('collective' as const, 'roundRobin' as const),
      timeMin: instant(near - 3 * DAY, near + DAY),
      length: fc.integer({ min: 1, max: 4 * 24 * 60 }),
      durationMinutes: fc.constantFrom(1, 15, 25, 30, 30, 60, 90, 480, 1500),
      slotIntervalMinutes: fc.constantFrom(5, 15, 15, 20, 30, 30, 45, 50, 60, 60, 1440),
      bufferBeforeMinutes: fc.constantFrom(0, 0, 5, 60),
      bufferAfterMinutes: fc.constantFrom(0, 0, 10, 120),
      minimumNoticeMinutes: fc.constantFrom(0, 0, 7, 1440),
      now: instant(near - 5 * DAY, near + DAY),
    })
    .map(({ hosts, length, ...rest }) => ({
      ...rest,
      hosts: hosts.map((host, i) => ({ ...host, id: `host${i}` })),
      timeMax: new Date(Date.parse(rest.timeMin) + length * MINUTE).toISOString(),
    }));
});

test('the slots are those that brute force finds, whatever the rules, zones, busy times, buffers and windows', () => {
  let slots = 0;
  fc.assert(
    fc.property(question, (asked) => {
      const expected = slotsByBruteForce(asked);
      slots += expected.length;
      expect(computeSlots(asked).slots).toEqual(expected);
    }),
    { numRuns: RUNS },
  );
  expect(slots).toBeGreaterThan(RUNS);
});

const RUNS = 100;

test('a part of the window has the slots that the whole window has there', () => {
  fc.assert(
    fc.property(question, fc.nat(), fc.nat(), (asked, a, b) => {
      const [timeMin, timeMax] = [Date.parse(asked.timeMin), Date.parse(asked.timeMax)];
      const [from, to] = [a % (timeMax - timeMin), b % (timeMax - timeMin)].sort((x, y) => x - y);
      const part = {
        ...asked,
        timeMin: new Date(timeMin + from!).toISOString(),
        timeMax: new Date(timeMin + to! + 1).toISOString(),
      };
      const whole = computeSlots(asked).slots.filter(({ start, end }) => part.timeMin <= start && end <= part.timeMax);
      expect(computeSlots(part).slots.map(({ start }) => start)).toEqual(whole.map(({ start }) => start));
    }),
    { numRuns: RUNS },
  );
});

test.each([
  'America/Havana',
  'America/Nuuk',
  'America/Santiago',
  'Antarctica/Troll',
  'Africa/Cairo',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Norfolk',
])('the slots around the changes of the clocks in %s are those that brute force finds', (timeZone) => {
  const transitions = transitionsOf(timeZone, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1));
  expect(transitions).toHaveLength(2);
  expect(transitions.flatMap((transition) => differencesAround(timeZone, transition))).toEqual([]);
});

test('a date that the zone skipped has no working hours, and its neighbours keep theirs', () => {
  const transitions = transitionsOf('Pacific/Apia', Date.UTC(2011, 11, 29), Date.UTC(2012, 0, 2));
  expect(transitions.map((transition) => new Date(transition).toISOString())).toEqual(['2011-12-30T10:00:00.000Z']);
  expect(transitions.flatMap((transition) => differencesAround('Pacific/Apia', transition))).toEqual([]);
});
