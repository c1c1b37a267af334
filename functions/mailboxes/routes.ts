import * as z from 'zod';
import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import { sees, unknownMailbox, type Caller } from '../../shared/domain/grants';
import type { DocumentStore } from '../../shared/domain/ports';
import { agentEvent } from './schema';
import { defineRoute, reply, type Route } from '../../shared/runtime/route';
import { listEventsAfter, type RecordedEvent } from '../../shared/store/event-store';
import { listParked } from '../../shared/store/parked-messages';
import {
  loadMailbox,
  pauseMailbox,
  removeMailbox,
  replayParked,
  resumeMailbox,
  syncMailboxNow,
} from './change-mailbox';
import { listVisible } from './list-visible';
import { problemOf, toInstant, viewMailbox, viewParked } from './mailbox-view';
import { readFeed } from './read-feed';
import { readAttachment, readMessage, searchMessages } from './read-messages';
import { registerMailbox, type RegistrationDependencies } from './register-mailbox';
import * as schema from './schema';

export interface MailboxesDependencies extends RegistrationDependencies {
  readonly store: DocumentStore;
}

const mailboxParam = 'email';

export const mailboxRoutes: readonly Route<MailboxesDependencies>[] = [
  defineRoute({
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This API as an OpenAPI 3.1 document',
    capability: 'public',
    response: { status: 200, schema: z.looseObject({ openapi: z.string() }) },
    handle: async () => (await import('../../docs/openapi.json')).default,
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/whoami',
    operationId: 'whoami',
    summary: 'Who you are and what you may do',
    capability: 'authenticated',
    response: { status: 200, schema: schema.whoami },
    handle: async (_deps: MailboxesDependencies, { caller }) => ({
      caller: caller.id,
      mailboxes: [...caller.mailboxes],
      domains: [...caller.domains],
      capabilities: [...caller.capabilities],
    }),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/mailboxes',
    operationId: 'listMailboxes',
    summary: 'The registered mailboxes you may use, by address',
    capability: 'mailboxes.read',
    query: z.object(schema.pageQuery),
    response: { status: 200, schema: schema.mailboxList },
    handle: async ({ mailboxStore }: MailboxesDependencies, { caller, query }) => {
      const { records, nextPageToken } = await listVisible(mailboxStore, caller, query.pageSize, query.pageToken);
      return { mailboxes: records.map(viewMailbox), nextPageToken };
    },
  }),
  defineRoute({
    method: 'PUT',
    path: '/v1/mailboxes/{email}',
    operationId: 'registerMailbox',
    summary: 'Registers a mailbox and watches it; again with the same effect',
    description:
      'New mail is delivered from now on. A mailbox that needed authorisation goes on where it stopped, and changed labels take effect at once.',
    capability: 'mailboxes.manage',
    mailboxParam,
    params: schema.emailParam,
    body: schema.registration,
    response: { status: 200, schema: schema.mailbox },
    errors: [403, 409, 429, 503],
    handle: async (deps: MailboxesDependencies, { params, body }) => {
      const backfillSinceMs = body.backfillSince === undefined ? undefined : Date.parse(body.backfillSince);
      return viewMailbox(await explained(() => registerMailbox(deps, params.email, { ...body, backfillSinceMs })));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/mailboxes/{email}',
    operationId: 'getMailbox',
    summary: 'State, checkpoint, lag, watch, last reconciliation and parked messages',
    capability: 'mailboxes.read',
    mailboxParam,
    params: schema.emailParam,
    response: { status: 200, schema: schema.mailboxDetails },
    handle: async ({ mailboxStore, store }: MailboxesDependencies, { params }) => {
      const record = await loadMailbox(mailboxStore, params.email);
      const parkedMessages = (await listParked(store, params.email, 500)).map(viewParked);
      return { ...viewMailbox(record), parkedMessages };
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/v1/mailboxes/{email}',
    operationId: 'removeMailbox',
    summary: 'Stops the watch and forgets the mailbox; its events stay readable until they expire',
    capability: 'mailboxes.manage',
    mailboxParam,
    params: schema.emailParam,
    response: { status: 204 },
    handle: async (deps: MailboxesDependencies, { params }) => {
      await removeMailbox(deps, params.email);
      return undefined;
    },
  }),
  action('pause', 'pauseMailbox', 'Leaves new mail unread until the mailbox is resumed', pauseMailbox),
  action('resume', 'resumeMailbox', 'Goes on from the checkpoint: nothing that came meanwhile is lost', resumeMailbox),
  action('sync', 'syncMailbox', 'Reads the mailbox now, without waiting for a push', syncMailboxNow),
  action('replayParked', 'replayParkedMessages', 'Tries the messages that were set aside once more', replayParked),
  defineRoute({
    method: 'GET',
    path: '/v1/mailboxes/{email}/messages',
    operationId: 'searchMessages',
    summary: 'Messages straight from Gmail, newest first',
    capability: 'messages.read',
    mailboxParam,
    params: schema.emailParam,
    query: schema.messageQuery,
    response: { status: 200, schema: schema.messageList },
    errors: [409, 429, 503],
    handle: async ({ mailboxStore, mailboxes }: MailboxesDependencies, { params, query }) => {
      await loadMailbox(mailboxStore, params.email);
      return explained(() => searchMessages(mailboxes(params.email), query));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/mailboxes/{email}/messages/{messageId}',
    operationId: 'getMessage',
    summary: 'One message, whole, in the form of an event’s data',
    capability: 'messages.read',
    mailboxParam,
    params: schema.emailParam.extend({ messageId: z.string() }),
    response: { status: 200, schema: schema.message },
    errors: [409, 429, 503],
    handle: async ({ mailboxStore, mailboxes }: MailboxesDependencies, { params }) => {
      await loadMailbox(mailboxStore, params.email);
      return explained(() => readMessage(mailboxes(params.email), params.messageId));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/mailboxes/{email}/messages/{messageId}/attachments/{attachmentId}',
    operationId: 'getAttachment',
    summary: 'The content of one attachment',
    capability: 'messages.read',
    mailboxParam,
    params: schema.emailParam.extend({ messageId: z.string(), attachmentId: z.string() }),
    response: { status: 200, schema: schema.attachmentContent },
    errors: [409, 429, 503],
    handle: async ({ mailboxStore, mailboxes }: MailboxesDependencies, { params }) => {
      await loadMailbox(mailboxStore, params.email);
      return explained(() => readAttachment(mailboxes(params.email), params.messageId, params.attachmentId));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/mailboxes/{email}/events',
    operationId: 'listMailboxEvents',
    summary: 'One mailbox’s events by sequence number: no gaps, nothing arrives late',
    capability: 'events.read',
    mailboxParam,
    params: schema.emailParam,
    query: schema.mailboxFeedQuery,
    response: { status: 200, schema: schema.mailboxFeed },
    handle: async ({ mailboxStore, store }: MailboxesDependencies, { params, query }) => {
      const [known, events] = await Promise.all([
        mailboxStore.load(params.email),
        listEventsAfter(store, params.email, query.after, query.pageSize),
      ]);
      // A removed mailbox is known: its events stay readable.
      if (!known) throw unknownMailbox(params.email);
      return {
        events: events.map((event) => ({
          sequence: event.sequence,
          recordedAt: toInstant(event.recordedAtMs),
          event: parseEvent(event),
        })),
        nextAfter: events.at(-1)?.sequence ?? query.after,
      };
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/events',
    operationId: 'pollEvents',
    summary: 'The events of all mailboxes you may use, replayable, with long poll',
    description:
      'Events of the last three seconds are held back, so that none can be committed before a place already read.',
    capability: 'events.read',
    query: schema.feedQuery,
    response: { status: 200, schema: schema.feed },
    handle: async (deps: MailboxesDependencies, { caller, query, signal }) => {
      const { events, nextCursor } = await readFeed(deps, {
        ...scopeOf(caller, query.mailbox),
        ...query,
        waitMs: query.waitSeconds * 1_000,
        signal,
      });
      return { events: events.map(parseEvent), nextCursor };
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/status',
    operationId: 'getStatus',
    summary: 'Mailboxes by status, and those that need attention',
    capability: 'status.read',
    response: { status: 200, schema: schema.status },
    handle: async ({ mailboxStore, clock }: MailboxesDependencies, { caller }) => {
      const { records, nextPageToken } = await listVisible(mailboxStore, caller, 1_000, undefined);
      const counts: Record<string, number> = {};
      for (const { status } of records) counts[status] = (counts[status] ?? 0) + 1;
      const attention = records
        .map((record) => problemOf(record, clock.now()))
        .filter((problem) => problem !== undefined);
      return { mailboxes: counts, attention: attention.slice(0, 200), truncated: nextPageToken !== null };
    },
  }),
];

function action(
  verb: string,
  operationId: string,
  summary: string,
  run: (deps: MailboxesDependencies, emailAddress: string) => Promise<Parameters<typeof viewMailbox>[0]>,
): Route<MailboxesDependencies> {
  return defineRoute({
    method: 'POST',
    path: `/v1/mailboxes/{email}:${verb}`,
    operationId,
    summary,
    capability: 'mailboxes.manage',
    mailboxParam,
    params: schema.emailParam,
    response: { status: 202, schema: schema.mailbox },
    errors: [409],
    handle: async (deps: MailboxesDependencies, { params }) => reply(viewMailbox(await run(deps, params.email))),
  });
}

function scopeOf(
  caller: Caller,
  mailbox: string | undefined,
): { mailboxes: readonly string[]; domains: readonly string[] } {
  if (mailbox === undefined) return caller;
  if (!sees(caller, mailbox)) throw unknownMailbox(mailbox);
  return { mailboxes: [mailbox], domains: [] };
}

function parseEvent({ json }: RecordedEvent): z.output<typeof agentEvent> {
  return agentEvent.parse(JSON.parse(json));
}

/** Google's refusal of a mailbox is not the caller's own: `401` would send it looking for the wrong credentials. */
async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isAttacheError(error, 'unauthorized')) throw error;
    throw new AttacheError('conflict', 'Google does not let Attaché act for this mailbox.', {
      code: 'mailboxNotAuthorized',
      fix: error.fix ?? 'Check that the user exists and that domain-wide delegation is authorised for the Gmail scope.',
      cause: error,
    });
  }
}
