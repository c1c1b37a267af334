import type { Metafile } from 'esbuild';
import { isPackageFile } from './lazy-chunks';

export interface BuiltFile {
  readonly name: string;
  readonly text: string;
  readonly inputs: Metafile['inputs'];
}

/** What is wrong with a function's files, in sentences; nothing is, when the list is empty. */
export function problemsOf(functionName: string, files: readonly BuiltFile[]): string[] {
  return [...files.flatMap(problemsOfFile), ...copiesOfState(files)].map((problem) => `${functionName}: ${problem}`);
}

function problemsOfFile({ name, text }: BuiltFile): string[] {
  return secrets.filter(([, pattern]) => pattern.test(text)).map(([secret]) => `${name} contains ${secret}.`);
}

/** Patterns need what follows the marker: libraries name the markers alone. */
const secrets: readonly (readonly [string, RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----(\\r|\\n|\s)*[A-Za-z0-9+/=]{40}/],
  ['a Google API key', /AIza[\w-]{35}/],
  ['a Google client secret', /GOCSPX-[\w-]{28}/],
  ['a Google access token', /ya29\.[\w-]{30}/],
];

/**
 * Each file has its own copy of the modules it imports. For the domain, which keeps no state, that does not matter; of
 * anything else there would be two caches, two clients, two registries.
 */
function copiesOfState(files: readonly BuiltFile[]): string[] {
  const filesByInput = new Map<string, string[]>();
  for (const { name, inputs } of files) {
    for (const input of Object.keys(inputs)) {
      if (isPackageFile(input) || input.startsWith('shared/domain/') || !/\.tsx?$/.test(input)) continue;
      filesByInput.set(input, [...(filesByInput.get(input) ?? []), name]);
    }
  }
  return [...filesByInput]
    .filter(([, names]) => names.length > 1)
    .map(([input, names]) => `${input} is in ${names.join(' and in ')}: let only one of them import it.`);
}
