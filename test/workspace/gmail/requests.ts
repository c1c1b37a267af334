import * as z from 'zod';
import { GoogleApiError, invalidArgument } from '../google-api-error';
import { parseJson } from '../router';
import type { Call } from '../router';
import { headerOf } from './message-text';
import type { MessageFormat } from './mailbox';
import { parseMessage, splitParts } from './mime';
import type { ParsedMessage, ParseOptions } from './mime';
import type { ListRequest } from './query';
import { metadataScope } from './scopes';

export const watchSchema = z
  .object({
    topicName: z.string(),
    labelIds: z.array(z.string()).optional(),
    labelFilterBehavior: z.enum(['include', 'exclude', 'INCLUDE', 'EXCLUDE']).optional(),
    /** The older name of the same field. */
    labelFilterAction: z.enum(['include', 'exclude', 'INCLUDE', 'EXCLUDE']).optional(),
  })
  .transform(({ labelFilterBehavior, labelFilterAction, ...rest }) => {
    const behavior = labelFilterBehavior ?? labelFilterAction;
    const lowerCase = behavior && behavior.toLowerCase() === 'exclude' ? ('exclude' as const) : ('include' as const);
    return { ...rest, labelFilterBehavior: lowerCase };
  });

const labelIds = z.array(z.string()).exactOptional();
export const modifySchema = z.object({ addLabelIds: labelIds, removeLabelIds: labelIds });
export const batchSchema = z.object({ ids: z.array(z.string()), addLabelIds: labelIds, removeLabelIds: labelIds });
export const draftSendSchema = z.object({ id: z.string() });
export const labelSchema = z.object({
  name: z.string().exactOptional(),
  labelListVisibility: z.enum(['labelShow', 'labelShowIfUnread', 'labelHide']).exactOptional(),
  messageListVisibility: z.enum(['show', 'hide']).exactOptional(),
  color: z
    .object({ textColor: z.string().exactOptional(), backgroundColor: z.string().exactOptional() })
    .exactOptional(),
});

const messageSchema = z.object({ raw: z.string().optional(), threadId: z.string().optional(), labelIds });
const draftSchema = z.object({ message: messageSchema.default({}) });

type MessageRequest = ParsedMessage & {
  readonly threadId?: string | undefined;
  readonly labelIds?: string[] | undefined;
};

/** The message of a call, from `raw` or from an upload (`uploadType` media or multipart). */
export async function messageOf(call: Call, options: ParseOptions): Promise<MessageRequest> {
  return messageFrom(call, (json) => parseJson(messageSchema, json), options);
}

export async function draftOf(call: Call, options: ParseOptions): Promise<MessageRequest> {
  return messageFrom(call, (json) => parseJson(draftSchema, json).message, options);
}

async function messageFrom(
  { query, headers, body }: Call,
  parse: (json: Buffer) => z.output<typeof messageSchema>,
  options: ParseOptions,
): Promise<MessageRequest> {
  switch (query.get('uploadType')) {
    case null: {
      const { raw, ...fields } = parse(body);
      if (!raw) {
        throw invalidArgument("'raw' RFC822 payload message string or uploading message via /upload/* URL required");
      }
      return { ...(await parseMessage(Buffer.from(raw, 'base64'), options)), ...fields };
    }
    case 'media':
      return parseMessage(body, options);
    case 'multipart': {
      const [json, message] = await splitParts(headers['content-type'] ?? '', body);
      if (!json || !message) throw invalidArgument('A multipart upload has two parts: JSON and the message.');
      const { raw: _, ...fields } = parse(json);
      return { ...(await parseMessage(message, options)), ...fields };
    }
    default:
      throw invalidArgument(`uploadType ${query.get('uploadType')} is not offered here: use media or multipart.`);
  }
}

/** The time that an inserted message gets: now, or the one in its `Date` header. */
export function internalDateOf(call: Call, message: ParsedMessage, byDefault: string): number | undefined {
  if ((call.query.get('internalDateSource') ?? byDefault) !== 'dateHeader') return undefined;
  const timeMs = Date.parse(headerOf(message.payload, 'Date').replace(/\(.*\)/, ''));
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

export function listRequestOf(call: Call): ListRequest {
  const { query } = call;
  if (query.has('q') && hasOnlyMetadata(call)) {
    throw new GoogleApiError(403, 'forbidden', "Metadata scope does not support 'q' parameter");
  }
  return {
    q: query.get('q') ?? undefined,
    labelIds: query.getAll('labelIds'),
    maxResults: numberOf(query, 'maxResults'),
    pageToken: query.get('pageToken') ?? undefined,
    includeSpamTrash: query.get('includeSpamTrash') === 'true',
  };
}

export function formatOf(call: Call): MessageFormat {
  const parsed = z
    .enum(['full', 'metadata', 'minimal', 'raw'])
    .safeParse((call.query.get('format') ?? 'full').toLowerCase());
  if (!parsed.success) throw invalidArgument(`Invalid value at 'format': "${call.query.get('format')}"`);
  if (hasOnlyMetadata(call) && (parsed.data === 'full' || parsed.data === 'raw')) {
    throw new GoogleApiError(403, 'forbidden', `Metadata scope doesn't allow format ${parsed.data.toUpperCase()}`);
  }
  return parsed.data;
}

export function historyTypesOf({ query }: Call) {
  const parsed = z
    .array(z.enum(['messageAdded', 'messageDeleted', 'labelAdded', 'labelRemoved']))
    .safeParse(query.getAll('historyTypes'));
  if (!parsed.success)
    throw invalidArgument(`Invalid value at 'history_types': "${query.getAll('historyTypes').join()}"`);
  return parsed.data;
}

export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw invalidArgument(`Invalid value at '${name}' (TYPE_UINT32), "${text}"`);
  return Number(text);
}

/** The metadata scope takes bodies and search away, unless a stronger scope is there too. */
function hasOnlyMetadata({ grant }: Call): boolean {
  const stronger = /^https:\/\/(mail\.google\.com\/|www\.googleapis\.com\/auth\/gmail\.(modify|readonly))$/;
  return grant.scopes.has(metadataScope) && ![...grant.scopes].some((scope) => stronger.test(scope));
}
