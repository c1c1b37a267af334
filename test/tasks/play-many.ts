import { play, plays, type PlayKind } from './convergence';

const usage = `npm run simulate:tasks -- [${Object.keys(plays).join(' | ')}] [first seed] [last seed]`;

/** Plays one seed after the other until one has problems; prints these with all that happened, and exits with 1. */
async function main(): Promise<void> {
  const [kind = 'rough', from = '0', to = String(Number(from) + 999)] = process.argv.slice(2);
  if (!isKind(kind) || Number.isNaN(Number(from)) || Number.isNaN(Number(to))) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  for (let seed = Number(from); seed <= Number(to); seed++) {
    const { problems, world } = await play(seed, plays[kind]);
    if (problems.length === 0) continue;
    console.log([`seed ${seed}`, ...problems, ...world.trace].join('\n'));
    process.exitCode = 1;
    return;
  }
  console.log(`${kind}, seeds ${from} to ${to}: tasks and events were equal or in conflict, and nothing was lost`);
}

function isKind(kind: string): kind is PlayKind {
  return Object.hasOwn(plays, kind);
}

void main();
