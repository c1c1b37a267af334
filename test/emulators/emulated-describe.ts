import { emulatorHostVariables, type EmulatorName } from './find-emulators';

/** A `describe` that is visibly skipped where the emulator is not; `global-setup.ts` says why. Give each file its own project. */
export function emulatedDescribe(emulator: EmulatorName, title: string, suite: (host: string) => void): void {
  const host = process.env[emulatorHostVariables[emulator]];
  (host ? describe : describe.skip)(title, () => suite(host ?? ''));
}
