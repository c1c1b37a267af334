import { exploring } from './exploring';
import { scenarios } from './scenarios';

const explore = exploring('interrupted recovery');

describe.each(scenarios.map(({ name }) => name))('%s', (scenario) => {
  test('survives a kill with only the sweep to mend it', async () => {
    const { failures } = await explore({
      scenario,
      troubles: ['killBefore', 'killAfter'],
      workOnly: true,
      maxDeliveryAttempts: 1,
      every: [4, 0],
    });
    expect(failures).toEqual([]);
  }, 120_000);

  test('survives a second kill during the recovery from the first', async () => {
    const { failures } = await explore({
      scenario,
      troubles: ['killAfter'],
      workOnly: true,
      secondKillWithin: 2,
      every: [12, 2],
    });
    expect(failures).toEqual([]);
  }, 120_000);
});
