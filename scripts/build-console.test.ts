import { join } from 'node:path';
import { buildConsole } from './build-console';

const root = join(__dirname, '..');
const keyPattern = 'atk_';

test('a console to be deployed knows its OAuth client and no API keys, and is small', async () => {
  const files = await buildConsole(root, { clientId: 'client-1' });
  expect([...files.keys()]).toEqual(['index.html', 'icon.svg', 'console.js', 'console.css', 'config.json']);
  expect(files.get('config.json')).toBe('{"clientId":"client-1"}\n');
  expect([...files.values()].join('')).not.toContain(keyPattern);
  expect([...files.values()].join('').length).toBeLessThan(60_000);
});

test('that of the local stack takes an API key', async () => {
  const files = await buildConsole(root, { isDevelopment: true });
  expect(files.get('console.js')).toContain(keyPattern);
  expect(files.get('config.json')).toBe('{"clientId":null}\n');
});

test('no page has scripts or styles of its own, which the security policy would refuse', async () => {
  const page = (await buildConsole(root)).get('index.html');
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
});
