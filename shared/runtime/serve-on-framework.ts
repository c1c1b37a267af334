import type { Domain } from 'node:domain';
import { http, type HttpFunction } from '@google-cloud/functions-framework';
import { AttacheError, asAttacheError } from '../domain/errors';
import { drainRequests } from './drain-requests';
import { createLogger } from './logger';
import { keepBodiesRaw, restoreRequest } from './raw-body';
import { type Handler, serveHttp } from './serve-http';
import { clock } from './system';

/**
 * Registers a function with functions-framework. `build` runs once, at the first request, so that loading the module does
 * nothing; where it throws (a key missing from the environment), every request is answered 500 and the reason is logged.
 */
export function registerFunction(name: string, build: () => Handler | Promise<Handler>): void {
  keepBodiesRaw();
  drainRequests();
  let handler: Promise<Handler> | undefined;
  const serve: HttpFunction = async (request, response) => {
    restoreRequest(request);
    leaveDomain();
    handler ??= Promise.resolve().then(build).catch(refusing);
    await (
      await handler
    )(request, response);
  };
  http(name, serve);
  // As what Cloud Functions calls it: the name of an entry point has no hyphen there.
  http(name.replaceAll('-', '_'), serve);
}

/**
 * The framework calls every function inside a domain of its own, and Node then follows each promise of the request to and fro
 * between domains, which takes a third of an instance's time. The domain would catch what is thrown outside of any promise;
 * without it the framework ends the instance, as after any other exception that nobody expected.
 */
function leaveDomain(): void {
  const { domain } = process as typeof process & { readonly domain?: Domain | null };
  domain?.exit();
}

/** Another try would end the same way: the environment of an instance does not change. */
function refusing(cause: unknown): Handler {
  const refuse = async (): Promise<never> => {
    throw new AttacheError('bug', `The function could not be built: ${asAttacheError(cause).message}`, { cause });
  };
  const now = (): number => clock.now();
  return serveHttp({ logger: createLogger({ now }), now, ready: refuse, answer: refuse });
}
