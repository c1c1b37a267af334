import { asAttacheError } from '../domain/errors';
import type { Logger } from './logger';
import { asRetry } from './outcome';
import type { Authorize } from './platform-identity';
import { MAX_BODY_BYTES, readJson } from './read-body';
import { type Handler, type HttpServing, methodNotAllowed, serveHttp } from './serve-http';

export interface JobServing extends Pick<HttpServing, 'logger' | 'now' | 'ready'> {
  readonly authorize: Authorize;
  /** Returns what was done, as counts that go into the answer and the log. */
  readonly handle: (context: JobContext) => Promise<Readonly<Record<string, number>>>;
}

export interface JobContext {
  /** Such as `/sync-pending`: one function may serve several jobs. */
  readonly path: string;
  /** The JSON that the scheduler was told to send; undefined where there is none. */
  readonly body: unknown;
  readonly logger: Logger;
  readonly requestId: string;
  /** Aborted when the scheduler stops waiting. */
  readonly signal: AbortSignal;
}

/** Serves Cloud Scheduler's calls: 200 with counts. Every error is a 500 or 503, so that the scheduler tries again. */
export function serveJob({ authorize, handle, ...serving }: JobServing): Handler {
  return serveHttp({
    ...serving,
    answer: async ({ method, headers, rawPath: path, request, logger, requestId, signal, note }) => {
      if (method !== 'POST') throw methodNotAllowed(['POST']);
      await authorize(headers);
      note({ job: path });
      // The scheduler sends application/octet-stream unless told otherwise: the type says nothing here.
      const body = await readJson(request, MAX_BODY_BYTES);
      try {
        const counts = await handle({ path, body, logger: logger.child({ job: path }), requestId, signal });
        note({ counts });
        return { status: 200, body: counts };
      } catch (error) {
        note({ error });
        throw asRetry(asAttacheError(error));
      }
    },
  });
}
