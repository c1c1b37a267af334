import { createHash } from 'node:crypto';
import type { Scenario } from './scenario';
import { Simulation } from './simulation';
import type * as Subject from './subject';
import type { Adversary } from './world';

export interface Schedule {
  readonly scenario: Scenario;
  readonly adversary: Adversary;
  readonly instanceCount?: number;
  readonly maxDeliveryAttempts?: number;
  /** Whether the scheduler runs from the beginning; otherwise redelivery has to do for the first 45 minutes. */
  readonly sweptThroughout?: boolean;
  readonly traced?: boolean;
}

export interface Outcome {
  readonly violations: readonly string[];
  /** What each I/O was, up to the last minutes, in which everything must be at rest. */
  readonly ioLabels: readonly string[];
  /** How many of them came before the first sweep after 45 minutes. */
  readonly ioCountOfWork: number;
  readonly kills: number;
  readonly faults: number;
  readonly lost: number;
  readonly doubled: number;
  readonly trace: readonly string[];
}

const minuteMs = 60_000;

/**
 * Plays one schedule to its end: 45 minutes of redelivery alone, then sweeps, then the first reconciliation, then rest: while
 * nothing arrives, sweeps cause no call to Google until the mailbox has been quiet for half an hour.
 */
export async function play(subject: typeof Subject, schedule: Schedule): Promise<Outcome> {
  const { scenario, sweptThroughout = false } = schedule;
  const { gmail, budgetCalls } = scenario;
  const options = { ...schedule, ...(gmail && { gmail }), ...(budgetCalls !== undefined && { budgetCalls }) };
  const simulation = new Simulation(subject, options);
  const { world, invariants, product, gmail: model } = simulation;
  const startMs = world.nowMs;
  const needsSweep = () =>
    scenario.sweepNeeded === true ||
    product.leftToSweep +
      product.subscription.lost +
      product.subscription.deadLettered +
      model.pushes.dropped +
      simulation.unannounced >
      0;

  await scenario.play(simulation);
  if (sweptThroughout) await scheduler(simulation, scenario, 9);
  await world.runUntil(startMs + 45 * minuteMs);
  // A message that cannot be read may still be on its way to its fifth attempt, and others behind it.
  const isWaiting = () => product.subscription.outstanding > 0;
  if (!needsSweep() && !isWaiting()) await invariants.checkSettled({ atRest: false });
  if (!needsSweep() && scenario.prompt && world.faults === 0)
    invariants.checkPrompt(5_000 + 60 * world.adversary.worstLatencyMs);

  const ioCountOfWork = world.ioLabels.length;
  await scheduler(simulation, scenario, needsSweep() ? 9 : 1);
  if (!isWaiting()) await invariants.checkSettled({ atRest: false });

  await world.runUntil(startMs + 7.6 * 60 * minuteMs);
  await scheduler(simulation, scenario, 3);
  const ioLabels = world.ioLabels.slice();
  const callsBefore = callCount(simulation);
  await scheduler(simulation, scenario, 3);
  if (callCount(simulation) > callsBefore || world.isRunaway) invariants.violate('calls to Google do not come to rest');
  await invariants.checkSettled({ atRest: true });
  scenario.check?.(simulation);

  const { violations, lost, doubled } = invariants;
  const { kills, faults, trace } = world;
  return { violations, ioLabels, ioCountOfWork, kills, faults, lost, doubled, trace };
}

async function scheduler({ product, world }: Simulation, { renewals }: Scenario, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    product.sweep();
    if (renewals) product.renewWatches();
    await world.runUntil(world.nowMs + 5 * minuteMs);
  }
}

function callCount({ gmail }: Simulation): number {
  return Object.values(gmail.quota.calls).reduce((sum, count) => sum + count, 0);
}

export function fingerprint(trace: readonly string[]): string {
  return createHash('sha256').update(trace.join('\n')).digest('hex');
}
