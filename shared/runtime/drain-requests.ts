import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { Server } from 'node:net';

/**
 * Cloud Run sends SIGTERM ten seconds before it takes an instance away; functions-framework ends the process at once, with
 * an error for the newest request and a broken connection for all others. Here a signal closes the server, and what the
 * framework does waits until every request has been answered. A second signal does not wait.
 */
export function drainRequests(): void {
  if (isInstalled) return;
  isInstalled = true;
  subscribe('http.server.request.start', (message) => {
    if (typeof message !== 'object' || message === null || !('response' in message && 'server' in message)) return;
    const { response, server } = message;
    // A server that does not listen itself belongs to somebody who decides about its end, such as the local stack.
    if (!(response instanceof EventEmitter) || !(server instanceof Server) || !server.listening) return;
    open += 1;
    response.once('close', () => {
      open -= 1;
      if (open === 0) onIdle?.();
    });
    // Not before the first request: the framework adds its own listeners when the function is loaded and the port is open.
    if (!drained.has(server)) for (const signal of signals) takeOver(signal, server);
    drained.add(server);
  });
}

const signals = ['SIGTERM', 'SIGINT'] as const;
const drained = new WeakSet<Server>();
let isInstalled = false;
let open = 0;
let onIdle: (() => void) | undefined;

function takeOver(signal: (typeof signals)[number], server: Server): void {
  const listeners = process.listeners(signal);
  process.removeAllListeners(signal);
  process.once(signal, () => {
    for (const listener of listeners) process.on(signal, listener);
    server.close();
    const goOn = (): void => void process.kill(process.pid, signal);
    if (open === 0) goOn();
    else onIdle = goOn;
  });
}
