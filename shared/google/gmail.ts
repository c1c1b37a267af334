import type * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import type { Mailbox, Mailboxes } from '../domain/mailbox';
import type { AccessTokens } from '../domain/ports';
import { createDelegatedCalls, readAnswer, type Send } from './delegated-calls';
import { fetchText } from './fetch-text';
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
  const loadClient = async () => (await import('./gmail-client')).createGmailClient(apiUrl, timeoutMs, fetchText);
  return (emailAddress) => createMailbox(emailAddress.toLowerCase(), options, () => (loading ??= loadClient()));
}

type GmailClient = ReturnType<typeof createGmailClient>;

function createMailbox(emailAddress: string, options: MailboxesOptions, client: () => Promise<GmailClient>): Mailbox {
  const { tokens, scopes = gmailScopes } = options;
  const userId = emailAddress;
  const request = createDelegatedCalls({ subject: emailAddress, tokens, scopes, client });

  async function call<Answer>(
    operation: string,
    answer: z.ZodType<Answer>,
    send: (users: GmailClient['users'], options: Parameters<Send<GmailClient>>[1]) => Promise<{ data: unknown }>,
  ): Promise<Answer> {
    const text = await request(operation, ({ users }, options) => send(users, options));
    return readAnswer(operation, answer, text, parseAnswer);
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
      await request('users.stop', ({ users }, options) => users.stop({ userId }, options));
    },
  };
}
