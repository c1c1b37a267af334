import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { AttacheError } from '../../shared/domain/errors';
import { historyIdSchema } from '../../shared/domain/history-id';
import type { GmailMessage, HistoryPage, Mailbox } from '../../shared/domain/mailbox';
import { fromGoogleAnswer } from '../../shared/google/errors';
import type { GmailModel } from '../workspace/gmail/model';
import { GoogleApiError } from '../workspace/google-api-error';
import type { Instance, World } from './world';

/** Trouble on Gmail's side that a scenario makes. */
export interface GmailTrouble {
  /** How often reading a message still fails, by `messageKey`; Infinity: always. */
  readonly unreadable: Map<string, number>;
  /** What Gmail answers to every call about a mailbox. */
  readonly refusals: Map<string, GoogleApiError>;
}

/** The Gmail port of an instance over the model, with the adapter's own translation of errors. */
export function gmailPort(
  world: World,
  gmail: GmailModel,
  trouble: GmailTrouble,
  instance: Instance,
  emailAddress: string,
): Mailbox {
  const call = <T>(method: string, run: () => T): Promise<T> =>
    world.io(instance, `gmail.${method}`, () => {
      try {
        const refusal = trouble.refusals.get(emailAddress);
        if (refusal) throw refusal;
        return run();
      } catch (error) {
        if (!(error instanceof GoogleApiError)) throw error;
        if (method === 'history.list' && error.code === 404)
          throw new AttacheError('checkpointExpired', 'The history is no longer kept.');
        throw fromGoogleAnswer({ status: error.code, data: error.toBody() }, method, world.nowMs);
      }
    });
  return {
    emailAddress,
    getProfile: () =>
      call('getProfile', () => {
        const profile = gmail.getProfile(emailAddress);
        return { emailAddress: required(profile.emailAddress), historyId: required(profile.historyId) };
      }),
    listHistory: (request) =>
      call('history.list', () =>
        toPage(gmail.listHistory(emailAddress, { ...request, historyTypes: ['messageAdded', 'labelAdded'] })),
      ),
    getMessage: (id) =>
      call('messages.get', () => {
        const failures = trouble.unreadable.get(messageKey(emailAddress, id)) ?? 0;
        if (failures > 0) {
          trouble.unreadable.set(messageKey(emailAddress, id), failures - 1);
          throw new GoogleApiError(500, 'backendError', 'Backend Error');
        }
        return toMessage(gmail.getMessage(emailAddress, id, 'full'));
      }),
    listMessages: (request) =>
      call('messages.list', () => {
        const { messages = [], nextPageToken } = gmail.listMessages(emailAddress, request);
        return {
          messages: messages.map(({ id, threadId }) => ({ id: required(id), threadId: required(threadId) })),
          ...(nextPageToken != null && { nextPageToken }),
        };
      }),
    getAttachment: () => Promise.reject(new Error('not part of the simulation')),
    watch: ({ topicName, labelIds, labelFilterBehavior }) =>
      call('watch', () => {
        const answer = gmail.watch(emailAddress, { topicName, labelIds, labelFilterBehavior });
        return { historyId: required(answer.historyId), expirationMs: Number(required(answer.expiration)) };
      }),
    stop: () => call('stop', () => gmail.stop(emailAddress)),
  };
}

/** Gmail's message ids are unique within a mailbox only. */
export function messageKey(mailbox: string, messageId: string): string {
  return `${mailbox}/${messageId}`;
}

/** A field that Gmail always sends. */
export function required<T>(value: T | null | undefined): T {
  if (value == null) throw new Error('The model left out a field that Gmail always sends.');
  return value;
}

function toPage(answer: gmail_v1.Schema$ListHistoryResponse): HistoryPage {
  return {
    ...(answer.history && {
      history: answer.history.map((record) => ({
        id: required(record.id),
        messagesAdded: (record.messagesAdded ?? []).map(({ message }) => ({ message: toRef(message) })),
        labelsAdded: (record.labelsAdded ?? []).map(({ message, labelIds }) => ({
          message: toRef(message),
          labelIds: labelIds ?? [],
        })),
      })),
    }),
    ...(answer.nextPageToken != null && { nextPageToken: answer.nextPageToken }),
    historyId: historyIdSchema.parse(answer.historyId),
  };
}

function toRef(message: gmail_v1.Schema$Message | undefined): { id: string; labelIds: string[] } {
  return { id: required(message?.id), labelIds: message?.labelIds ?? [] };
}

/** Without its text, which no part of the sync looks at. */
function toMessage(message: gmail_v1.Schema$Message): GmailMessage {
  return {
    id: required(message.id),
    threadId: required(message.threadId),
    labelIds: message.labelIds ?? [],
    snippet: '',
    historyId: required(message.historyId),
    internalDate: required(message.internalDate),
    payload: { mimeType: 'text/plain', headers: [], body: { size: 5, data: 'aGVsbG8' } },
  };
}
