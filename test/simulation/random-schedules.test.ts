import { exploring } from './exploring';
import { fingerprint, play } from './play';
import { scheduleOf } from './schedules';
import * as subject from './subject';

const explore = exploring('random schedules');

test('survives drops, duplicates, reordering, lag, skewed clocks and two instances by chance', async () => {
  expect(await explore({ firstSeed: 0, endSeed: 300 })).toMatchObject({ schedules: 300, failures: [] });
}, 240_000);

test('plays the same schedule from the same seed', async () => {
  const trace = async (seed: number) => (await play(subject, { ...scheduleOf({ seed }), traced: true })).trace;
  for (let seed = 0; seed < 20; seed++) expect(fingerprint(await trace(seed))).toBe(fingerprint(await trace(seed)));
  expect(fingerprint(await trace(1))).not.toBe(fingerprint(await trace(2)));
}, 120_000);
