import { hostRules } from '../domain/host-rules';
import { createHostRulesStore } from './host-rules-store';
import { createMemoryStore } from './memory';

const rules = createHostRulesStore(createMemoryStore({ now: () => 0 }));
const complete = hostRules.parse({
  timeZone: 'Europe/Berlin',
  weekly: [{ days: [1, 2], start: '22:00', end: '02:00' }],
  overrides: [{ date: '2026-12-24', intervals: [] }],
  calendarIds: ['primary', 'team@group.calendar.google.com'],
});

test('rules come back as they were saved, and the next ones replace them whole', async () => {
  await rules.save('ana@example.com', complete);
  expect(await rules.load('ana@example.com')).toEqual(complete);
  const simple = hostRules.parse({ timeZone: 'UTC', weekly: [] });
  await rules.save('ana@example.com', simple);
  expect(await rules.load('ana@example.com')).toEqual(simple);
});

test('many hosts are loaded in their order, also those without rules', async () => {
  await rules.save('ben@example.com', complete);
  expect(await rules.loadAll(['nobody@example.com', 'ben@example.com'])).toEqual([undefined, complete]);
});

test.each([
  [{ timeZone: 'Europe/Nowhere' }, 'timeZone'],
  [{ weekly: [{ days: [1], start: '9:00', end: '17:00' }] }, 'weekly.0.start'],
  [{ weekly: [{ days: [1, 8], start: '09:00', end: '24:30' }] }, 'weekly.0.end weekly.0.days.1'],
  [{ overrides: [{ date: '2026-02-29', intervals: [] }] }, 'overrides.0.date'],
  [{ overrides: [{ date: '2026-02-28', intervals: [{ start: 'x', end: '10:00' }] }] }, 'overrides.0.intervals.0.start'],
  [{ bufferBeforeMinutes: 1.5 }, 'bufferBeforeMinutes'],
  [{ calendarIds: [] }, 'calendarIds'],
  [{ weekly: undefined }, 'weekly'],
])('%j is refused at %s', (wrong, paths) => {
  const { error } = hostRules.safeParse({ timeZone: 'UTC', weekly: [], ...wrong });
  expect(error?.issues.map(({ path }) => path.join('.')).join(' ')).toBe(paths);
});
