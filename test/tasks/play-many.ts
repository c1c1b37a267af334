import { play, type Play } from './convergence';

/** Plays the seeds from the first argument up to the second, as the third says, until one has problems; prints these. */
async function main(): Promise<void> {
  const [from = '0', to = '0', how = ''] = process.argv.slice(2);
  for (let seed = Number(from); seed < Number(to); seed++) {
    const { problems, world } = await play(seed, JSON.parse(how) as Play);
    if (problems.length === 0) continue;
    console.log(JSON.stringify({ seed, problems, trace: world.trace.slice(-300) }));
    return;
  }
  console.log('null');
}

void main();
