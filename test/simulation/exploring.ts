import { startExplorer, type Explorer } from './explorer';
import { add, newTally, summary, type Exploration, type Tally } from './schedules';

/** An explorer of the product for the tests of one file, which prints their sum. */
export function exploring(what: string): (exploration: Exploration) => Promise<Tally> {
  const total = newTally();
  let explorer: Explorer;
  beforeAll(async () => {
    explorer = await startExplorer();
  });
  afterAll(async () => {
    await explorer.stop();
    console.log(`simulation of ${what}: ${summary(total)}`);
  });
  return async (exploration) => {
    const tally = await explorer.explore({ exploration });
    add(total, tally);
    return tally;
  };
}
