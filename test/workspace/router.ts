import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as z from 'zod';
import type { Fault, Faults } from './faults';
import { applyFieldMask } from './field-mask';
import { GoogleApiError } from './google-api-error';

/** Whom a request acts as. */
export interface Grant {
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
  /** The project of the OAuth client, whose quota and push topic are used. */
  readonly projectId: string;
}

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of a route without scopes: nobody, with no scopes. */
  readonly grant: Grant;
}

export interface Route {
  /** The method's id in Google's discovery document, or one of that form. Faults and statistics go by it. */
  readonly id: string;
  readonly verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Whole paths, with `{name}` for a parameter. A parameter `userId` must be the token's subject, or `me`. */
  readonly paths: readonly string[];
  /** One of these is needed. Left out, the route needs no token. */
  readonly scopes?: readonly string[];
  /** Answers JSON, nothing (204), or a `Reply`. */
  readonly handle: (call: Call) => unknown;
  /** The user that faults are matched with, where no token says it. */
  readonly userOf?: (call: Call) => string;
  /** The error that an injected fault becomes; Google's API error by default. */
  readonly errorOf?: (status: number, reason: string, message: string) => Error;
  /** Of routes that control the workspace and are no part of it. */
  readonly meetsNoFaults?: boolean;
}

/** An answer that is not simply JSON with status 200. */
export class Reply {
  constructor(
    readonly status: number,
    readonly body: unknown,
    /** With a `content-type`, the body is text and sent as it is. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

export interface RouterOptions {
  readonly routes: readonly Route[];
  readonly authenticate: (authorization: string | undefined) => Grant;
  readonly faults: Faults;
  /** Counts requests by route id and status; `dropped` and `truncated` where a fault left none. */
  readonly statuses: Record<string, Record<string, number>>;
}

/** Serves routes: token and scopes first, then faults, then the route's own work, then the `fields` parameter. */
export function createRouter({ routes, authenticate, faults, statuses }: RouterOptions): RequestListener {
  const compiled = routes.flatMap((route) => route.paths.map((path) => ({ route, pattern: compilePath(path) })));

  function find(verb: string, path: string) {
    for (const { route, pattern } of compiled) {
      const match = route.verb === verb ? pattern.exec(path) : null;
      if (match) return { route, params: decodeParams(match.groups ?? {}) };
    }
    throw new GoogleApiError(404, 'notFound', `No method ${verb} ${path} in this workspace.`);
  }

  function count(id: string, outcome: number | string): void {
    const byOutcome = (statuses[id] ??= {});
    byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://workspace');
    const body = await buffer(request);
    let id = 'unknown';
    let fault: Fault | undefined;
    let reply: Reply;
    try {
      const { route, params } = find(request.method ?? 'GET', url.pathname);
      id = route.id;
      const grant = route.scopes ? authorize(route, params, authenticate(request.headers.authorization)) : nobody;
      const call: Call = { params, query: url.searchParams, headers: request.headers, body, grant };
      if (!route.meetsNoFaults) fault = faults.take(id, route.userOf?.(call) ?? grant.subject);
      if (fault?.type === 'delay') await sleep(fault.ms);
      if (fault?.type === 'drop' && fault.when === 'before') return drop(id, request);
      reply = fault?.type === 'error' ? faultReply(route, fault) : toReply(await route.handle(call), url.searchParams);
    } catch (error) {
      reply = errorReply(error);
    }
    if (fault?.type === 'drop') return drop(id, request);
    count(id, fault?.type === 'truncate' ? 'truncated' : reply.status);
    send(response, reply, fault?.type === 'truncate');
  }

  function drop(id: string, request: IncomingMessage): void {
    count(id, 'dropped');
    request.socket.destroy();
  }

  return (request, response) => {
    // What fails here is the connection itself; there is nobody left to tell.
    serve(request, response).catch(() => response.destroy());
  };
}

/** The parsed body, or Google's 400 that names the fields. */
export function parseJson<Schema extends z.ZodType>(schema: Schema, body: Buffer): z.output<Schema> {
  let json: unknown;
  try {
    json = body.length === 0 ? {} : JSON.parse(body.toString());
  } catch {
    throw new GoogleApiError(400, 'parseError', 'Parse Error: the body is not JSON.');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(body)'}: ${message}`);
  throw new GoogleApiError(400, 'badRequest', `Invalid JSON payload received. ${problems.join('; ')}`);
}

const nobody: Grant = { subject: '', scopes: new Set(), projectId: '' };

function authorize({ id, scopes = [] }: Route, params: Readonly<Record<string, string>>, grant: Grant): Grant {
  if (!scopes.some((scope) => grant.scopes.has(scope))) throw insufficientScopes(id);
  const { userId = 'me' } = params;
  if (userId !== 'me' && userId.toLowerCase() !== grant.subject.toLowerCase()) {
    throw new GoogleApiError(403, 'delegationDenied', `Delegation denied for ${grant.subject}`);
  }
  return grant;
}

export function insufficientScopes(method: string): GoogleApiError {
  return new GoogleApiError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
        domain: 'googleapis.com',
        metadata: { method, service: `${method.split('.')[0]}.googleapis.com` },
      },
    ],
  });
}

function faultReply(route: Route, fault: Fault & { readonly type: 'error' }): Reply {
  const { status, reason, retryAfter, retryAfterSeconds } = fault;
  const text = fault.message ?? (retryAfter ? 'User-rate limit exceeded.' : `Injected fault: ${reason}.`);
  const message = retryAfter ? `${text} Retry after ${retryAfter}` : text;
  const { body } = errorReply(route.errorOf?.(status, reason, message) ?? new GoogleApiError(status, reason, message));
  return new Reply(status, body, retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) });
}

function toReply(answer: unknown, query: URLSearchParams): Reply {
  if (answer instanceof Reply) return answer;
  if (answer === undefined) return new Reply(204, undefined);
  const fields = query.get('fields');
  return new Reply(200, fields === null ? answer : applyFieldMask(answer, fields));
}

function errorReply(error: unknown): Reply {
  if (error instanceof GoogleApiError) return new Reply(error.code, error.toBody());
  if (error instanceof OAuthError) {
    return new Reply(error.status, { error: error.error, error_description: error.message });
  }
  // A defect of the workspace itself: the stack is what its developer needs.
  return new Reply(500, { error: { code: 500, message: error instanceof Error ? error.stack : String(error) } });
}

/** An error in the token endpoint's format (RFC 6749, section 5.2). */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  constructor(
    readonly status: number,
    readonly error: string,
    description: string,
  ) {
    super(description);
  }
}

function send(response: ServerResponse, { status, body, headers }: Reply, truncate: boolean): void {
  const isPlain = headers['content-type'] !== undefined && typeof body === 'string';
  const text = Buffer.from(body === undefined ? '' : isPlain ? body : JSON.stringify(body));
  const length = { 'content-length': text.length };
  const type = body === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' };
  response.writeHead(status, { ...type, ...(status !== 204 && length), ...headers });
  if (truncate) response.write(text.subarray(0, text.length >> 1), () => response.destroy());
  else response.end(text);
}

function compilePath(path: string): RegExp {
  const pattern = path.replace(/[.*+?^$|\\]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>[^/:]+)');
  return new RegExp(`^${pattern}$`);
}

function decodeParams(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
}
