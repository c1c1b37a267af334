import type { Simulation, SimulationOptions } from './simulation';

export interface Scenario {
  readonly name: string;
  readonly gmail?: SimulationOptions['gmail'];
  /** How many calls at their slowest an invocation has time for. */
  readonly budgetCalls?: number;
  /** Whether redelivery alone cannot bring every message: it takes the sweep. */
  readonly sweepNeeded?: boolean;
  /** Whether, without faults, every message must be with the agent within seconds. */
  readonly prompt?: boolean;
  /** Whether the scheduler also renews watches. */
  readonly renewals?: boolean;
  play(simulation: Simulation): Promise<void> | void;
  /** What must be true in the end, beyond the invariants; calls `violate` where it is not. */
  check?(simulation: Simulation): void;
}

export const ana = 'ana@example.com';
export const ben = 'ben@example.com';

export function deliverSeveral(simulation: Simulation, count: number, labelIds?: readonly string[]): string[] {
  return Array.from({ length: count }, () => simulation.deliver(ana, labelIds));
}
