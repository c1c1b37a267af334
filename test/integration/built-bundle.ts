import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFunctions } from '../../scripts/build';

const repository = join(__dirname, '..', '..');

export interface BuiltBundle {
  /** Holds a folder for each function, as `npm run build` leaves them in `dist`. */
  readonly folder: string;
  remove(): Promise<void>;
}

/** The bundle of the sources as they are, in a folder of its own with the packages that npm would install there. */
export async function buildBundle(): Promise<BuiltBundle> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'attache-bundle-')));
  await buildFunctions(repository, join(folder, 'dist'));
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
  return { folder: join(folder, 'dist'), remove: () => rm(folder, { recursive: true, force: true }) };
}
