import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

test('the configuration table and the OpenAPI document say what the code says', () => {
  const root = join(__dirname, '..');
  // In a process of its own: prettier loads its parsers in a way that jest does not allow.
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join('scripts', 'generate-docs.ts'), '--check'],
    { cwd: root, encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}, 60_000);
