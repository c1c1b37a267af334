import { invalidArgument } from '../google-api-error';
import { parseJson } from '../router';
import type { Call, Route } from '../router';
import type { GmailMethod } from './method-units';
import type { ParseOptions } from './mime';
import type { GmailModel } from './model';
import {
  batchSchema,
  draftOf,
  draftSendSchema,
  formatOf,
  historyTypesOf,
  internalDateOf,
  labelSchema,
  listRequestOf,
  messageOf,
  modifySchema,
  numberOf,
  watchSchema,
} from './requests';
import { gmailMethodScopes } from './scopes';

export interface GmailRoutesOptions {
  readonly settings: ParseOptions;
  /** Resolves when what was last published on the topic has arrived there, rejects when it could not. */
  readonly published: (topicName: string) => Promise<void>;
}

/** Gmail v1 on the model. Paths are those of Google's discovery document. */
export function gmailRoutes(gmail: GmailModel, options: GmailRoutesOptions): Route[] {
  return [
    route('getProfile', 'GET', '/profile', ({ email }) => gmail.getProfile(email)),
    route('watch', 'POST', '/watch', (call) => watch(gmail, options, call)),
    route('stop', 'POST', '/stop', ({ email, grant }) => gmail.stop(email, grant.projectId)),
    route('history.list', 'GET', '/history', (call) =>
      gmail.listHistory(call.email, {
        startHistoryId: call.query.get('startHistoryId') ?? '',
        pageToken: call.query.get('pageToken') ?? undefined,
        maxResults: numberOf(call.query, 'maxResults'),
        labelId: call.query.get('labelId') ?? undefined,
        historyTypes: historyTypesOf(call),
      }),
    ),
    ...messageRoutes(gmail, options.settings),
    ...threadRoutes(gmail),
    ...labelRoutes(gmail),
    ...draftRoutes(gmail, options.settings),
  ];
}

function messageRoutes(gmail: GmailModel, settings: ParseOptions): Route[] {
  /** The model's changes are free; what is done through the API is charged first. */
  const charged =
    (method: 'modify' | 'trash' | 'untrash' | 'delete', change: (call: GmailCall, id: string) => unknown) =>
    (call: GmailCall) => {
      gmail.charge(call.email, `gmail.users.messages.${method}`);
      return change(call, idOf(call));
    };
  const insert = (method: 'insert' | 'import', dateSource: string) => async (call: GmailCall) => {
    const message = await messageOf(call, settings);
    const internalDateMs = internalDateOf(call, message, dateSource);
    return gmail.insertMessage(call.email, method, { ...message, internalDateMs });
  };
  return [
    route('messages.list', 'GET', '/messages', (call) => gmail.listMessages(call.email, listRequestOf(call))),
    route('messages.insert', 'POST', '/messages', insert('insert', 'receivedTime')),
    route('messages.import', 'POST', '/messages/import', insert('import', 'dateHeader')),
    route('messages.send', 'POST', '/messages/send', async (call) =>
      gmail.send(call.email, await messageOf(call, settings)),
    ),
    route('messages.batchModify', 'POST', '/messages/batchModify', ({ email, body }) =>
      gmail.batchModify(email, parseJson(batchSchema, body)),
    ),
    route('messages.batchDelete', 'POST', '/messages/batchDelete', ({ email, body }) =>
      gmail.batchDelete(email, parseJson(batchSchema, body)),
    ),
    route('messages.get', 'GET', '/messages/{id}', (call) =>
      gmail.getMessage(call.email, idOf(call), formatOf(call), call.query.getAll('metadataHeaders')),
    ),
    route(
      'messages.modify',
      'POST',
      '/messages/{id}/modify',
      charged('modify', ({ email, body }, id) => gmail.modifyLabels(email, id, parseJson(modifySchema, body))),
    ),
    route(
      'messages.trash',
      'POST',
      '/messages/{id}/trash',
      charged('trash', ({ email }, id) => gmail.trash(email, id)),
    ),
    route(
      'messages.untrash',
      'POST',
      '/messages/{id}/untrash',
      charged('untrash', ({ email }, id) => gmail.untrash(email, id)),
    ),
    route(
      'messages.delete',
      'DELETE',
      '/messages/{id}',
      charged('delete', ({ email }, id) => gmail.deleteMessage(email, id)),
    ),
    route('messages.attachments.get', 'GET', '/messages/{id}/attachments/{attachmentId}', (call) =>
      gmail.getAttachment(call.email, idOf(call), call.params['attachmentId'] ?? ''),
    ),
  ];
}

function threadRoutes({ threads }: GmailModel): Route[] {
  return [
    route('threads.list', 'GET', '/threads', (call) => threads.list(call.email, listRequestOf(call))),
    route('threads.get', 'GET', '/threads/{id}', (call) =>
      threads.get(call.email, idOf(call), formatOf(call), call.query.getAll('metadataHeaders')),
    ),
    route('threads.modify', 'POST', '/threads/{id}/modify', (call) =>
      threads.modify(call.email, idOf(call), parseJson(modifySchema, call.body)),
    ),
    route('threads.trash', 'POST', '/threads/{id}/trash', (call) => threads.trash(call.email, idOf(call))),
    route('threads.untrash', 'POST', '/threads/{id}/untrash', (call) => threads.untrash(call.email, idOf(call))),
    route('threads.delete', 'DELETE', '/threads/{id}', (call) => threads.delete(call.email, idOf(call))),
  ];
}

function labelRoutes({ labels }: GmailModel): Route[] {
  return [
    route('labels.list', 'GET', '/labels', ({ email }) => labels.list(email)),
    route('labels.get', 'GET', '/labels/{id}', (call) => labels.get(call.email, idOf(call))),
    route('labels.create', 'POST', '/labels', (call) => labels.create(call.email, parseJson(labelSchema, call.body))),
    route('labels.update', 'PUT', '/labels/{id}', (call) =>
      labels.update(call.email, idOf(call), parseJson(labelSchema, call.body)),
    ),
    route('labels.patch', 'PATCH', '/labels/{id}', (call) =>
      labels.patch(call.email, idOf(call), parseJson(labelSchema, call.body)),
    ),
    route('labels.delete', 'DELETE', '/labels/{id}', (call) => labels.delete(call.email, idOf(call))),
  ];
}

function draftRoutes({ drafts }: GmailModel, settings: ParseOptions): Route[] {
  return [
    route('drafts.list', 'GET', '/drafts', (call) => drafts.list(call.email, listRequestOf(call))),
    route('drafts.create', 'POST', '/drafts', async (call) => drafts.create(call.email, await draftOf(call, settings))),
    route('drafts.send', 'POST', '/drafts/send', ({ email, body }) =>
      drafts.send(email, parseJson(draftSendSchema, body).id),
    ),
    route('drafts.get', 'GET', '/drafts/{id}', (call) => drafts.get(call.email, idOf(call), formatOf(call))),
    route('drafts.update', 'PUT', '/drafts/{id}', async (call) =>
      drafts.update(call.email, idOf(call), await draftOf(call, settings)),
    ),
    route('drafts.delete', 'DELETE', '/drafts/{id}', (call) => drafts.delete(call.email, idOf(call))),
  ];
}

/** The notification that `watch` sends at once is Gmail's test of the topic: without it there is no watch. */
async function watch(gmail: GmailModel, { published }: GmailRoutesOptions, { email, grant, body }: GmailCall) {
  const request = parseJson(watchSchema, body);
  const response = gmail.watch(email, request, grant.projectId);
  try {
    await published(request.topicName);
  } catch {
    gmail.endWatch(email, grant.projectId);
    throw invalidArgument(`Error sending test message to Cloud PubSub ${request.topicName} : Resource not found`);
  }
  return response;
}

type GmailCall = Call & { readonly email: string };

function route(
  method: GmailMethod extends `gmail.users.${infer Method}` ? Method : never,
  verb: Route['verb'],
  path: string,
  handle: (call: GmailCall) => unknown,
): Route {
  const id: GmailMethod = `gmail.users.${method}`;
  const whole = `/gmail/v1/users/{userId}${path}`;
  return {
    id,
    verb,
    paths: uploads.has(id) ? [whole, `/upload${whole}`] : [whole],
    scopes: gmailMethodScopes[id],
    handle: (call) => handle({ ...call, email: call.grant.subject }),
  };
}

const uploads: ReadonlySet<GmailMethod> = new Set([
  'gmail.users.messages.insert',
  'gmail.users.messages.import',
  'gmail.users.messages.send',
  'gmail.users.drafts.create',
  'gmail.users.drafts.update',
]);

function idOf({ params }: Call): string {
  return params['id'] ?? '';
}
