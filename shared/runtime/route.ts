import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import type { Caller, Capability } from '../domain/grants';
import type { Logger } from './logger';
import { parameterNames } from './match-path';

/** Who may use a route: anybody, any configured agent, or agents with this capability. */
export type Access = 'public' | 'authenticated' | Capability;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RouteDefinition<
  Deps,
  Path extends string,
  A extends Access,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Headers extends z.ZodObject,
  Body extends z.ZodType,
  Response extends z.ZodType,
> {
  readonly method: Method;
  /** Such as `/v1/mailboxes/{email}:sync`. */
  readonly path: Path;
  readonly operationId: string;
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  readonly capability: A;
  /** The path parameter that is a mailbox: a caller that does not see it gets the answer of an unknown one. */
  readonly mailboxParam?: NoInfer<ParameterName<Path>>;
  /** Strings where it is left out. */
  readonly params?: Params;
  /** Read from text: use `z.coerce.number()` and `z.stringbool()`; an array takes a repeated parameter. */
  readonly query?: Query;
  /** By their usual names, such as `Idempotency-Key`. */
  readonly headers?: Headers;
  /** JSON; objects inside it are `z.strictObject`. Left out, the route takes none. */
  readonly body?: Body;
  readonly response: {
    readonly status: number;
    /** Left out, the answer has no body. */
    readonly schema?: Response;
    /** `application/json` where it is left out; of another type, the body is text or bytes and sent as it is. */
    readonly contentType?: string;
    /** Name → description. */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Statuses of errors beyond those that follow from the rest of the definition. */
  readonly errors?: readonly number[];
  readonly handle: (
    deps: Deps,
    request: RouteRequest<A, z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>,
  ) => Promise<z.input<Response> | Reply<z.input<Response>>>;
}

export interface RouteRequest<A extends Access, Params, Query, Headers, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** All headers by their lower-case names, and the declared ones, parsed, by the names they are declared with. */
  readonly headers: IncomingHttpHeaders & Headers;
  readonly caller: A extends 'public' ? undefined : Caller;
  readonly logger: Logger;
  readonly requestId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** A route whose types are forgotten; what serves, documents and tests routes works on these. */
export interface Route<Deps> {
  readonly method: Method;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string | undefined;
  readonly capability: Access;
  readonly mailboxParam?: string | undefined;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly headers: z.ZodObject;
  /** Undefined where the route takes no body. */
  readonly body: z.ZodType | undefined;
  readonly response: {
    readonly status: number;
    readonly schema?: z.ZodType;
    readonly contentType?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly errors: readonly number[];
  readonly handle: (deps: Deps, request: RouteRequest<Access, unknown, unknown, unknown, unknown>) => Promise<unknown>;
}

/** Everything about one route in one place: HTTP, OpenAPI and tools are made from it. Annotate `deps` in `handle`. */
export function defineRoute<
  Deps,
  const Path extends string,
  const A extends Access,
  Params extends z.ZodObject = z.ZodObject<{ [Name in ParameterName<Path>]: z.ZodString }>,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Headers extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
  Response extends z.ZodType = z.ZodUndefined,
>(definition: RouteDefinition<Deps, Path, A, Params, Query, Headers, Body, Response>): Route<Deps> {
  const names = parameterNames(definition.path);
  const params = definition.params ?? z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
  if (Object.keys(params.shape).sort().join() !== [...names].sort().join()) {
    throw new AttacheError(
      'bug',
      `${definition.operationId}: params must declare exactly ${names.join(', ') || 'nothing'}.`,
    );
  }
  return {
    ...definition,
    params,
    query: definition.query ?? z.object({}),
    headers: definition.headers ?? z.object({}),
    body: definition.body,
    errors: definition.errors ?? [],
    // Only `callRoute` calls this, with what these very schemas have parsed.
    handle: definition.handle as Route<Deps>['handle'],
  };
}

/** The names between braces in a path. */
type ParameterName<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterName<Rest>
  : never;

/** An answer with another status or further headers than the definition's. */
export class Reply<Body> {
  constructor(
    readonly body: Body,
    readonly status: number | undefined,
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}

export function reply<Body>(
  body: Body,
  { status, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Reply<Body> {
  return new Reply(body, status, headers);
}
