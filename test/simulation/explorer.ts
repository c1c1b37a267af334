import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import { bundle, type Edit } from './build-subject';
import { add, newTally, tallySchema, type Tally } from './schedules';
import type { Job } from './worker';

/** Plays one job after the other. */
export interface Explorer {
  explore(job: Job, report?: (more: Tally) => void): Promise<Tally>;
  stop(): Promise<unknown>;
}

/**
 * The simulation, of the product or of a changed one, in a thread of its own: one for each core, and outside of the test
 * runner, whose sandbox doubles its time.
 */
export async function startExplorer(edits: readonly Edit[] = []): Promise<Explorer> {
  const code = await bundle('worker.ts', edits);
  const worker = new Worker(code, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: 64 } });
  return {
    async explore(job, report = () => undefined) {
      const tally = newTally();
      const answers = on(worker, 'message');
      worker.postMessage(job);
      for await (const [answer] of answers) {
        if (answer === null) break;
        const more = tallySchema.parse(answer);
        add(tally, more);
        report(more);
      }
      return tally;
    },
    stop: () => worker.terminate(),
  };
}
