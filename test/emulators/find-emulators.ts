import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type EmulatorName = 'firestore' | 'pubsub';

export const emulatorHostVariables = {
  firestore: 'FIRESTORE_EMULATOR_HOST',
  pubsub: 'PUBSUB_EMULATOR_HOST',
} as const satisfies Record<EmulatorName, string>;

/** How Java starts an emulator, or the sentence that says why it cannot. */
export type FoundEmulator = { readonly javaArguments: readonly string[] } | { readonly missing: string };

/** Looks for Google's emulators where gcloud keeps them. */
export async function findEmulators(): Promise<Record<EmulatorName, FoundEmulator>> {
  const [root, hasJava] = await Promise.all([
    outputOf('gcloud', 'info', '--format=value(installation.sdk_root)'),
    outputOf('java', '-version').then((output) => output !== undefined),
  ]);
  const find = async (name: EmulatorName): Promise<FoundEmulator> => {
    if (!root) return { missing: 'gcloud is not installed' };
    if (!hasJava) return { missing: 'there is no Java to run it' };
    const { folder, jar, component, javaArguments } = installations[name];
    const directory = join(root, 'platform', ...folder);
    const file = (await filesOf(directory)).find((entry) => jar.test(entry));
    if (file === undefined) return { missing: `\`gcloud components install ${component}\` would install it` };
    return { javaArguments: javaArguments(join(directory, file)) };
  };
  const [firestore, pubsub] = await Promise.all([find('firestore'), find('pubsub')]);
  return { firestore, pubsub };
}

const installations = {
  firestore: {
    folder: ['cloud-firestore-emulator'],
    jar: /^cloud-firestore-emulator.*\.jar$/,
    component: 'cloud-firestore-emulator',
    // The jar names no main class. Its messages are only in English where the language is.
    javaArguments: (jar: string) => [
      '-Duser.language=en',
      '-cp',
      jar,
      'com.google.cloud.datastore.emulator.firestore.CloudFirestore',
    ],
  },
  pubsub: {
    folder: ['pubsub-emulator', 'lib'],
    jar: /^cloud-pubsub-emulator-.*-all\.jar$/,
    component: 'pubsub-emulator',
    javaArguments: (jar: string) => ['-jar', jar],
  },
};

async function outputOf(command: string, ...commandArguments: string[]): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(command, commandArguments)).stdout.trim();
  } catch {
    return undefined;
  }
}

async function filesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}
