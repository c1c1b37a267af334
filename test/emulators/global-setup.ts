import { emulatorHostVariables, type EmulatorName } from './find-emulators';
import { stopAfterTests } from './running-emulators';
import { startEmulators } from './start-emulators';

/** Starts Google's emulators once for all suites, which find them by their environment variables. */
export default async function setUp(): Promise<void> {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const emulators = await startEmulators(process.env);
  for (const name of ['firestore', 'pubsub'] satisfies EmulatorName[]) {
    const emulator = emulators[name];
    if ('missing' in emulator) {
      console.warn(`\nSKIPPED: every suite that needs the ${name} emulator, because ${emulator.missing}.`);
    } else {
      process.env[emulatorHostVariables[name]] = emulator.host;
      stopAfterTests(emulator);
    }
  }
}
