import * as z from 'zod';
import { eventually } from './eventually';

export interface Answer {
  readonly status: number;
  /** Undefined where the body is empty. */
  readonly json: unknown;
}

/** A call as Google or an agent makes it: whoever is told 503 tries again, as on a busy machine an emulator makes one. */
export async function send(
  url: string,
  method: string,
  { headers, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: object } = {},
): Promise<Answer> {
  let last: Answer | undefined;
  return eventually(
    async () => {
      const answer = await fetch(url, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      });
      const text = await answer.text();
      last = { status: answer.status, json: text === '' ? undefined : z.unknown().parse(JSON.parse(text)) };
      return last.status === 503 ? undefined : last;
    },
    () => `${method} ${url} answers ${JSON.stringify(last)}`,
    60_000,
  );
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
