import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import type { Caller } from '../domain/grants';
import { callRoute, takesList } from './call-route';
import type { Authenticate } from './callers';
import type { Logger } from './logger';
import { createRouter } from './match-path';
import { createRateLimit, DEFAULT_RATE_PER_MINUTE } from './rate-limit';
import { MAX_BODY_BYTES, readJson } from './read-body';
import { Reply, reply, type Route } from './route';
import { type Answer, type Handler, methodNotAllowed, serveHttp } from './serve-http';

export interface RouteServing {
  /** May be left out where every route is public. */
  readonly authenticate?: Authenticate;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly limits?: {
    /** 1 MiB by default. */
    readonly maxBodyBytes?: number;
    /** Of a caller whose grant names none; 600 by default. */
    readonly ratePerMinute?: number;
  };
  /** Whether this instance can work; throws where not. Must not call Google. */
  readonly ready?: () => Promise<void>;
  /** The bundle's public address; an error's `type` is a URI under it. */
  readonly baseUrl?: string;
  /** Parses every answer with its schema; a mismatch is a bug. For tests and development. */
  readonly checkResponses?: boolean;
}

/** Serves routes over plain node HTTP; `serveHttp` says what every request gets on the way. */
export function serveRoutes<Deps>(routes: readonly Route<Deps>[], deps: Deps, serving: RouteServing): Handler {
  const { authenticate, logger, now, limits = {}, ready, baseUrl, checkResponses = false } = serving;
  const router = createRouter(routes);
  const limitRate = createRateLimit(now);

  const closed = routes.find(({ capability }) => capability !== 'public');
  if (!authenticate && closed) throw new AttacheError('bug', `${closed.operationId} needs authenticate.`);

  const callerOf = async (route: Route<Deps>, request: IncomingMessage): Promise<Caller | undefined> => {
    if (!authenticate || route.capability === 'public') return undefined;
    const caller = await authenticate(request.headers);
    limitRate(caller.id, caller.ratePerMinute ?? limits.ratePerMinute ?? DEFAULT_RATE_PER_MINUTE);
    return caller;
  };

  return serveHttp({
    logger,
    now,
    ready,
    baseUrl,
    answer: async ({ method, rawPath, query, request, requestId, logger, signal, note }) => {
      const match = router.find(method, rawPath);
      if (match.kind === 'notFound') throw routeNotFound();
      if (match.kind === 'methodNotAllowed') throw methodNotAllowed(match.allow);
      const { route, params } = match;
      note({ route: route.path });
      const caller = await callerOf(route, request);
      note({ callerId: caller?.id });

      const result = await callRoute(
        route,
        deps,
        {
          params,
          query: shaped(route, query),
          headers: request.headers,
          readBody: () => readJson(request, limits.maxBodyBytes ?? MAX_BODY_BYTES, { requireType: true }),
        },
        { caller, logger: logger.child({ route: route.path, callerId: caller?.id }), requestId, signal },
      );
      return answerOf(route, result, checkResponses);
    },
  });
}

function shaped(route: Route<never>, query: URLSearchParams): Record<string, unknown> {
  const shape: Readonly<Record<string, z.ZodType>> = route.query.shape;
  return Object.fromEntries(
    [...new Set(query.keys())].map((name) => {
      const values = query.getAll(name);
      // A parameter that is repeated without need stays an array, which its schema then refuses by name.
      return [name, takesList(shape[name]) || values.length > 1 ? values : values[0]];
    }),
  );
}

function answerOf(route: Route<never>, result: unknown, checkResponses: boolean): Answer {
  const { schema, contentType } = route.response;
  const {
    body,
    status = route.response.status,
    headers,
  } = result instanceof Reply ? (result as Reply<unknown>) : reply(result);
  if (checkResponses && status === route.response.status) {
    const checked = (schema ?? z.undefined()).safeParse(body);
    if (!checked.success) {
      const paths = checked.error.issues.map(({ path }) => path.join('.') || 'the whole').join(', ');
      throw new AttacheError('bug', `${route.operationId} answers against its own schema at ${paths}.`);
    }
  }
  return {
    status,
    headers: { ...(contentType !== undefined && { 'content-type': contentType }), ...headers },
    body: contentType === undefined && typeof body === 'string' ? JSON.stringify(body) : body,
  };
}

function routeNotFound(): AttacheError {
  return new AttacheError('notFound', 'Nothing is served at this path.', {
    code: 'routeNotFound',
    fix: 'GET /openapi.json lists every path.',
  });
}
