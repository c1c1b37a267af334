import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import { zoomScopes } from '../domain/oauth';

export interface ZoomRequest<Answer> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly authorization: string;
  /** A form is sent as such, anything else as JSON. */
  readonly body?: URLSearchParams | object;
  /** Left out where a 2xx says it all. */
  readonly answer?: z.ZodType<Answer>;
  /** Names the call in errors. */
  readonly operation: string;
  /** Bounds the whole exchange, the body included. */
  readonly timeoutMs: number;
}

/**
 * One call of Zoom. No retries, no redirects. Errors: AttacheError by status and by Zoom's own codes; neither addresses nor
 * Zoom's texts get into them, and an answer that is not whole is `unavailable`.
 */
export async function callZoom<Answer>(request: ZoomRequest<Answer>, nowMs: number): Promise<Answer> {
  const { method, url, authorization, body, answer, operation, timeoutMs } = request;
  const isForm = body instanceof URLSearchParams;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: {
        authorization,
        ...(body && { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' }),
      },
      ...(body && { body: isForm ? body.toString() : JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch {
    throw new AttacheError('unavailable', `${operation} did not complete.`);
  }
  if (!response.ok) throw failureOf(operation, response, text, nowMs);
  const parsed = (answer ?? z.unknown()).safeParse(parseJson(text));
  if (parsed.success) return parsed.data as Answer;
  throw new AttacheError('unavailable', `${operation} answered with something else than expected.`);
}

const failureBody = z.object({ code: z.number().optional(), error: z.string().optional() }).catch({});

function failureOf(operation: string, { status, headers }: Response, text: string, nowMs: number): AttacheError {
  const { code, error } = failureBody.parse(parseJson(text));
  const say = (what: string) => `${operation} ${what} (${[status, code ?? error].filter(Boolean).join(' ')}).`;
  if (error === 'invalid_grant') {
    return new AttacheError('unauthorized', say('gives no token'), {
      code: 'invalidGrant',
      fix: 'Connect the Zoom account again: POST /v1/connections:authorize with provider zoom.',
    });
  }
  if (error === 'invalid_client' || error === 'unauthorized_client') {
    return new AttacheError('forbidden', say('does not accept the Zoom app'), {
      code: 'oauthAppRefused',
      fix: 'Check account id, client id and client secret of the Zoom app, and that the app is activated.',
    });
  }
  if (status === 403 || code === missingScopes) {
    return new AttacheError('forbidden', say('is not allowed'), {
      code: 'zoomForbidden',
      fix: `Give the Zoom app the scopes ${zoomScopes.join(', ')} (for a whole account their :admin forms).`,
    });
  }
  if (status === 429) {
    const retryAfterMs = retryTime(headers.get('retry-after'), nowMs);
    return new AttacheError('rateLimited', say('was throttled'), retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  if (status === 401) return new AttacheError('unauthorized', say('does not accept the token'));
  if (status === 404) return new AttacheError('notFound', say('found nothing'));
  if (status >= 500 || status === 408) return new AttacheError('unavailable', say('did not succeed'));
  return new AttacheError('invalid', say('was refused as invalid'));
}

/** "Invalid access token, does not contain scopes." */
const missingScopes = 4711;

/** Seconds, or for limits of a day the time at which they end. */
function retryTime(header: string | null, nowMs: number): number | undefined {
  const timeMs = /^\d+$/.test(header ?? '') ? nowMs + Number(header) * 1_000 : Date.parse(header ?? '');
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
