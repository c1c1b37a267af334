/**
 * `npx tsx test/oracle/every-transition.ts`: the slots around every change of the clocks in every zone the runtime knows,
 * from 2024 to 2030, against the oracle. Prints every difference; takes a few minutes.
 */
import { differencesAround, transitionsOf } from './transitions';

const from = Date.UTC(2024, 0, 1);
const to = Date.UTC(2031, 0, 1);
const timeZones = Intl.supportedValuesOf('timeZone');
let transitions = 0;
let differences = 0;
for (const timeZone of timeZones) {
  for (const transition of transitionsOf(timeZone, from, to)) {
    transitions++;
    for (const difference of differencesAround(timeZone, transition)) {
      differences++;
      console.log(difference);
    }
  }
}
console.log(
  `${timeZones.length} zones (data ${process.versions.tz}), ${transitions} changes of the clocks from 2024 to 2030, ` +
    `three rules each: ${differences} differences`,
);
process.exitCode = differences === 0 ? 0 : 1;
