import type { problem } from '../shared/runtime/problem';
import type * as z from 'zod';
import type { Session } from './session';

/** What the API refused, as it tells it: `message` is its `detail`. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fix: string | undefined;

  constructor({ status, code, detail, fix, errors = [] }: Partial<z.infer<typeof problem>>) {
    super([detail ?? 'Something went wrong.', ...errors.map(({ path, message }) => `${path}: ${message}.`)].join(' '));
    this.status = status ?? 0;
    this.code = code ?? 'unknown';
    this.fix = fix;
  }
}

export interface ApiRequest {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `'GET /v1/mailboxes'` → its answer. Throws Problem. */
export type Api = <Answer>(line: string, request?: ApiRequest) => Promise<Answer>;

/** `onSignedOut` is told when the API no longer accepts who is signed in. */
export function createApi(session: Session, onSignedOut: () => void): Api {
  return async <Answer>(line: string, { body, headers }: ApiRequest = {}) => {
    const [method = 'GET', path = '/'] = line.split(' ');
    const response = await reach(path, {
      method,
      headers: {
        authorization: `Bearer ${session.token() ?? ''}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
    if (response.status === 401) onSignedOut();
    if (!response.ok) throw new Problem({ status: response.status, ...(answer as object | undefined) });
    // The types are those of the functions that answer, deployed together with this; checking once more would cost more
    // bytes than the whole console has.
    return answer as Answer;
  };
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch {
    throw new Problem({ code: 'unreachable', detail: 'The server cannot be reached.', fix: 'Try again in a moment.' });
  }
}
