import { exploring } from './exploring';
import { scenarios } from './scenarios';
import { troubles } from './world';

const explore = exploring('every trouble');

/** `npm run simulate -- --exhaustive` does the same at every I/O of every phase, with all pairs of kills. */
test.each(scenarios.map(({ name }) => name))(
  '%s: survives every trouble at every I/O',
  async (scenario) => {
    expect((await explore({ scenario, troubles: [...troubles], workOnly: true })).failures).toEqual([]);
  },
  120_000,
);

test('survives trouble while it is swept and reconciled', async () => {
  expect((await explore({ scenario: 'one message', troubles: [...troubles] })).failures).toEqual([]);
}, 120_000);
