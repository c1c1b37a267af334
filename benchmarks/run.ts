/** `npm run bench`: everything that docs/scale.md quotes, in one run and one table. `slots.ts` prints its own. */
import { loadavg } from 'node:os';
import { measureColdStarts } from './cold-start';
import { tableOf } from './report';
import { measureRoundTrips } from './round-trips';
import { measureScheduling } from './scheduling-trips';
import { measureThroughput } from './throughput';

async function main(): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0;
  const rows = [
    ...(await measureRoundTrips()),
    ...(await measureScheduling()),
    ...(await measureThroughput()),
    ...(await measureColdStarts()),
  ];
  console.log(
    `Node ${process.version}, ${process.platform} ${process.arch}; load before the run ${loadBefore.toFixed(1)}.`,
  );
  console.log(
    'Cold starts: medians of nine, interleaved, from the start of the process. The first 200 is of /health/live, which',
  );
  console.log('does not load the function; its first work does.\n');
  console.log(tableOf(rows));
}

void main();
