import { fingerprint, play, type Outcome } from './play';
import { scenarios } from './scenarios';
import { count, exhaust, newTally, scheduleOf, summary, type Spec } from './schedules';
import * as subject from './subject';
import { troubles } from './world';

/** `npm run simulate -- --exhaustive` does the same at every I/O of every phase, with all pairs of kills. */
const tally = newTally();
const names = scenarios.map(({ name }) => name);

async function run(spec: Spec): Promise<Outcome> {
  const outcome = await play(subject, scheduleOf(spec));
  count(tally, spec, outcome);
  return outcome;
}

async function expectNoFailure(explore: () => Promise<void>): Promise<void> {
  const before = tally.failures.length;
  await explore();
  expect(tally.failures.slice(before)).toEqual([]);
}

beforeAll(() => {
  // Half of all schedules' time would go into the stacks of injected errors.
  Error.stackTraceLimit = 0;
});

afterAll(() => console.log(`simulation: ${summary(tally)}`));

test.each(names)(
  '%s: survives every trouble at every I/O',
  async (name) => {
    await expectNoFailure(() => exhaust(run, name, { troubles, workOnly: true }));
  },
  120_000,
);

test.each(names)(
  '%s: survives a kill with only the sweep to mend it',
  async (name) => {
    await expectNoFailure(() =>
      exhaust(run, name, {
        troubles: ['killBefore', 'killAfter'],
        workOnly: true,
        maxDeliveryAttempts: 1,
        every: [2, 0],
      }),
    );
  },
  120_000,
);

test.each(names)(
  '%s: survives a second kill during the recovery from the first',
  async (name) => {
    await expectNoFailure(() =>
      exhaust(run, name, { troubles: ['killAfter'], workOnly: true, secondKillWithin: 3, every: [5, 2] }),
    );
  },
  120_000,
);

test('survives trouble while it is swept and reconciled', async () => {
  await expectNoFailure(() => exhaust(run, 'one message', { troubles }));
}, 120_000);

test('survives drops, duplicates, reordering, lag, skewed clocks and two instances by chance', async () => {
  await expectNoFailure(async () => {
    for (let seed = 0; seed < 2_000; seed++) await run({ seed });
  });
}, 240_000);

test('plays the same schedule from the same seed', async () => {
  const trace = async (seed: number) => (await play(subject, { ...scheduleOf({ seed }), traced: true })).trace;
  for (let seed = 0; seed < 30; seed++) expect(fingerprint(await trace(seed))).toBe(fingerprint(await trace(seed)));
  expect(fingerprint(await trace(1))).not.toBe(fingerprint(await trace(2)));
}, 120_000);
