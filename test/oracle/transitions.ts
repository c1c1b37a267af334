import type { SlotQuestion } from '../../shared/domain/slot-question';
import { computeSlots } from '../../shared/domain/slots';
import type { WorkingHours } from '../../shared/domain/working-time';
import { slotsByBruteForce, wallClock } from './slots-oracle';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const HOURS_OF_EVERY_DAY: readonly WorkingHours[] = [
  { start: '00:00', end: '24:00' },
  { start: '09:00', end: '17:00' },
  { start: '22:00', end: '02:00' },
];

/** The instants (epoch milliseconds, to the minute) between `from` and `to` at which the clocks of the zone are changed. */
export function transitionsOf(timeZone: string, from: number, to: number): number[] {
  const offset = (instant: number): number => wallClock(timeZone, instant) - instant;
  const transitions: number[] = [];
  for (let day = from; day < to; day += DAY) {
    if (offset(day) === offset(day + DAY)) continue;
    let minute = day + MINUTE;
    while (offset(minute) === offset(day)) minute += MINUTE;
    transitions.push(minute);
  }
  return transitions;
}

/** Where the slots of the six days around a transition differ from what they should be: one line for each difference. */
export function differencesAround(timeZone: string, transition: number): string[] {
  return HOURS_OF_EVERY_DAY.flatMap((hours) => {
    const question: SlotQuestion = {
      hosts: [
        {
          id: 'ana',
          rules: { timeZone, weekly: [{ ...hours, days: [1, 2, 3, 4, 5, 6, 7] }], overrides: [] },
          busy: [],
        },
      ],
      mode: 'collective',
      timeMin: new Date(transition - 3 * DAY).toISOString(),
      timeMax: new Date(transition + 3 * DAY).toISOString(),
      durationMinutes: 30,
      slotIntervalMinutes: 30,
      bufferBeforeMinutes: 0,
      bufferAfterMinutes: 0,
      minimumNoticeMinutes: 0,
      now: new Date(transition - 4 * DAY).toISOString(),
    };
    const expected = new Set(slotsByBruteForce(question).map(({ start, end }) => `${start} to ${end}`));
    const actual = new Set(computeSlots(question).slots.map(({ start, end }) => `${start} to ${end}`));
    const describe = (slot: string, verdict: string): string =>
      `${timeZone}, ${hours.start}–${hours.end}, clocks changed ${new Date(transition).toISOString()}: ${slot} ${verdict}`;
    return [
      ...[...expected].filter((slot) => !actual.has(slot)).map((slot) => describe(slot, 'is missing')),
      ...[...actual].filter((slot) => !expected.has(slot)).map((slot) => describe(slot, 'should not be')),
      ...(expected.size === 0 ? [describe('every slot', 'is missing from the oracle')] : []),
    ];
  });
}
