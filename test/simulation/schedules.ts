import * as z from 'zod';
import { RandomAdversary, ScriptedAdversary, weatherOf } from './adversaries';
import type { Outcome, Schedule } from './play';
import { randomScenario } from './random-scenario';
import { scenarioNamed, scenarios } from './scenarios';
import { seededRandom, troubles, type Fate } from './world';

/** A schedule in a few words, from which it plays out again. */
export type Spec =
  | { readonly seed: number }
  | {
      readonly scenario: string;
      /** By the number of the I/O. */
      readonly fates: Readonly<Record<number, Fate>>;
      /** 1: nothing is redelivered, so that only the sweep is left. */
      readonly maxDeliveryAttempts?: number;
    };

export function scheduleOf(spec: Spec): Schedule {
  if (!('seed' in spec)) {
    const { scenario, fates, maxDeliveryAttempts } = spec;
    return {
      scenario: scenarioNamed(scenario),
      adversary: new ScriptedAdversary(fates),
      ...(maxDeliveryAttempts !== undefined && { maxDeliveryAttempts }),
    };
  }
  const { seed } = spec;
  const random = seededRandom(seed ^ 0x5c4ed01e);
  const named = scenarios[Math.floor(random.next() * 2 * scenarios.length)];
  return {
    scenario: named ?? randomScenario(seed),
    adversary: new RandomAdversary(seed, weatherOf(seed)),
    instanceCount: 2,
    maxDeliveryAttempts: random.next() < 0.3 ? 6 : 100,
    sweptThroughout: random.next() < 0.3,
  };
}

/** The command that plays it again and prints its trace. */
export function commandOf(spec: Spec): string {
  if ('seed' in spec) return `npm run simulate -- --seed ${spec.seed}`;
  const fates = Object.entries(spec.fates).map(([index, fate]) => `${index}:${fate}`);
  const attempts = spec.maxDeliveryAttempts === undefined ? '' : ` --attempts ${spec.maxDeliveryAttempts}`;
  return `npm run simulate -- --scenario "${spec.scenario}" --fates "${fates.join(' ')}"${attempts}`;
}

export function parseFates(text: string): Record<number, Fate> {
  const fates: Record<number, Fate> = {};
  for (const part of text.split(/\s+/).filter(Boolean)) {
    const [index, name] = part.split(':');
    const fate = troubles.find((trouble) => trouble === name);
    if (!fate) throw new Error(`"${part}" is not of the form 12:${troubles.join('|')}.`);
    fates[Number(index)] = fate;
  }
  return fates;
}

export type Run = (spec: Spec) => Promise<Outcome>;

const extentSchema = z.object({
  troubles: z.array(z.enum(troubles)),
  /** Only the I/Os of the first 45 minutes, without the sweeps and the reconciliation that follow. */
  workOnly: z.boolean().optional(),
  maxDeliveryAttempts: z.number().optional(),
  /** After a kill the process is killed again, at each of so many I/Os that follow. */
  secondKillWithin: z.number().optional(),
  /** Only every so many-th I/O, from an offset. */
  every: z.tuple([z.number(), z.number()]).optional(),
});

/** Many schedules in a few words: trouble at the I/Os of a scenario, or a range of seeds. */
export const explorationSchema = z.union([
  extentSchema.extend({ scenario: z.string() }),
  z.object({ firstSeed: z.number(), endSeed: z.number(), step: z.number().optional() }),
]);
export type Exploration = z.infer<typeof explorationSchema>;

export async function explore(run: Run, exploration: Exploration): Promise<void> {
  if ('scenario' in exploration) return exhaust(run, exploration.scenario, exploration);
  const { firstSeed, endSeed, step = 1 } = exploration;
  for (let seed = firstSeed; seed < endSeed; seed += step) await run({ seed });
}

/** Each of the troubles at each I/O of a scenario. */
async function exhaust(run: Run, scenario: string, extent: z.infer<typeof extentSchema>): Promise<void> {
  const { workOnly = false, maxDeliveryAttempts, secondKillWithin = 0, every: [step, offset] = [1, 0] } = extent;
  const specOf = (fates: Record<number, Fate>): Spec => ({
    scenario,
    fates,
    ...(maxDeliveryAttempts !== undefined && { maxDeliveryAttempts }),
  });
  const calm = await run(specOf({}));
  const end = workOnly ? calm.ioCountOfWork : calm.ioLabels.length;
  for (let index = offset; index < end; index += step) {
    for (const trouble of extent.troubles) {
      // A read that takes effect late is one that does not.
      if (trouble.endsWith('Late') && !/commit|publish/.test(calm.ioLabels[index] ?? '')) continue;
      const outcome = await run(specOf({ [index]: trouble }));
      if (!trouble.startsWith('kill')) continue;
      const last = Math.min(index + secondKillWithin, outcome.ioLabels.length - 1);
      for (let second = index + 1; second <= last; second++)
        for (const kill of ['killBefore', 'killAfter'] as const)
          await run(specOf({ [index]: trouble, [second]: kill }));
    }
  }
}

/** The sum of many schedules. */
export const tallySchema = z.object({
  schedules: z.number(),
  /** How often a process was killed. */
  crashPoints: z.number(),
  faults: z.number(),
  lost: z.number(),
  doubled: z.number(),
  failed: z.number(),
  /** The first few. */
  failures: z.array(z.object({ command: z.string(), violations: z.array(z.string()) })),
});
export type Tally = z.infer<typeof tallySchema>;

export function newTally(): Tally {
  return { schedules: 0, crashPoints: 0, faults: 0, lost: 0, doubled: 0, failed: 0, failures: [] };
}

export function count(tally: Tally, spec: Spec, outcome: Outcome): void {
  const { violations, kills, faults, lost, doubled } = outcome;
  add(tally, {
    schedules: 1,
    crashPoints: kills,
    faults,
    lost,
    doubled,
    failed: violations.length > 0 ? 1 : 0,
    failures: violations.length > 0 ? [{ command: commandOf(spec), violations: [...violations] }] : [],
  });
}

export function add(tally: Tally, more: Tally): Tally {
  tally.schedules += more.schedules;
  tally.crashPoints += more.crashPoints;
  tally.faults += more.faults;
  tally.lost += more.lost;
  tally.doubled += more.doubled;
  tally.failed += more.failed;
  tally.failures.push(...more.failures.slice(0, 10 - tally.failures.length));
  return tally;
}

export function summary({ schedules, crashPoints, faults, lost, doubled, failed }: Tally): string {
  return `${schedules} schedules, ${crashPoints} crash points, ${faults} faults: ${lost} lost, ${doubled} doubled, ${failed} schedules with a violation`;
}
