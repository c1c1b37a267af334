import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { zipSync, type Zippable } from 'fflate';

/**
 * A folder as the archive that Cloud Functions takes. The same content always makes the same bytes, on every machine: their
 * digest names the uploaded object, and a function is deployed again exactly when its code has changed.
 */
export async function zipFolder(folder: string): Promise<Uint8Array> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const content: Zippable = {};
  for (const file of files.sort()) {
    content[relative(folder, file).split(sep).join('/')] = [await readFile(file), { mtime: epoch, os: 3, attrs }];
  }
  return zipSync(content);
}

/** The first instant that a zip can name, in local time as the format wants it. */
const epoch = new Date(1980, 0, 1);

/** A plain file that its owner may write and everybody may read. */
const attrs = 0o100644 << 16;
