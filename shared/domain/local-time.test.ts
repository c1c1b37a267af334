import { isTimeZone, readZone, resolveLocal, zoneOffsets } from './local-time';

function resolve(timeZone: string, local: string): string {
  const localMs = Date.parse(`${local}Z`);
  const month = 30 * 86_400_000;
  return new Date(resolveLocal(zoneOffsets(timeZone, localMs - month, localMs + month), localMs)).toISOString();
}

test.each([
  ['America/New_York', '2025-03-09T01:59', '2025-03-09T06:59', 'before the jump'],
  ['America/New_York', '2025-03-09T02:30', '2025-03-09T07:30', 'in the gap: an hour forward'],
  ['America/New_York', '2025-03-09T03:00', '2025-03-09T07:00', 'after the jump'],
  ['America/New_York', '2025-11-02T01:30', '2025-11-02T05:30', 'shown twice: the earlier'],
  ['America/New_York', '2025-11-02T02:00', '2025-11-02T07:00', 'after the repetition'],
  ['Australia/Lord_Howe', '2025-10-05T02:15', '2025-10-04T15:45', 'in a gap of half an hour'],
  ['Australia/Lord_Howe', '2025-04-06T01:45', '2025-04-05T14:45', 'in a repetition of half an hour'],
  ['Africa/Cairo', '2025-04-25T00:00', '2025-04-24T22:00', 'a midnight that does not exist'],
  ['Africa/Cairo', '2025-10-30T23:30', '2025-10-30T20:30', 'twice, the second before the same midnight'],
  ['America/Santiago', '2025-09-07T00:00', '2025-09-07T04:00', 'a midnight that does not exist'],
  ['America/Santiago', '2025-04-05T23:00', '2025-04-06T02:00', 'the hour before midnight, twice'],
  ['America/Havana', '2025-11-02T00:00', '2025-11-02T04:00', 'a midnight that exists twice'],
  ['Asia/Beirut', '2025-03-30T00:00', '2025-03-29T22:00', 'a midnight that does not exist'],
  ['Asia/Kathmandu', '2025-06-01T09:00', '2025-06-01T03:15', 'a quarter of an hour off'],
  ['Pacific/Apia', '2011-12-30T09:00', '2011-12-30T19:00', 'a skipped date: a day forward'],
  ['Antarctica/Troll', '2025-03-30T01:30', '2025-03-30T01:30', 'in a gap of two hours'],
  ['America/Recife', '2000-10-12T12:00', '2000-10-12T14:00', 'in a summer of seven days'],
  ['UTC', '2025-06-01T09:00', '2025-06-01T09:00', 'no offset'],
])('in %s the local time %s is %sZ (%s)', (timeZone, local, instant) => {
  expect(resolve(timeZone, local)).toBe(`${instant}:00.000Z`);
});

test('the offsets of a zone include the very second at which its clocks were set', () => {
  const { since, offsetMs } = zoneOffsets('Africa/Monrovia', Date.UTC(1972, 0, 1), Date.UTC(1972, 0, 20));
  const change = since.indexOf(Date.UTC(1972, 0, 7, 0, 44, 30));
  expect(offsetMs.slice(change - 1, change + 1)).toEqual([-(44 * 60 + 30) * 1000, 0]);
});

test('offsets asked for again cover the range asked for, wherever the last one was', () => {
  const july = (year: number): number => {
    const local = Date.UTC(year, 6, 1, 9);
    return new Date(resolveLocal(zoneOffsets('Europe/London', local - 1e9, local + 1e9), local)).getUTCHours();
  };
  expect([2025, 1969, 2025, 2030].map(july)).toEqual([8, 8, 8, 8]);
});

test('a zone is what the runtime knows', () => {
  expect(['Europe/Berlin', 'Asia/Katmandu', 'UTC'].map(isTimeZone)).toEqual([true, true, true]);
  expect(['', 'Europe/Atlantis', 'Berlin', 'local'].map(isTimeZone)).toEqual([false, false, false, false]);
});

test.each([
  ['Europe/Berlin', 'Europe/Berlin'],
  ['GMT-06:00', 'Etc/GMT+6'],
  ['GMT+02:00', 'Etc/GMT-2'],
  ['UTC+10:00', 'Etc/GMT-10'],
  ['GMT+00:00', 'Etc/GMT-0'],
  ['GMT+05:30', undefined],
  ['tzone://Microsoft/Custom', undefined],
  ['', undefined],
])('Google’s zone %j is %j', (name, zone) => {
  expect(readZone(name)).toBe(zone);
});

test('the offsets of a zone that nobody knows are not searched for ever', () => {
  expect(() => zoneOffsets('GMT+05:30', 0, 1)).toThrow(RangeError);
});
