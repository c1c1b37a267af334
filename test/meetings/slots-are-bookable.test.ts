import fc from 'fast-check';
import { findSlots } from '../../shared/domain/find-slots';
import type { SlotRequest } from '../../shared/domain/gather-hosts';
import { hostRules } from '../../shared/domain/host-rules';
import { ana, ben, createMeetingsWorld, type MeetingsWorld } from './meetings-world';

const monday = Date.parse('2026-11-23T00:00:00Z');
const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'];

const hour = fc.integer({ min: 0, max: 24 });
const rules = fc.record({
  timeZone: fc.constantFrom(...zones),
  weekly: fc.array(fc.tuple(hour, hour), { minLength: 1, maxLength: 2 }).map((all) =>
    all.map(([start, end]) => ({
      days: [1, 2, 3, 4, 5, 6, 7],
      start: `${String(start % 24).padStart(2, '0')}:00`,
      end: `${String(end).padStart(2, '0')}:30`.replace('24:30', '24:00'),
    })),
  ),
  bufferBeforeMinutes: fc.constantFrom(0, 10, 45),
  bufferAfterMinutes: fc.constantFrom(0, 5, 30),
  minimumNoticeMinutes: fc.constantFrom(0, 600, 1_600),
  maxMeetingsPerDay: fc.constantFrom(null, 1, 2),
});
const block = fc.record({
  email: fc.constantFrom(ana, ben),
  startMinute: fc.integer({ min: 0, max: 2_880 }),
  minutes: fc.integer({ min: 1, max: 240 }),
  seconds: fc.constantFrom(0, 30),
});
const state = fc.record({
  rulesOfAna: rules,
  rulesOfBen: rules,
  blocks: fc.array(block, { maxLength: 6 }),
  meetings: fc.array(fc.integer({ min: 0, max: 2_880 }), { maxLength: 4 }),
  durationMinutes: fc.constantFrom(30, 50, 90),
  mode: fc.constantFrom('collective' as const, 'roundRobin' as const),
  hosts: fc.constantFrom([ana], [ana, ben]),
  hasColleague: fc.boolean(),
});

type State = typeof state extends fc.Arbitrary<infer Value> ? Value : never;

async function worldOf({ rulesOfAna, rulesOfBen, blocks, meetings }: State): Promise<MeetingsWorld> {
  const world = createMeetingsWorld();
  world.model.createUser('colleague@example.com', 'Europe/Berlin');
  await world.deps.hostRules.save(ana, hostRules.parse(rulesOfAna));
  await world.deps.hostRules.save(ben, hostRules.parse(rulesOfBen));
  for (const { email, startMinute, minutes, seconds } of blocks) {
    const startMs = monday + startMinute * 60_000 + seconds * 1_000;
    world.block(email, new Date(startMs).toISOString(), new Date(startMs + minutes * 60_000).toISOString());
  }
  world.block('colleague@example.com', '2026-11-23T11:00:00Z', '2026-11-23T13:00:00Z');
  for (const [i, minute] of meetings.entries()) {
    const start = new Date(monday + minute * 60_000).toISOString();
    await world.create({ start, allowConflicts: true, conference: 'none' }, `before${i}`);
  }
  return world;
}

test('each slot returned can be booked, and each point of the grid that is left out cannot', async () => {
  let bookable = 0;
  let omitted = 0;
  await fc.assert(
    fc.asyncProperty(state, async (given) => {
      const world = await worldOf(given);
      const { hosts, mode, durationMinutes, hasColleague } = given;
      const request: SlotRequest = {
        hosts,
        mode,
        durationMinutes,
        slotIntervalMinutes: 60,
        timeMinMs: monday + 6 * 3_600_000,
        timeMaxMs: monday + 30 * 3_600_000,
        nowMs: world.clock.now(),
        attendees: hasColleague ? [{ email: 'colleague@example.com', mayBeActedFor: true }] : [],
      };
      const deps = { ...world.deps, loadRules: world.deps.hostRules.loadAll };
      const offered = await findSlots(deps, request);
      // The grid is that of all together, or with `roundRobin` each host's own.
      for (const group of mode === 'collective' ? [hosts] : hosts.map((host) => [host])) {
        const isOffered = new Set(
          offered.slots.filter((slot) => group.every((host) => slot.hosts.includes(host))).map(({ start }) => start),
        );
        for (const start of new Set([...(await gridOf(world, { ...request, hosts: group })), ...isOffered])) {
          const attendees = request.attendees.map(({ email }) => ({ email }));
          const body = { host: undefined, hosts: group, mode, start, durationMinutes, conference: 'none', attendees };
          const answer = await world.create(body, `${group.join()} ${start}`);
          expect({ group, start, status: answer.status }).toEqual({
            group,
            start,
            status: isOffered.has(start) ? 201 : 409,
          });
          if (answer.status === 201) await world.cancel(String(answer.body.id));
          if (isOffered.has(start)) bookable += 1;
          else omitted += 1;
        }
      }
    }),
    { numRuns: 15, seed: 20261122 },
  );
  expect(Math.min(bookable, omitted)).toBeGreaterThan(50);
}, 120_000);

/** Every point of the grid, whoever is busy. */
async function gridOf({ deps }: MeetingsWorld, request: SlotRequest): Promise<string[]> {
  const loadRules = async (hosts: readonly string[]) =>
    (await deps.hostRules.loadAll(hosts)).map((one) => one && { ...one, ...unlimited });
  const calendars: typeof deps.calendars = (email) => ({
    ...deps.calendars(email),
    freeBusy: async ({ calendarIds }) => new Map(calendarIds.map((id) => [id, { busy: [] }])),
  });
  const listBookings = async () => [];
  const { slots } = await findSlots(
    { ...deps, calendars, loadRules, listBookings },
    { ...request, attendees: [], nowMs: 0 },
  );
  return slots.map(({ start }) => start);
}

const unlimited = {
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  minimumNoticeMinutes: 0,
  maxMeetingsPerDay: null,
};
