import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import { fromGoogleAnswer, fromGoogleError } from './errors';
import { exchangeText } from './fetch-text';

export interface PostRequest<Answer> {
  readonly url: string;
  /** A form is sent as `application/x-www-form-urlencoded`, anything else as JSON. */
  readonly body: URLSearchParams | object;
  readonly authorization?: string;
  /** What a usable answer looks like; any other is `unavailable`, as after a connection that broke. */
  readonly answer: z.ZodType<Answer>;
  /** Names the call in errors. */
  readonly operation: string;
  /** Bounds the whole exchange, the body included. */
  readonly timeoutMs: number;
}

/** One POST to a Google endpoint that has no client worth loading. Errors are those of `fromGoogleAnswer`. No retries. */
export async function post<Answer>(request: PostRequest<Answer>): Promise<Answer> {
  const { url, body, authorization, answer, operation, timeoutMs } = request;
  const isForm = body instanceof URLSearchParams;
  let status: number;
  let retryAfter: string | undefined;
  let text: string;
  try {
    const response = await exchangeText(url, {
      method: 'POST',
      headers: {
        'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
        ...(authorization !== undefined && { authorization }),
      },
      body: isForm ? body.toString() : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    ({ status, text } = response);
    retryAfter = response.headers['retry-after'];
  } catch (error) {
    throw fromGoogleError(error, operation);
  }
  if (status < 200 || status > 299) throw fromGoogleAnswer({ status, data: text, retryAfter }, operation);
  const parsed = jsonText.pipe(answer).safeParse(text);
  if (!parsed.success)
    throw new AttacheError('unavailable', `${operation} answered with something else than expected.`);
  return parsed.data;
}

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('not JSON');
    return z.NEVER;
  }
});
