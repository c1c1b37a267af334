import type { Emulator } from './start-emulators';

const running: Emulator[] = [];

export function stopAfterTests(emulator: Emulator): void {
  running.push(emulator);
}

export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((emulator) => emulator.stop()));
}
