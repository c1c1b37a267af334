import { createHash } from 'node:crypto';
import type { Scenario } from './scenarios';
import { Simulation, messageKey } from './simulation';
import type * as Subject from './subject';
import { seededRandom, type Adversary, type Fate } from './world';

export interface ScheduleResult {
  readonly violations: readonly string[];
  /** Of the whole schedule but for the last hour, in which everything must be at rest. */
  readonly ioCount: number;
  readonly kills: number;
  readonly faults: number;
  readonly lost: number;
  readonly doubled: number;
  readonly trace: readonly string[];
}

export interface Schedule {
  readonly scenario: Scenario;
  readonly adversary: Adversary;
  readonly instanceCount?: number;
  readonly maxDeliveryAttempts?: number;
  readonly traced?: boolean;
}

const minuteMs = 60_000;
const redeliveryOnlyMs = 45 * minuteMs;
const reconcileAtMs = 6.2 * 60 * minuteMs;

/** Plays one schedule to its end: redelivery alone first, then sweeps, then the first reconciliation, then rest. */
export async function play(subject: typeof Subject, schedule: Schedule): Promise<ScheduleResult> {
  const { scenario } = schedule;
  const simulation = new Simulation(subject, { ...schedule, ...(scenario.gmail && { gmail: scenario.gmail }) });
  const { world, violations } = simulation;
  const startMs = world.nowMs;
  await scenario.play(simulation);

  await world.runUntil(startMs + redeliveryOnlyMs);
  const sweepNeeded = scenario.sweepNeeded || simulation.deadLetterCount() > 0 || droppedPushes(simulation, schedule);
  if (!sweepNeeded) await simulation.checkSettled({ atRest: false });
  if (scenario.prompt && world.faults === 0 && !droppedPushes(simulation, schedule)) checkPrompt(simulation);

  await sweepEvery5Minutes(simulation, 9);
  await simulation.checkSettled({ atRest: false });

  await world.runUntil(startMs + reconcileAtMs);
  await sweepEvery5Minutes(simulation, 6);
  const ioCountBeforeRest = world.ioCount;
  const callsBefore = callCount(simulation);
  await sweepEvery5Minutes(simulation, 12);
  // In an hour a quiet mailbox is read twice and reconciled once; a loop would call at every sweep.
  const records = await simulation.records();
  if (callCount(simulation) - callsBefore > 6 * records.length) violations.push('calls to Google do not come to rest');
  await simulation.checkSettled({ atRest: true });
  for (const record of records) {
    if (record.counters.reconciled > 0) violations.push('reconciling found what sync had missed');
  }

  const events = await simulation.events();
  const ids = new Set(events.map(({ mailbox, messageId }) => messageKey(mailbox, messageId)));
  return {
    violations,
    ioCount: ioCountBeforeRest,
    kills: world.kills,
    faults: world.faults,
    lost: [...simulation.expected.keys()].filter((id) => !ids.has(id)).length,
    doubled: events.length - ids.size,
    trace: world.trace,
  };
}

async function sweepEvery5Minutes(simulation: Simulation, times: number): Promise<void> {
  for (let sweep = 0; sweep < times; sweep++) {
    await simulation.sweep();
    await simulation.world.runUntil(simulation.world.nowMs + 5 * minuteMs);
  }
}

function callCount({ gmail }: Simulation): number {
  return Object.values(gmail.quota.calls).reduce((sum, count) => sum + count, 0);
}

function droppedPushes({ gmail }: Simulation, { adversary }: Schedule): boolean {
  return gmail.pushes.dropped > 0 || (adversary instanceof RandomAdversary && adversary.dropped > 0);
}

function checkPrompt({ expected, published, violations, world }: Simulation): void {
  const limitMs = 5_000 + 60 * world.adversary.worstLatencyMs;
  const publishedAt = new Map([...published.values()].map(({ key, atMs }) => [key, atMs]));
  for (const [id, { deliveredAtMs }] of expected) {
    const atMs = publishedAt.get(id);
    if (atMs === undefined || atMs - deliveredAtMs > limitMs) violations.push('message was late without any fault');
  }
}

/** Calm weather but for the I/Os named. */
export class ScriptedAdversary implements Adversary {
  constructor(
    private readonly fates: ReadonlyMap<number, Fate>,
    readonly worstLatencyMs = 10,
  ) {}
  fate({ index }: { index: number }): Fate {
    return this.fates.get(index) ?? 'ok';
  }
  latencyMs(): number {
    return this.worstLatencyMs;
  }
  copies(): number {
    return 1;
  }
  chooseInstance(): number {
    return 0;
  }
}

export interface Weather {
  /** Chance of each kind of trouble, per I/O or push. */
  readonly kill: number;
  readonly fail: number;
  readonly stall: number;
  readonly drop: number;
  readonly double: number;
  readonly maxLatencyMs: number;
}

/** Trouble by chance, from a seed, for the first ten minutes; then calm. */
export class RandomAdversary implements Adversary {
  dropped = 0;
  private readonly random;
  private calmAtMs: number | undefined;

  constructor(
    seed: number,
    private readonly weather: Weather,
  ) {
    this.random = seededRandom(seed);
  }

  fate(_io: unknown, nowMs: number): Fate {
    if (!this.isStormy(nowMs)) return 'ok';
    const { kill, fail, stall } = this.weather;
    const dice = this.random.next();
    if (dice < kill) return this.random.next() < 0.5 ? 'killBefore' : 'killAfter';
    if (dice < kill + fail) return this.random.next() < 0.5 ? 'failBefore' : 'failAfter';
    return dice < kill + fail + stall ? 'stall' : 'ok';
  }

  get worstLatencyMs(): number {
    return this.weather.maxLatencyMs + 1;
  }

  latencyMs(): number {
    return 1 + Math.floor(this.random.next() ** 3 * this.weather.maxLatencyMs);
  }

  copies(nowMs: number): number {
    if (!this.isStormy(nowMs)) return 1;
    const dice = this.random.next();
    if (dice < this.weather.drop) {
      this.dropped += 1;
      return 0;
    }
    return dice < this.weather.drop + this.weather.double ? 2 : 1;
  }

  chooseInstance(count: number): number {
    return Math.floor(this.random.next() * count);
  }

  private isStormy(nowMs: number): boolean {
    this.calmAtMs ??= nowMs + 10 * minuteMs;
    return nowMs < this.calmAtMs;
  }
}

/** The weather of a seed: from calm with jitter to storms. */
export function weatherOf(seed: number): Weather {
  const random = seededRandom(seed ^ 0x5eed);
  const chance = (limit: number) => (random.next() < 0.4 ? 0 : random.next() * limit);
  return {
    kill: chance(0.15),
    fail: chance(0.2),
    stall: chance(0.05),
    drop: chance(0.5),
    double: chance(0.5),
    maxLatencyMs: 2 + Math.floor(random.next() ** 2 * 5_000),
  };
}

export function randomSchedule(seed: number, scenarios: readonly Scenario[], traced = false): Schedule {
  const scenario = scenarios[seed % scenarios.length];
  if (!scenario) throw new Error('There are no scenarios.');
  return {
    scenario,
    adversary: new RandomAdversary(seed, weatherOf(seed)),
    instanceCount: 2,
    maxDeliveryAttempts: seed % 3 === 0 ? 6 : 100,
    traced,
  };
}

export function fingerprint(trace: readonly string[]): string {
  return createHash('sha256').update(trace.join('\n')).digest('hex');
}
