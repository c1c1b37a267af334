import { People, type Side } from './people';
import { ann, calm, second, TaskWorld, type Weather } from './simulation';

export interface Play {
  readonly taskCount: number;
  readonly editCount: number;
  readonly weather: Weather;
  /** Where people change things; both sides where it is left out. With one of them there is nothing to disagree about. */
  readonly only?: Side;
}

const foul: Weather = {
  failBefore: 0.03,
  failAfter: 0.03,
  killBefore: 0.02,
  killAfter: 0.02,
  dropWebhook: 0.3,
  doubleWebhook: 0.3,
};
const rough: Play = { taskCount: 3, editCount: 40, weather: foul };

/** The kinds of plays. */
export const plays = {
  calm: { taskCount: 2, editCount: 25, weather: calm },
  rough,
  taskOnly: { ...rough, only: 'task' },
  eventOnly: { ...rough, only: 'event' },
} as const satisfies Readonly<Record<string, Play>>;

export type PlayKind = keyof typeof plays;

/**
 * Random edits on both sides in bad weather; then the weather clears, everything that is on its way arrives, the sweeps run,
 * and whatever is not as it has to be is returned, in words.
 */
export async function play(
  seed: number,
  { taskCount, editCount, weather, only }: Play,
): Promise<{ problems: string[]; world: TaskWorld }> {
  const world = new TaskWorld(seed);
  await world.start();
  world.weather = weather;
  Object.assign(world.calendar.settings, { pageSizeLimit: 2, emptyListPages: seed % 2 === 0 });
  const people = new People(world, taskCount, only);
  for (let edits = 0; edits < editCount; edits++) {
    await people.act();
    const pause = Math.floor(world.random.next() * 25);
    for (let steps = 0; steps < pause; steps++) await world.step();
    await people.look();
    if (world.chance(0.1)) world.nowMs += 100_000;
    if (world.chance(0.1)) await world.sweep();
    if (world.chance(0.05)) await world.sweepForOrphans();
    if (world.chance(0.05)) for (const id of [ann, second]) world.calendar.calendar(id).expireSyncTokens();
  }

  world.weather = calm;
  // Longer than any lease, any back-off and the time after which a quiet calendar is read.
  for (let round = 0; round < 3; round++) {
    world.nowMs += 7 * 3_600_000;
    await world.sweep();
    for (let steps = 0; await world.step(); steps++) {
      await people.look();
      if (steps > 100_000) return { problems: ['It never comes to rest.'], world };
    }
  }
  const before = world.writes;
  world.nowMs += 7 * 3_600_000;
  await world.sweep();
  await world.drain();
  const problems = await people.check();
  if (world.writes > before) problems.push(`${world.writes - before} writes after everything was settled`);
  await world.sweepForOrphans();
  await world.drain();
  if (world.writes > before) problems.push('there were orphans');
  if ((await people.resolveAll()) > 0) problems.push('what was settled was refused although nobody else wrote');
  return { problems: [...world.bugs, ...problems], world };
}
