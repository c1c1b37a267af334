import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { play } from './play';
import { scenarios } from './scenarios';
import { count, exhaust, newTally, scheduleOf, type Spec, type Tally } from './schedules';
import * as subject from './subject';
import { troubles } from './world';

/** One worker's share of the schedules: those whose number leaves `share` when divided by `shares`. */
export const jobSchema = z.object({
  share: z.number(),
  shares: z.number(),
  firstSeed: z.number(),
  schedules: z.number(),
  exhaustive: z.boolean(),
});
export type Job = z.infer<typeof jobSchema>;

const reportEvery = 200;

/** Plays its share, and reports what has been added every now and then. */
async function work({ share, shares, firstSeed, schedules, exhaustive }: Job, report: (tally: Tally) => void) {
  let tally = newTally();
  const flush = () => {
    report(tally);
    tally = newTally();
  };
  const run = async (spec: Spec) => {
    const outcome = await play(subject, scheduleOf(spec));
    count(tally, spec, outcome);
    if (tally.schedules >= reportEvery) flush();
    return outcome;
  };
  if (exhaustive) {
    for (const { name } of scenarios) {
      const every = [shares, share] as const;
      await exhaust(run, name, { troubles, secondKillWithin: Infinity, every });
      await exhaust(run, name, { troubles: ['killBefore', 'killAfter'], maxDeliveryAttempts: 1, every });
    }
  } else {
    for (let seed = firstSeed + share; seed < firstSeed + schedules; seed += shares) await run({ seed });
  }
  flush();
}

if (parentPort) {
  const port = parentPort;
  Error.stackTraceLimit = 0;
  void work(jobSchema.parse(workerData), (tally) => port.postMessage(tally));
}
