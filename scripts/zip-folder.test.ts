import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { zipFolder } from './zip-folder';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'attache-zip-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function folderWith(name: string, files: readonly (readonly [string, string])[], date: Date): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'chunks'), { recursive: true });
  for (const [file, text] of files) {
    await writeFile(join(folder, file), text);
    await utimes(join(folder, file), date, date);
  }
  return folder;
}

const files = [
  ['index.cjs', 'exports.one = 1;'],
  ['chunks/two.cjs', 'exports.two = "ä";'],
] as const;

test('an archive holds the files of the folder and of those in it', async () => {
  const archive = unzipSync(await zipFolder(await folderWith('a', files, new Date(0))));
  const texts = Object.entries(archive).map(([file, content]) => [file, strFromU8(content)]);
  expect(Object.fromEntries(texts)).toEqual(Object.fromEntries(files));
});

test('the same content makes the same bytes, whenever and in whichever order it was written', async () => {
  const first = await zipFolder(await folderWith('a', files, new Date('2026-01-01T12:00:00Z')));
  const second = await zipFolder(await folderWith('b', [...files].reverse(), new Date('2031-07-01T01:00:00Z')));
  expect(Buffer.from(second).equals(first)).toBe(true);
  const other = await zipFolder(await folderWith('c', [['index.cjs', 'exports.one = 2;']], new Date(0)));
  expect(Buffer.from(other).equals(first)).toBe(false);
});
