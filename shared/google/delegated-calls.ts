import type * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import type { AccessToken, AccessTokens } from '../domain/ports';
import { fromGoogleError } from './errors';

export interface DelegatedCallsOptions<Client> {
  /** The user that is acted for. */
  readonly subject: string;
  readonly tokens: AccessTokens;
  readonly scopes: readonly string[];
  /** Google's client, loaded at the first call. */
  readonly client: () => Promise<Client>;
}

/** One request, given the headers it has to carry. */
export type Send<Client> = (
  client: Client,
  options: { headers: { authorization: string } },
) => Promise<{ data: unknown }>;

/** `operation` names the call for people. Errors: what `fromGoogleError` and AccessTokens say. */
export type DelegatedCalls<Client> = (operation: string, send: Send<Client>) => Promise<unknown>;

/**
 * Calls of one user's Google API. Every one carries a token whose subject was compared with the user, and is tried once
 * more with a new token after a 401.
 */
export function createDelegatedCalls<Client>(options: DelegatedCallsOptions<Client>): DelegatedCalls<Client> {
  const { subject, tokens, scopes, client } = options;

  async function takeToken(): Promise<AccessToken> {
    const token = await tokens.get(subject, scopes);
    if (token.subject === subject) return token;
    throw new AttacheError('bug', 'A token of another user was about to be used.', { code: 'wrongSubject' });
  }

  /** After a 401. Of many calls that were refused with one token, only the first asks for a new one. */
  async function takeOtherToken(refused: AccessToken): Promise<AccessToken> {
    const current = await takeToken();
    if (current.token !== refused.token) return current;
    tokens.invalidate(subject, scopes);
    return takeToken();
  }

  async function attempt(operation: string, token: AccessToken, send: Send<Client>): Promise<unknown> {
    const loaded = await client();
    try {
      return (await send(loaded, { headers: { authorization: `Bearer ${token.token}` } })).data;
    } catch (error) {
      throw fromGoogleError(error, operation);
    }
  }

  return async (operation, send) => {
    // The client is loaded while the token is on its way.
    const [token] = await Promise.all([takeToken(), client()]);
    try {
      return await attempt(operation, token, send);
    } catch (error) {
      if (!isAttacheError(error, 'unauthorized')) throw error;
      return attempt(operation, await takeOtherToken(token), send);
    }
  };
}

/** An answer's text as what it must be. Errors: `unavailable`, for an answer that is not whole is never half-read. */
export function readAnswer<Answer>(
  operation: string,
  answer: z.ZodType<Answer>,
  text: unknown,
  parse: (text: string) => unknown = JSON.parse,
): Answer {
  try {
    if (typeof text === 'string') return answer.parse(parse(text));
  } catch {
    // Neither the text nor what was wrong with it goes into the error: both are somebody's mail or appointments.
  }
  throw new AttacheError('unavailable', `${operation} answered with something else than a whole answer.`, {
    code: 'unreadableAnswer',
  });
}
