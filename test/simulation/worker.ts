import { parentPort } from 'node:worker_threads';
import * as z from 'zod';
import { play } from './play';
import { count, explorationSchema, explore, newTally, scheduleOf, type Spec, type Tally } from './schedules';
import * as subject from './subject';

/** What a worker is asked to play. Its answers are tallies, to be added up, and then `null`. */
export const jobSchema = z.object({
  exploration: explorationSchema,
  /** The first schedule with this violation is the last one. */
  until: z.string().optional(),
});
export type Job = z.infer<typeof jobSchema>;

const reportEvery = 200;

async function work({ exploration, until }: Job, report: (tally: Tally) => void): Promise<void> {
  let tally = newTally();
  const flush = () => {
    report(tally);
    tally = newTally();
  };
  const run = async (spec: Spec) => {
    const outcome = await play(subject, scheduleOf(spec));
    count(tally, spec, outcome);
    if (tally.schedules >= reportEvery) flush();
    if (until !== undefined && outcome.violations.includes(until)) throw new Found();
    return outcome;
  };
  try {
    await explore(run, exploration);
  } catch (error) {
    if (!(error instanceof Found)) throw error;
  }
  flush();
}

class Found extends Error {}

if (parentPort) {
  const port = parentPort;
  // Half of all schedules' time would go into the stacks of injected errors.
  Error.stackTraceLimit = 0;
  port.on('message', (job) => {
    void work(jobSchema.parse(job), (tally) => port.postMessage(tally)).then(() => port.postMessage(null));
  });
}
