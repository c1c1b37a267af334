/**
 * `npx tsx benchmarks/scheduling-trips.ts`: what a question for free time, and a meeting, cost outside this process, counted at
 * the ports.
 */
import { findSlots } from '../shared/domain/find-slots';
import { ana, createMeetingsWorld } from '../test/meetings/meetings-world';
import { tableOf, verdictOf, type Row } from './report';
import { Turns } from './turns';

export interface SchedulingCost {
  /** One after the other. */
  readonly roundTrips: number;
  /** By port and method, such as `calendar.freeBusy`. */
  readonly calls: Readonly<Record<string, number>>;
}

const hostCounts = [1, 10, 50];

/** A week of free time that all of so many hosts have in common. */
export async function measureAvailability(hostCount: number): Promise<SchedulingCost> {
  const { world, measure } = countedWorld();
  const hosts = Array.from({ length: hostCount }, (_, i) => `host${i}@example.com`);
  for (const host of hosts) {
    world.model.createUser(host, 'Europe/Berlin');
    await world.putRules(host, {});
  }
  const nowMs = world.clock.now();
  return measure(() =>
    findSlots(
      { ...world.deps, loadRules: world.deps.hostRules.loadAll },
      {
        hosts,
        mode: 'collective',
        timeMinMs: nowMs,
        timeMaxMs: nowMs + 7 * 86_400_000,
        nowMs,
        durationMinutes: 30,
        slotIntervalMinutes: 30,
        attendees: [],
      },
    ),
  );
}

/** A meeting of a host with rules and one guest, up to its answer. */
export async function measureMeeting(): Promise<SchedulingCost> {
  const { world, measure } = countedWorld();
  await world.putRules(ana, {});
  return measure(async () => {
    const { status } = await world.create({});
    if (status !== 201) throw new Error(`The meeting was not made: ${status}.`);
  });
}

function countedWorld() {
  const turns = new Turns();
  const world = createMeetingsWorld({ beforeEachCall: () => turns.next() });
  const measure = async (work: () => Promise<unknown>): Promise<SchedulingCost> => {
    world.planFor(undefined);
    turns.count = 0;
    await work();
    const calls: Record<string, number> = {};
    for (const label of world.labels) calls[label] = (calls[label] ?? 0) + 1;
    return { roundTrips: turns.count, calls };
  };
  return { world, measure };
}

function googleCalls({ calls }: SchedulingCost): number {
  return Object.entries(calls).reduce((sum, [label, count]) => sum + (label.startsWith('calendar.') ? count : 0), 0);
}

export async function measureScheduling(): Promise<Row[]> {
  const availability = await Promise.all(hostCounts.map(measureAvailability));
  const meeting = await measureMeeting();
  const base = { ratio: '', target: '', verdict: 'info' } as const;
  return [
    ...availability.map((cost, i): Row => ({
      ...base,
      subject: 'availability',
      what: `round trips | calls to Google, ${hostCounts[i]} hosts, a week`,
      measured: `${cost.roundTrips} | ${googleCalls(cost)}`,
      target: '| 1',
      verdict: verdictOf(googleCalls(cost), { atMost: 1 }),
    })),
    {
      ...base,
      subject: 'meetings',
      what: 'round trips | calls to Google, one meeting',
      measured: `${meeting.roundTrips} | ${googleCalls(meeting)}`,
    },
  ];
}

if (require.main === module) void measureScheduling().then((rows) => console.log(tableOf(rows)));
