import { play, type Play } from './convergence';
import { calm } from './simulation';

const mild: Play = { taskCount: 2, editCount: 25, weather: calm };
const rough: Play = {
  taskCount: 3,
  editCount: 40,
  weather: {
    failBefore: 0.03,
    failAfter: 0.03,
    killBefore: 0.02,
    killAfter: 0.02,
    dropWebhook: 0.3,
    doubleWebhook: 0.3,
  },
};

test.each([
  ['in calm weather', mild, 0],
  ['when everything fails now and then', rough, 100_000],
])(
  '%s, tasks and events are equal in the end or a conflict is on record, no edit is lost, and writing ends',
  async (_, how, from) => {
    for (let seed = from; seed < from + 30; seed++) {
      const { problems, world } = await play(seed, how);
      if (problems.length > 0)
        throw new Error(`Seed ${seed}: ${problems.join('\n')}\n${world.trace.slice(-400).join('\n')}`);
    }
  },
);
