import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { bundle } from './build-subject';
import { fingerprint, play } from './play';
import { add, newTally, parseFates, scheduleOf, summary, tallySchema, type Spec, type Tally } from './schedules';
import * as subject from './subject';
import type { Job } from './worker';

const usage = `npm run simulate -- --schedules 100000 [--first-seed 0]    random schedules
npm run simulate -- --exhaustive                            every trouble at every I/O, and all pairs of kills
npm run simulate -- --seed 7                                one random schedule, with its trace
npm run simulate -- --scenario "one message" --fates "3:killAfter 9:killBefore" [--attempts 1]`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string', default: '10000' },
      'first-seed': { type: 'string', default: '0' },
      exhaustive: { type: 'boolean', default: false },
      seed: { type: 'string' },
      scenario: { type: 'string' },
      fates: { type: 'string', default: '' },
      attempts: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { scenario, fates, attempts, exhaustive } = values;
  if (values.help) return console.log(usage);
  if (values.seed !== undefined) return replay({ seed: Number(values.seed) });
  if (scenario !== undefined) {
    const maxDeliveryAttempts = attempts === undefined ? {} : { maxDeliveryAttempts: Number(attempts) };
    return replay({ scenario, fates: parseFates(fates), ...maxDeliveryAttempts });
  }

  const tally = await explore({
    firstSeed: Number(values['first-seed']),
    schedules: Number(values.schedules),
    exhaustive,
  });
  for (const { command, violations } of tally.failures) console.log(`${command}\n  ${violations.join('\n  ')}`);
  console.log(summary(tally));
  if (tally.failed > 0) process.exitCode = 1;
}

async function replay(spec: Spec): Promise<void> {
  const { trace, violations } = await play(subject, { ...scheduleOf(spec), traced: true });
  console.log(`${trace.join('\n')}\ntrace ${fingerprint(trace)}`);
  console.log(violations.length > 0 ? violations.join('\n') : 'no violation');
  if (violations.length > 0) process.exitCode = 1;
}

/** On all cores, each with the whole simulation in one bundle. */
async function explore(what: Pick<Job, 'firstSeed' | 'schedules' | 'exhaustive'>): Promise<Tally> {
  const code = await bundle('worker.ts');
  const tally = newTally();
  const progress = setInterval(() => console.log(summary(tally)), 30_000);
  const shares = availableParallelism();
  const workers = Array.from({ length: shares }, (_, share) => {
    const workerData: Job = { ...what, share, shares };
    const worker = new Worker(code, { eval: true, workerData, resourceLimits: { maxYoungGenerationSizeMb: 64 } });
    worker.on('message', (message) => add(tally, tallySchema.parse(message)));
    return new Promise<void>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  });
  try {
    await Promise.all(workers);
  } finally {
    clearInterval(progress);
  }
  return tally;
}

void main();
