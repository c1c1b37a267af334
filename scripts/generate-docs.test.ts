import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAPABILITIES } from '../shared/domain/grants';

const root = join(__dirname, '..');

test('the configuration table and the OpenAPI document say what the code says', () => {
  // In a process of its own: prettier loads its parsers in a way that jest does not allow.
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join('scripts', 'generate-docs.ts'), '--check'],
    { cwd: root, encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}, 60_000);

test('the README lists every capability, as the refusal of an unknown one says', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [paragraph = ''] = /^The capabilities are [^]*?\n\n/m.exec(readme) ?? [];
  const names = [...paragraph.matchAll(/`(\w+\.\w+)`/g)].map(([, name]) => name);
  expect(names).toEqual([...CAPABILITIES]);
});
