import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { eventually } from './eventually';

const ownFramework = join(__dirname, '..', '..', 'node_modules', '.bin', 'functions-framework');

const logLine = z.looseObject({
  severity: z.string(),
  message: z.string(),
  messageId: z.string().optional(),
  count: z.number().optional(),
});
export type LogLine = z.infer<typeof logLine>;

export interface FunctionProcess {
  /** Without a slash at the end. */
  readonly url: string;
  /** All that it has written, the newest last; what is not a log line of the function's own is only in `output`. */
  readonly log: readonly LogLine[];
  readonly output: () => string;
  /** Sends the signal; resolves with the exit code when the process is gone, null when the signal killed it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Called with every log line from now on. */
  onLog(listener: (line: LogLine) => void): void;
}

export interface FunctionProcessOptions {
  /** Of the built function. */
  readonly source: string;
  readonly target: string;
  /** All there is: nothing of this process's environment is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  /** How far the process's clock goes ahead. */
  readonly aheadMs?: number;
  /** The command that serves it; the repository's own by default. */
  readonly framework?: string;
}

/** Starts a built function as Cloud Run does: functions-framework, a source, a target and an environment. */
export async function startFunction(options: FunctionProcessOptions): Promise<FunctionProcess> {
  const { source, target, environment, aheadMs = 0, framework = ownFramework } = options;
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [preload(aheadMs), framework, `--source=${source}`, `--target=${target}`, `--port=${port}`],
    { env: { NODE_ENV: 'production', ...environment }, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit');

  const log: LogLine[] = [];
  const listeners: ((line: LogLine) => void)[] = [];
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      output += `${text}\n`;
      const line = parseLine(text);
      if (!line) return;
      log.push(line);
      for (const listener of listeners) listener(line);
    });
  }

  const url = `http://127.0.0.1:${port}`;
  await eventually(
    async () => {
      if (child.exitCode !== null) throw new Error(`${target} ended: ${output}`);
      const answer = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
      await answer?.body?.cancel();
      return answer && true;
    },
    () => `${target} does not answer: ${output}`,
    60_000,
  );
  return {
    url,
    log,
    output: () => output,
    onLog: (listener) => void listeners.push(listener),
    async end(signal) {
      child.kill(signal);
      const lastResort = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(lastResort);
      return child.exitCode;
    },
  };
}

/** The process ends with whoever holds its standard input, however that one ends, and may live at another time. */
function preload(aheadMs: number): string {
  const script = `
    process.stdin.on('end', () => process.exit()).resume();
    const now = Date.now;
    Date.now = () => now() + ${aheadMs};
    globalThis.Date = new Proxy(Date, {
      construct: (target, values, self) => Reflect.construct(target, values.length > 0 ? values : [Date.now()], self),
    });`;
  return `--import=data:text/javascript,${encodeURIComponent(script)}`;
}

function parseLine(text: string): LogLine | undefined {
  try {
    return logLine.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
