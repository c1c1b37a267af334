import domain from 'node:domain';
import type { ServerResponse } from 'node:http';
import { http, type HttpFunction } from '@google-cloud/functions-framework';
import { drainRequests } from './drain-requests';
import { keepBodiesRaw, restoreRequest } from './raw-body';
import type { Handler } from './serve-http';

/**
 * Registers a function with functions-framework. `build` runs once, at the first request that is about more than being
 * alive: an instance listens before any code of its function is loaded, so this module imports as little as it can. Where
 * it throws, the request is answered 500, and the next one tries again.
 */
export function registerFunction(name: string, build: () => Handler | Promise<Handler>): void {
  keepBodiesRaw();
  drainRequests();
  withoutDomains();
  let handler: Promise<Handler> | undefined;
  const serve: HttpFunction = async (request, response) => {
    restoreRequest(request);
    // Once there is a handler it says the same, with what it adds to every answer.
    if (!handler && request.method === 'GET' && request.url === '/health/live') {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end('{"status":"ok"}');
      return;
    }
    handler ??= Promise.resolve().then(build);
    const loading = handler;
    let loaded: Handler;
    try {
      loaded = await loading;
    } catch (error) {
      // What could not be loaded once (no file handle was free) may be there for the next request.
      if (handler === loading) handler = undefined;
      refuse(response, error);
      return;
    }
    await loaded(request, response);
  };
  http(name, serve);
  // As what Cloud Functions calls it: the name of an entry point has no hyphen there.
  http(name.replaceAll('-', '_'), serve);
}

/** The framework would answer with the error's message, which names files. */
function refuse(response: ServerResponse, error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = `The function could not be loaded: ${reason}`;
  process.stdout.write(`${JSON.stringify({ severity: 'ERROR', message })}\n`);
  response.writeHead(500, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  response.end(
    '{"title":"Internal Server Error","status":500,"code":"bug","detail":"Something went wrong on our side."}',
  );
}

/**
 * The framework makes a domain for every request, and from the first one on Node follows each promise of the process: a third
 * of an instance's time. A domain would catch what is thrown outside of any promise; without one the framework ends the
 * instance, as after any other exception that nobody expected.
 */
function withoutDomains(): void {
  const bystander = { on: () => bystander, run: (work: () => void) => work() };
  Object.assign(domain, { create: () => bystander });
}
