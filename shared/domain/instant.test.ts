import * as fc from 'fast-check';
import { instantFormatter, parseDay, parseInstant } from './instant';

const instants = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

test('an instant in UTC is read as Date reads it', () => {
  fc.assert(
    fc.property(instants, (date) => {
      expect(parseInstant(date.toISOString())).toBe(date.getTime());
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
  ['2025-03-09T02:00Z', '2025-03-09T02:00:00.000Z'],
  ['2025-03-09t02:00:00z', '2025-03-09T02:00:00.000Z'],
  ['2025-03-09T02:00:00.5-05:00', '2025-03-09T07:00:00.500Z'],
  ['2025-03-09T02:00:00.12+05:45', '2025-03-08T20:15:00.120Z'],
  ['2025-03-09T02:00:00.999999999Z', '2025-03-09T02:00:00.999Z'],
  ['2000-02-29T00:00:00-00:00', '2000-02-29T00:00:00.000Z'],
])('%s is %s', (text, expected) => {
  expect(new Date(parseInstant(text)).toISOString()).toBe(expected);
});

test.each([
  '',
  '1',
  'March 9, 2025',
  '2025-03-09',
  '2025-03-09T02:00:00',
  '2025-03-09 02:00:00Z',
  '2025-3-9T02:00:00Z',
  '2025-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2025-04-31T00:00:00Z',
  '2025-00-10T00:00:00Z',
  '2025-13-10T00:00:00Z',
  '2025-01-00T00:00:00Z',
  '2025-03-09T24:00:00Z',
  '2025-03-09T02:60:00Z',
  '2025-03-09T02:00:60Z',
  '2025-03-09T02:00:00.Z',
  '2025-03-09T02:00:00,5Z',
  '2025-03-09T02:00:00+0500',
  '2025-03-09T02:00:00+24:00',
  '2025-03-09T02:00:00+05:60',
  '2025-03-09T02:00:00+05:30:00',
  '2025-03-09T02:00:00Z ',
  ' 2025-03-09T02:00:00Z',
  '+02025-03-09T02:00:00Z',
  '2025-03-09T-2:00:00Z',
  '20x5-03-09T02:00:00Z',
  '2025-03-09T02:0',
])('%j is no instant', (text) => {
  expect(parseInstant(text)).toBeNaN();
});

test('a date is counted in days since 1970', () => {
  expect(parseDay('1970-01-01')).toBe(0);
  expect(parseDay('1969-12-31')).toBe(-1);
  expect(parseDay('2024-02-30')).toBeNaN();
});

test('instants are written as toISOString writes them, in any order', () => {
  const format = instantFormatter();
  fc.assert(
    fc.property(instants, fc.nat(3_000), fc.constantFrom(1, 60_000, 900_000), (date, steps, stepMs) => {
      const time = date.getTime() - (date.getTime() % stepMs);
      for (const instant of [time, Math.min(time + steps * stepMs, Date.UTC(9999, 11, 31)), time]) {
        expect(format(instant)).toBe(new Date(instant).toISOString());
      }
    }),
    { numRuns: 500 },
  );
});
