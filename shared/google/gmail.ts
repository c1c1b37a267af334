import type * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import type { Mailbox, Mailboxes } from '../domain/mailbox';
import type { AccessToken, AccessTokens } from '../domain/ports';
import { fromGoogleError } from './errors';
import type { createGmailClient } from './gmail-client';
import {
  attachmentAnswer,
  historyAnswer,
  messageAnswer,
  messageListAnswer,
  parseAnswer,
  profileAnswer,
  watchAnswer,
} from './gmail-answers';

export interface MailboxesOptions {
  readonly tokens: AccessTokens;
  /** Root of the Gmail API. */
  readonly apiUrl: string;
  readonly scopes?: readonly string[];
  /** Of one call, its body included. */
  readonly timeoutMs?: number;
}

/** Enough for every call of the port, `watch` and `stop` included. */
export const gmailScopes: readonly string[] = ['https://www.googleapis.com/auth/gmail.readonly'];

/**
 * Gmail's API as the port `Mailbox`. Every call carries a token whose subject was compared with the mailbox, names the
 * mailbox (not `me`) so that Google compares it too, and is tried once more with a new token after a 401. An answer that is
 * not whole is `unavailable`, never half-read.
 */
export function createMailboxes(options: MailboxesOptions): Mailboxes {
  const { apiUrl, timeoutMs = 20_000 } = options;
  let loading: Promise<GmailClient> | undefined;
  const loadClient = async () => (await import('./gmail-client')).createGmailClient(apiUrl, timeoutMs);
  return (emailAddress) => createMailbox(emailAddress.toLowerCase(), options, () => (loading ??= loadClient()));
}

type GmailClient = ReturnType<typeof createGmailClient>;

/** One request, given the headers it has to carry. */
type Send = (
  users: GmailClient['users'],
  options: { headers: { authorization: string } },
) => Promise<{ data: unknown }>;

function createMailbox(emailAddress: string, options: MailboxesOptions, client: () => Promise<GmailClient>): Mailbox {
  const { tokens, scopes = gmailScopes } = options;
  const userId = emailAddress;

  async function takeToken(): Promise<AccessToken> {
    const token = await tokens.get(emailAddress, scopes);
    if (token.subject === emailAddress) return token;
    throw new AttacheError('bug', 'A token of another user was about to be used.', { code: 'wrongSubject' });
  }

  /** After a 401. Of many calls that were refused with one token, only the first asks for a new one. */
  async function takeOtherToken(refused: AccessToken): Promise<AccessToken> {
    const current = await takeToken();
    if (current.token !== refused.token) return current;
    tokens.invalidate(emailAddress, scopes);
    return takeToken();
  }

  async function attempt(operation: string, token: AccessToken, send: Send): Promise<unknown> {
    const { users } = await client();
    try {
      return (await send(users, { headers: { authorization: `Bearer ${token.token}` } })).data;
    } catch (error) {
      throw fromGoogleError(error, operation);
    }
  }

  async function request(operation: string, send: Send): Promise<unknown> {
    // The client is loaded while the token is on its way.
    const [token] = await Promise.all([takeToken(), client()]);
    try {
      return await attempt(operation, token, send);
    } catch (error) {
      if (!isAttacheError(error, 'unauthorized')) throw error;
      return attempt(operation, await takeOtherToken(token), send);
    }
  }

  async function call<Answer>(operation: string, answer: z.ZodType<Answer>, send: Send): Promise<Answer> {
    return read(operation, answer, await request(operation, send));
  }

  return {
    emailAddress,

    getProfile: () =>
      call('users.getProfile', profileAnswer, (users, options) => users.getProfile({ userId }, options)),

    async listHistory({ startHistoryId, pageToken }) {
      const params = {
        userId,
        startHistoryId,
        historyTypes: ['messageAdded', 'labelAdded'],
        maxResults: 500,
        ...(pageToken !== undefined && { pageToken }),
      };
      try {
        return await call('users.history.list', historyAnswer, (users, options) => users.history.list(params, options));
      } catch (error) {
        if (!isAttacheError(error, 'notFound')) throw error;
        throw new AttacheError('checkpointExpired', 'Gmail keeps no history from this id on.', { code: error.code });
      }
    },

    getMessage: (id) =>
      call('users.messages.get', messageAnswer, (users, options) =>
        users.messages.get({ userId, id, format: 'full' }, options),
      ),

    listMessages({ labelIds, ...params }) {
      const query = { userId, ...params, ...(labelIds && { labelIds: [...labelIds] }) };
      return call('users.messages.list', messageListAnswer, (users, options) => users.messages.list(query, options));
    },

    getAttachment: (messageId, id) =>
      call('users.messages.attachments.get', attachmentAnswer, (users, options) =>
        users.messages.attachments.get({ userId, messageId, id }, options),
      ),

    watch({ topicName, labelIds, labelFilterBehavior }) {
      const requestBody = { topicName, labelIds: [...labelIds], labelFilterBehavior };
      return call('users.watch', watchAnswer, (users, options) => users.watch({ userId, requestBody }, options));
    },

    async stop() {
      // The answer is empty, so that there is nothing to read.
      await request('users.stop', (users, options) => users.stop({ userId }, options));
    },
  };
}

function read<Answer>(operation: string, answer: z.ZodType<Answer>, text: unknown): Answer {
  try {
    if (typeof text === 'string') return answer.parse(parseAnswer(text));
  } catch {
    // Neither the text nor what was wrong with it goes into the error: both are somebody's mail.
  }
  throw new AttacheError('unavailable', `${operation} answered with something else than a whole answer.`, {
    code: 'unreadableAnswer',
  });
}
