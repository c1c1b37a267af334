import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { type AttacheError, asAttacheError } from '../domain/errors';
import { cutCredentials } from './scrub';

/** An error as the HTTP API tells it (RFC 9457, `application/problem+json`). */
export const problem = z
  .object({
    type: z.string().meta({ description: 'URI of this kind of error' }),
    title: z.string().meta({ description: 'The status in words' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What went wrong, in one sentence' }),
    code: z.string().meta({ description: 'Stable camelCase identifier for programs' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Bad input: where, such as `body.labelIds[0]`, and what is expected there' }),
    fix: z.string().meta({ description: 'The next thing to do, in one sentence' }),
    requestId: z.string().meta({ description: 'The same as in the header X-Request-Id' }),
  })
  .meta({ id: 'Problem' });

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: z.infer<typeof problem> & Readonly<Record<string, unknown>>;
}

export interface ProblemContext {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** The bundle's public address: `type` is a URI under it, else a URN. */
  readonly baseUrl?: string | undefined;
}

/** Any thrown value as an answer. A bug says nothing of itself; what failed behind us is named by its code alone. */
export function problemOf(thrown: unknown, { requestId, nowMs, baseUrl }: ProblemContext): ProblemAnswer {
  const error = asAttacheError(thrown);
  const status = statusOf(error);
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };

  if (status === 401) {
    const isInvalid = error.code === 'invalidCredentials';
    headers['www-authenticate'] = `Bearer realm="attache"${isInvalid ? ', error="invalid_token"' : ''}`;
  }
  if (status === 405 && Array.isArray(error.details.allow)) headers.allow = error.details.allow.join(', ');
  const retryAfterSeconds = retryAfterSecondsOf(error, nowMs);
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);

  return {
    status,
    headers,
    body: {
      ...error.details,
      type: baseUrl ? new URL(`/errors#${error.code}`, baseUrl).href : `urn:attache:error:${error.code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: detailOf(error),
      code: error.code,
      ...(error.errors.length > 0 && { errors: [...error.errors] }),
      fix: error.fix ?? fixOf(error),
      requestId,
    },
  };
}

/** Codes of the HTTP layer itself, where the kind alone does not decide. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  malformedJson: 400,
  malformedPath: 400,
  invalidHeader: 400,
  missingCredentials: 401,
  invalidCredentials: 401,
  methodNotAllowed: 405,
  payloadTooLarge: 413,
  unsupportedMediaType: 415,
};

export function statusOf({ kind, code }: AttacheError): number {
  const status = STATUS_BY_CODE[code];
  if (status !== undefined) return status;
  switch (kind) {
    case 'invalid':
      return 422;
    // The caller itself is authenticated: it is Google, or another service, that no longer accepts our authorisation for
    // the user. A 401 would send the caller off to renew credentials that are fine.
    case 'unauthorized':
    case 'forbidden':
      return 403;
    case 'notFound':
      return 404;
    case 'conflict':
      return 409;
    case 'checkpointExpired':
      return 410;
    case 'preconditionFailed':
      return 412;
    case 'rateLimited':
      return 429;
    case 'unavailable':
      return 503;
    case 'bug':
      return 500;
  }
}

function detailOf({ kind, message }: AttacheError): string {
  if (kind === 'bug') return 'Something went wrong on our side.';
  // The text may name hosts and addresses inside our network.
  if (kind === 'unavailable') return 'A service that this depends on did not answer in time. Try again.';
  return cutCredentials(message);
}

/** Where nobody who threw it knew better. */
function fixOf({ kind, errors }: AttacheError): string {
  switch (kind) {
    case 'invalid':
      return errors.length > 0 ? 'Mend the fields that errors names and send the request again.' : 'Mend the request.';
    case 'unauthorized':
    case 'forbidden':
      return 'Ask the operator to allow this.';
    case 'notFound':
      return 'Check the path and its ids.';
    case 'conflict':
    case 'checkpointExpired':
    case 'preconditionFailed':
      return 'Read again what the request is about, and decide anew.';
    case 'rateLimited':
    case 'unavailable':
      return 'Send the same request again after Retry-After.';
    case 'bug':
      return 'Send the request again; if it fails again, tell the operator the requestId.';
  }
}

const DEFAULT_RETRY_SECONDS: Readonly<Partial<Record<AttacheError['kind'], number>>> = {
  rateLimited: 30,
  unavailable: 5,
};

function retryAfterSecondsOf({ kind, retryAfterMs }: AttacheError, nowMs: number): number | undefined {
  if (retryAfterMs === undefined) return DEFAULT_RETRY_SECONDS[kind];
  return Math.max(1, Math.ceil((retryAfterMs - nowMs) / 1000));
}
