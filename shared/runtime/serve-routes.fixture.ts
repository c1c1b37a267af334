import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import { type Caller, requireMailbox, unknownMailbox } from '../domain/grants';
import { listen } from './listen';
import { createLogger } from './logger';
import { defineRoute, reply, type Route } from './route';
import { type RouteServing, serveRoutes } from './serve-routes';

export interface Deps {
  readonly registered: readonly string[];
}

const reader: Caller = {
  id: 'reader',
  capabilities: ['mailboxes.read', 'messages.read'],
  mailboxes: ['ana@example.com', 'new@example.com'],
  domains: [],
};

export const getMailbox = defineRoute({
  method: 'GET',
  path: '/v1/mailboxes/{email}',
  operationId: 'getMailbox',
  summary: 'One mailbox',
  capability: 'mailboxes.read',
  mailboxParam: 'email',
  params: z.object({ email: z.email() }),
  query: z.object({
    pageSize: z.coerce.number().int().min(1).max(500).default(100),
    labelIds: z.array(z.string()).optional(),
  }),
  response: {
    status: 200,
    schema: z.object({ email: z.string(), pageSize: z.number(), labelIds: z.array(z.string()) }),
  },
  handle: async (deps: Deps, { params, query, caller }) => {
    requireMailbox(caller, params.email);
    if (!deps.registered.includes(params.email)) throw unknownMailbox(params.email);
    return { email: params.email, pageSize: query.pageSize, labelIds: query.labelIds ?? [] };
  },
});

const putMailbox = defineRoute({
  method: 'PUT',
  path: '/v1/mailboxes/{email}',
  operationId: 'putMailbox',
  summary: 'Register',
  capability: 'mailboxes.manage',
  mailboxParam: 'email',
  response: { status: 204 },
  handle: async (_deps: Deps) => undefined,
});

const createMeeting = defineRoute({
  method: 'POST',
  path: '/v1/meetings',
  operationId: 'createMeeting',
  summary: 'Create',
  capability: 'authenticated',
  headers: z.object({ 'Idempotency-Key': z.string().min(8) }),
  body: z.object({ host: z.string(), attendees: z.array(z.object({ email: z.email() })).default([]) }),
  response: { status: 200, schema: z.object({ host: z.string(), count: z.number(), key: z.string() }) },
  handle: async (_deps: Deps, { body, headers }) =>
    reply(
      { host: body.host, count: body.attendees.length, key: headers['Idempotency-Key'] },
      { status: 201, headers: { etag: '"1"' } },
    ),
});

const failing = defineRoute({
  method: 'GET',
  path: '/v1/failures/{kind}',
  operationId: 'fail',
  summary: 'Fail',
  capability: 'authenticated',
  params: z.object({ kind: z.enum(['bug', 'rateLimited', 'unavailable', 'unauthorized', 'wrongAnswer', 'badHeader']) }),
  response: { status: 200, schema: z.object({ ok: z.boolean() }) },
  handle: async (_deps: Deps, { params: { kind } }) => {
    if (kind === 'bug') throw new TypeError('canary of ana@example.com');
    if (kind === 'wrongAnswer') return { ok: 'canary' as unknown as boolean };
    if (kind === 'badHeader') return reply({ ok: true }, { headers: { 'x-bad': 'a\r\nb' } });
    throw new AttacheError(kind, 'canary');
  },
});

export const waiting = { signal: undefined as AbortSignal | undefined, started: () => {}, finish: () => {} };
const wait = defineRoute({
  method: 'GET',
  path: '/v1/wait',
  operationId: 'wait',
  summary: 'Wait',
  capability: 'public',
  response: { status: 200, schema: z.string(), contentType: 'text/plain' },
  handle: async (_deps: Deps, { signal, caller }) => {
    caller satisfies undefined;
    waiting.signal = signal;
    waiting.started();
    await new Promise<void>((resolve) => (waiting.finish = resolve));
    return 'done';
  },
});

export const text = defineRoute({
  method: 'GET',
  path: '/v1/text',
  operationId: 'text',
  summary: 'Text',
  capability: 'public',
  query: z.object({ as: z.enum(['json', 'null']) }),
  response: { status: 200, schema: z.string().nullable() },
  handle: async (_deps: Deps, { query }) => (query.as === 'json' ? 'text' : null),
});

const routes: Route<Deps>[] = [getMailbox, putMailbox, createMeeting, failing, wait, text];

export const lines: Record<string, unknown>[] = [];
const clock = { nowMs: Date.UTC(2026, 10, 22) };
export const serving: RouteServing = {
  authenticate: async (headers) => {
    if (headers['x-api-key'] === 'good') return reader;
    if (headers['x-api-key'] === 'slow') return { ...reader, id: 'slow', ratePerMinute: 2 };
    throw new AttacheError('unauthorized', 'no', {
      code: headers['x-api-key'] ? 'invalidCredentials' : 'missingCredentials',
    });
  },
  logger: createLogger({
    now: () => clock.nowMs,
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  }),
  now: () => clock.nowMs,
  checkResponses: true,
};

let server: Awaited<ReturnType<typeof listen>>;

/** For the tests of one file. */
export function serveForTests(): void {
  beforeAll(async () => {
    server = await listen(serveRoutes(routes, { registered: ['ana@example.com'] }, serving));
  });
  afterAll(() => server.close());
  beforeEach(() => lines.splice(0));
}

export function urlOf(path: string): string {
  return server.url + path;
}

export async function call(
  method: string,
  path: string,
  init: { body?: unknown; headers?: Record<string, string>; raw?: string | Uint8Array } = {},
) {
  const { body, raw = body === undefined ? undefined : JSON.stringify(body), headers } = init;
  const response = await fetch(urlOf(path), {
    method,
    headers: { 'x-api-key': 'good', ...(raw !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(raw !== undefined && { body: raw as string }),
  });
  const answer = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text: answer,
    body: (answer.startsWith('{') ? JSON.parse(answer) : undefined) as Record<string, unknown> | undefined,
  };
}
