import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { emulatorHostVariables, findEmulators, type EmulatorName, type FoundEmulator } from './find-emulators';

export interface Emulator {
  /** `host:port`, as in the environment variable. */
  readonly host: string;
  /** Resolves when the process is gone. Does nothing to an emulator that was already there. */
  stop(): Promise<void>;
}

/**
 * One entry for each emulator: the one that its environment variable names, else a new one on a free port of the loopback
 * interface, else the sentence that says why there is none. A new one dies with this process, however that ends.
 */
export async function startEmulators(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Record<EmulatorName, Emulator | { readonly missing: string }>> {
  const named = (name: EmulatorName): Emulator | undefined => {
    const host = environment[emulatorHostVariables[name]];
    return host ? { host, stop: () => Promise.resolve() } : undefined;
  };
  const [firestore, pubsub] = [named('firestore'), named('pubsub')];
  if (firestore && pubsub) return { firestore, pubsub };
  const found = await findEmulators();
  const [startedFirestore, startedPubsub] = await Promise.all([
    firestore ?? start('firestore', found.firestore),
    pubsub ?? start('pubsub', found.pubsub),
  ]);
  return { firestore: startedFirestore, pubsub: startedPubsub };
}

async function start(name: EmulatorName, found: FoundEmulator): Promise<Emulator | { readonly missing: string }> {
  if ('missing' in found) return found;
  const port = await freePort();
  // The shell waits for the end of its input, which the system closes when this process dies, even by SIGKILL.
  const child = spawn(
    'sh',
    [
      '-c',
      '"$@" </dev/null & read -r _; kill $!; wait $!',
      'sh',
      'java',
      ...found.javaArguments,
      `--host=127.0.0.1`,
      `--port=${port}`,
    ],
    { stdio: ['pipe', 'ignore', 'pipe'], detached: true },
  );
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint = (complaint + String(chunk)).slice(-2_000)));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    const killer = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), 5_000);
    await ended;
    clearTimeout(killer);
  };

  const host = `127.0.0.1:${port}`;
  if (await answers(`http://${host}/`)) return { host, stop };
  await stop();
  return { missing: `the ${name} emulator did not start: ${complaint.trim()}` };
}

async function answers(url: string): Promise<boolean> {
  for (const deadlineMs = Date.now() + 60_000; Date.now() < deadlineMs; await sleep(50)) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    if (response?.ok) return true;
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}
