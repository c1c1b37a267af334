import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The folders in `functions/` that are deployed: those with an entry point, in the order of the alphabet. */
export async function functionNames(root: string): Promise<string[]> {
  const folders = await readdir(join(root, 'functions'));
  return folders.filter((name) => existsSync(join(root, 'functions', name, 'index.ts'))).sort();
}
