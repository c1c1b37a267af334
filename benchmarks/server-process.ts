import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerProcess {
  readonly url: string;
  /** Milliseconds since the process was asked for. */
  elapsedMs(): number;
  /** Resolves with the elapsed milliseconds at the first answer 200; asks every other millisecond. */
  firstOk(path: string): Promise<number>;
  /** Resident memory, in units of 1,000,000 bytes. */
  residentMb(): number;
  /** What it has had of a processor so far, in whole seconds. */
  processorSeconds(): number;
  stop(): Promise<void>;
}

/** Node with these arguments; `portArgument` tells it where to listen. */
export async function startServerProcess(
  nodeArguments: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, nodeArguments, {
    // Nothing of this machine's own environment: certificates and options named there would be read at every start.
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NODE_ENV: 'production',
      PORT: String(port),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const exited = once(child, 'exit');
  const elapsedMs = () => performance.now() - startedAtMs;

  return {
    url,
    elapsedMs,
    async firstOk(path) {
      for (;;) {
        if ((await statusOf(`${url}${path}`)) === 200) return elapsedMs();
        if (child.exitCode !== null || elapsedMs() > 60_000) throw new Error(`${nodeArguments.join(' ')}: ${output}`);
        await sleep(2);
      }
    },
    residentMb: () => Number(ask('rss', child.pid)) * 1.024e-3,
    processorSeconds: () => Number(ask('cputimes', child.pid)),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function ask(column: string, pid: number | undefined): string {
  return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)]).toString();
}

/** Undefined while nothing listens. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    request(url, { agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    })
      .on('error', () => resolve(undefined))
      .end();
  });
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
