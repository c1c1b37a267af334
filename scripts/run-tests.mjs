// `npm test`: all of jest's projects, then one line `N passed, N failed, N skipped`. Arguments go to jest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'attache-test-'));
const outputFile = join(folder, 'results.json');
const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${outputFile}`, ...process.argv.slice(2)],
  { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, METADATA_SERVER_DETECTION: 'none' } },
);

let failed = 0;
try {
  const results = JSON.parse(readFileSync(outputFile, 'utf8'));
  const broken = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  failed = results.numFailedTests + broken.length;
  const skipped = results.numPendingTests + results.numTodoTests;
  console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
} catch {
  console.log('0 passed, 1 failed, 0 skipped');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status === 0 && failed > 0 ? 1 : (status ?? 1);
