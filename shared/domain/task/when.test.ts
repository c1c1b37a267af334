import { fromWhen, reminderMinutes, toWhen, whenKey, type Due, type When } from './when';

const open: Due = { due: null, end: null, timeZone: null, reminderAt: null };
const zone = 'Europe/Berlin';
const nowMs = Date.parse('2026-03-28T23:30:00Z');
const timed = (start: string, end: string, timeZone = zone): When => ({
  start: { dateTime: start, timeZone },
  end: { dateTime: end, timeZone },
});
const days = (start: string, end: string): When => ({ start: { date: start }, end: { date: end } });

test.each<[string, Partial<Due>, When]>([
  ['nothing: today, where the user is', {}, days('2026-03-29', '2026-03-30')],
  ['nothing, in a zone of its own', { timeZone: 'America/New_York' }, days('2026-03-28', '2026-03-29')],
  ['a date', { due: '2026-12-31' }, days('2026-12-31', '2027-01-01')],
  ['dates', { due: '2026-02-27', end: '2026-03-02' }, days('2026-02-27', '2026-03-02')],
  ['an instant', { due: '2026-03-29T00:30:00.000Z' }, timed('2026-03-29T00:30:00.000Z', '2026-03-29T01:30:00.000Z')],
  [
    'instants',
    { due: '2026-03-29T00:30:00.000Z', end: '2026-03-29T00:45:00.000Z', timeZone: 'Asia/Tokyo' },
    timed('2026-03-29T00:30:00.000Z', '2026-03-29T00:45:00.000Z', 'Asia/Tokyo'),
  ],
])('%s', (_, due, when) => {
  expect(toWhen({ ...open, ...due }, zone, nowMs)).toEqual(when);
});

describe('after its event was moved, a task', () => {
  const before = { ...open, due: '2026-03-27T09:00:00.000Z', reminderAt: '2026-03-27T08:30:00.000Z' };
  const beforeWhen = toWhen(before, zone, nowMs);

  test('keeps open what it had left open, and its reminder keeps its distance', () => {
    const moved = timed('2026-03-30T10:00:00+02:00', '2026-03-30T11:00:00+02:00');
    expect(fromWhen(moved, before, beforeWhen, zone)).toEqual({
      due: '2026-03-30T08:00:00.000Z',
      end: null,
      timeZone: null,
      reminderAt: '2026-03-30T07:30:00.000Z',
    });
  });

  test('has an end where it lasts longer, and a zone where it has another', () => {
    const moved = timed('2026-03-30T10:00:00-04:00', '2026-03-30T12:00:00-04:00', 'America/New_York');
    expect(fromWhen(moved, before, beforeWhen, zone)).toMatchObject({
      due: '2026-03-30T14:00:00.000Z',
      end: '2026-03-30T16:00:00.000Z',
      timeZone: 'America/New_York',
    });
  });

  test('becomes one of a whole day, or of several', () => {
    expect(fromWhen(days('2026-03-29', '2026-03-30'), before, beforeWhen, zone)).toEqual({
      due: '2026-03-29',
      end: null,
      timeZone: null,
      // From 10:00 local time to the midnight before the clocks change.
      reminderAt: '2026-03-28T22:30:00.000Z',
    });
    expect(fromWhen(days('2026-03-29', '2026-03-31'), before, beforeWhen, zone)).toMatchObject({ end: '2026-03-31' });
  });
});

test('the same time is the same however it is written; the zone counts for a series', () => {
  const a = timed('2026-03-30T08:00:00.000Z', '2026-03-30T09:00:00.000Z');
  const b = timed('2026-03-30T10:00:00+02:00', '2026-03-30T11:00:00+02:00', 'Europe/Paris');
  expect(whenKey(a, false)).toBe(whenKey(b, false));
  expect(whenKey(a, true)).not.toBe(whenKey(b, true));
  expect(whenKey(days('2026-03-30', '2026-03-31'), false)).not.toBe(whenKey(days('2026-03-30', '2026-04-01'), false));
});

test.each([
  ['2026-03-28T22:30:00.000Z', days('2026-03-29', '2026-03-30'), 30],
  ['2026-03-27T08:45:00.000Z', toWhen({ ...open, due: '2026-03-27T09:00:00.000Z' }, zone, nowMs), 15],
  ['2026-03-27T10:00:00.000Z', toWhen({ ...open, due: '2026-03-27T09:00:00.000Z' }, zone, nowMs), 0],
  ['2025-03-27T10:00:00.000Z', toWhen({ ...open, due: '2026-03-27T09:00:00.000Z' }, zone, nowMs), 40_320],
])('a reminder at %s', (reminderAt, when, minutes) => {
  expect(reminderMinutes(reminderAt, when, zone)).toBe(minutes);
});
