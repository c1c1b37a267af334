import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startExplorer } from './explorer';
import { fingerprint, play } from './play';
import { scenarioNamed, scenarios } from './scenarios';
import { add, newTally, parseFates, scheduleOf, summary, type Exploration, type Spec, type Tally } from './schedules';
import * as subject from './subject';
import { troubles } from './world';

const usage = `npm run simulate -- --schedules 100000 [--first-seed 0]    random schedules
npm run simulate -- --exhaustive [--scenario "one message"]  every trouble at every I/O, and all pairs of kills
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
  if (scenario !== undefined && !exhaustive) {
    const maxDeliveryAttempts = attempts === undefined ? {} : { maxDeliveryAttempts: Number(attempts) };
    return replay({ scenario, fates: parseFates(fates), ...maxDeliveryAttempts });
  }

  const firstSeed = Number(values['first-seed']);
  const endSeed = firstSeed + Number(values.schedules);
  const tally = await exploreAll((share, shares) =>
    exhaustive ? everything(scenario, [shares, share]) : [{ firstSeed: firstSeed + share, endSeed, step: shares }],
  );
  console.log(summary(tally));
  if (tally.failed > 0) process.exitCode = 1;
}

function everything(only: string | undefined, every: [number, number]): Exploration[] {
  const names = only === undefined ? scenarios.map(({ name }) => name) : [scenarioNamed(only).name];
  return names.flatMap((scenario) => [
    { scenario, troubles: [...troubles], secondKillWithin: Number.MAX_SAFE_INTEGER, every },
    { scenario, troubles: ['killBefore', 'killAfter'], maxDeliveryAttempts: 1, every },
  ]);
}

async function replay(spec: Spec): Promise<void> {
  const { trace, violations } = await play(subject, { ...scheduleOf(spec), traced: true });
  console.log(`${trace.join('\n')}\ntrace ${fingerprint(trace)}`);
  console.log(violations.length > 0 ? violations.join('\n') : 'no violation');
  if (violations.length > 0) process.exitCode = 1;
}

/** On all cores. */
async function exploreAll(explorationsOf: (share: number, shares: number) => readonly Exploration[]): Promise<Tally> {
  const tally = newTally();
  const progress = setInterval(() => console.log(summary(tally)), 30_000);
  const shares = availableParallelism();
  const workers = Array.from({ length: shares }, async (_, share) => {
    const explorer = await startExplorer();
    for (const exploration of explorationsOf(share, shares))
      await explorer.explore({ exploration }, (more) => {
        for (const { command, violations } of more.failures) console.log(`${command}\n  ${violations.join('\n  ')}`);
        add(tally, more);
      });
    await explorer.stop();
  });
  try {
    await Promise.all(workers);
  } finally {
    clearInterval(progress);
  }
  return tally;
}

void main();
