import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { AttacheError } from '../domain/errors';
import type { LogFields, Logger, Severity } from './logger';
import { problemOf } from './problem';
import { clientClosedRequest } from './read-body';
import { traceContextOf } from './trace-context';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface Exchange {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly request: IncomingMessage;
  readonly requestId: string;
  /** Carries the request id and the trace. */
  readonly logger: Logger;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Adds to the one line that the request leaves in the log, whose severity else follows from the status. */
  readonly note: (fields: LogFields, severity?: Severity) => void;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: unknown;
}

export interface HttpServing {
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Whether this instance can work; throws where not. Must not call Google. */
  readonly ready?: (() => Promise<void>) | undefined;
  /** The bundle's public address; an error's `type` is a URI under it. */
  readonly baseUrl?: string | undefined;
  readonly answer: (exchange: Exchange) => Promise<Answer>;
}

/**
 * A plain node handler, for functions-framework and for `http.createServer`. It never rejects: whatever `answer` throws
 * becomes problem+json. `GET /health/live` and `GET /health/ready` are served on the way; every other request leaves
 * exactly one line in the log.
 */
export function serveHttp({ logger, now, ready, baseUrl, answer }: HttpServing): Handler {
  return async (request, response) => {
    const startMs = now();
    const requestId = requestIdOf(request.headers);
    const abort = new AbortController();
    const onClose = (): void => {
      if (!response.writableFinished) abort.abort(clientClosedRequest());
    };
    response.once('close', onClose);
    // The client may have left while a cold instance was still building its function.
    if (response.destroyed) onClose();

    const method = request.method ?? 'GET';
    const [, rawPath = '/', search = ''] = /^([^?]*)\??(.*)$/s.exec(request.url ?? '/') ?? [];
    let noted: LogFields = {};
    let severity: Severity | undefined;
    const exchange: Exchange = {
      method,
      rawPath,
      query: new URLSearchParams(search),
      headers: request.headers,
      request,
      requestId,
      logger: logger.child({ requestId }, traceContextOf(request.headers)),
      signal: abort.signal,
      note: (fields, atSeverity) => {
        noted = { ...noted, ...fields };
        severity = atSeverity ?? severity;
      },
    };

    const healthCheck = healthCheckOf(rawPath);
    let status: number;
    let payload: Uint8Array | undefined;
    try {
      const result = await (healthCheck ? healthCheck(method, ready) : answer(exchange));
      status = result.status;
      payload = prepare(response, result, requestId);
    } catch (error) {
      const problem = problemOf(error, { requestId, nowMs: now(), baseUrl });
      status = problem.status;
      payload = prepare(response, problem, requestId);
      if (!response.destroyed) noted = { error, ...noted };
    }

    if (response.destroyed) status = CLIENT_CLOSED_REQUEST;
    severity ??= healthCheck && status < 500 ? 'debug' : severityOf(status);
    exchange.logger[severity]('request', { method, status, durationMs: Math.round(now() - startMs), ...noted });
    // The line is written first: once the answer is out, Cloud Run may take the processor away.
    response.statusCode = status;
    response.end(method === 'HEAD' ? undefined : payload);
  };
}

/** The body and the status are final only with `end`; headers are set here, where a bad one can still become a 500. */
function prepare(response: ServerResponse, { headers, body }: Answer, requestId: string): Uint8Array | undefined {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.setHeader('x-request-id', requestId);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('cache-control', 'no-store');
  if (body !== undefined) response.setHeader('content-type', 'application/json');
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (body === undefined) return undefined;
  const payload =
    body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  response.setHeader('content-length', payload.byteLength);
  return payload;
}

export function methodNotAllowed(allow: readonly string[]): AttacheError {
  return new AttacheError('invalid', `This path answers ${allow.join(', ')} only.`, {
    code: 'methodNotAllowed',
    fix: 'Use one of these methods.',
    details: { allow },
  });
}

/** Nginx's number for a client that did not wait; it stands in logs only. */
const CLIENT_CLOSED_REQUEST = 499;

type HealthCheck = (method: string, ready: HttpServing['ready']) => Promise<Answer>;

function healthCheckOf(rawPath: string): HealthCheck | undefined {
  if (rawPath !== '/health/live' && rawPath !== '/health/ready') return undefined;
  return async (method, ready) => {
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed(['GET', 'HEAD']);
    try {
      if (rawPath === '/health/ready') await ready?.();
    } catch (cause) {
      throw new AttacheError('unavailable', 'This instance is not ready.', { code: 'notReady', cause });
    }
    return { status: 200, body: { status: 'ok' } };
  };
}

function severityOf(status: number): Severity {
  if (status === 500) return 'error';
  return status > 500 || [401, 403, 429].includes(status) ? 'warning' : 'info';
}

function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID();
}
