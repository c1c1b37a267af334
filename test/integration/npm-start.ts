import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from './eventually';

export const repository = join(__dirname, '..', '..');

export interface StartedStack {
  readonly output: () => string;
  /** The first match in what has been printed; waits for it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code when npm and all it has started are gone; null when a signal ended npm. */
  readonly ended: Promise<number | null>;
  /** Ctrl-C in a terminal, which every process of the command gets. */
  interrupt(): void;
  kill(): void;
}

/** `npm start -- …`, as a person types it. */
export function npmStart(stackArguments: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn('npm', ['start', '--silent', '--', ...stackArguments], {
    cwd: repository,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));

  // The pipes close with the last process that holds them.
  const ended = once(child, 'close').then(() => child.exitCode);
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // Nobody of the group is left.
    }
  };
  const stack: StartedStack = {
    output: () => output,
    printed: (pattern) =>
      eventually(
        () => pattern.exec(output) ?? undefined,
        () => `npm start has not printed ${String(pattern)}: ${output}`,
        90_000,
      ),
    ended,
    interrupt: () => signal('SIGINT'),
    kill: () => signal('SIGKILL'),
  };
  return stack;
}
