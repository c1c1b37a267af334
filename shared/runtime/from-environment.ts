import type * as z from 'zod';
import { AttacheError, asAttacheError } from '../domain/errors';
import { loadConfig } from './config';
import { createLogger } from './logger';
import { type Handler, serveHttp } from './serve-http';
import { clock } from './system';

/**
 * How a deployed function is built: from its environment, when it is first asked for something. Where that throws (a key
 * missing from the environment), every request is answered 500 and the reason is logged.
 */
export function fromEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  build: (config: z.output<Schema>) => Handler,
): () => Handler {
  return () => {
    try {
      return build(loadConfig(schema));
    } catch (cause) {
      return refusing(cause);
    }
  };
}

/** Another try would end the same way: the environment of an instance does not change. */
function refusing(cause: unknown): Handler {
  const refuse = async (): Promise<never> => {
    throw new AttacheError('bug', `The function could not be built: ${asAttacheError(cause).message}`, { cause });
  };
  const now = (): number => clock.now();
  return serveHttp({ logger: createLogger({ now }), now, ready: refuse, answer: refuse });
}
