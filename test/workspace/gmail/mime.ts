import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { Splitter } from 'mailsplit';
import type { Chunk, MimeNode } from 'mailsplit';
import type { MessageContent } from './mailbox';
import { decodeText } from './message-text';

export interface ParseOptions {
  /**
   * What `body.data` of a text part holds: the sender's bytes after transfer decoding, or the text as UTF-8. Gmail has
   * been seen to do both, with the header's charset unchanged.
   */
  readonly bodyCharset?: 'original' | 'utf-8' | undefined;
}

export type ParsedMessage = { readonly [Field in keyof MessageContent]-?: NonNullable<MessageContent[Field]> };

/** Text parts above this size are given by `attachmentId`, like attachments. */
const maxInlineBytes = 1024 * 1024;
const maxEmbeddedMessages = 20;

/**
 * RFC 822 bytes as `messages.get` with `format=full` shows them: header values unfolded but not decoded, `filename`
 * decoded, text in `body.data`, everything else behind an `attachmentId`. Accepts anything.
 */
export async function parseMessage(bytes: Uint8Array, options: ParseOptions = {}): Promise<ParsedMessage> {
  const message = Buffer.from(bytes);
  const digest = createHash('sha256').update(message).digest();
  const attachments = new Map<string, string>();
  const attach = (content: Buffer, partId: string) => {
    const attachmentId = createHash('sha256').update(digest).update(partId).digest('base64url');
    attachments.set(attachmentId, content.toString('base64url'));
    return attachmentId;
  };
  const payload = await parsePart(message, '', { attach, depth: 0, bodyCharset: options.bodyCharset ?? 'original' });
  return { payload, attachments, raw: message.toString('base64url') };
}

/** The decoded contents of a multipart's direct parts; `contentType` is the header of the request that carries it. */
export async function splitParts(contentType: string, body: Uint8Array): Promise<Buffer[]> {
  const root = await split(Buffer.concat([Buffer.from(`Content-Type: ${contentType}\r\n\r\n`), body]));
  return Promise.all((root?.children ?? []).map(contentOf));
}

interface Context {
  readonly attach: (content: Buffer, partId: string) => string;
  readonly depth: number;
  readonly bodyCharset: 'original' | 'utf-8';
}

interface Tree {
  readonly node: MimeNode;
  readonly children: Tree[];
  readonly chunks: Buffer[];
}

async function parsePart(message: Buffer, partId: string, context: Context): Promise<gmail_v1.Schema$MessagePart> {
  const root = await split(message);
  return root ? toPart(root, partId, context) : { partId, mimeType: 'text/plain', filename: '', body: { size: 0 } };
}

async function split(message: Buffer): Promise<Tree | undefined> {
  const splitter = new Splitter({ ignoreEmbedded: true, maxHeadSize: Infinity, maxChildNodes: Infinity });
  const trees = new Map<MimeNode, Tree>();
  let root: Tree | undefined;
  splitter.end(message);
  for await (const item of splitter as AsyncIterable<MimeNode | Chunk>) {
    if (item.type === 'node') {
      const tree: Tree = { node: item, children: [], chunks: [] };
      trees.set(item, tree);
      root ??= tree;
      if (item.parentNode) trees.get(item.parentNode)?.children.push(tree);
    } else if (item.value) {
      trees.get(item.node)?.chunks.push(item.value);
    }
  }
  return root;
}

async function toPart(tree: Tree, partId: string, context: Context): Promise<gmail_v1.Schema$MessagePart> {
  const { node, children } = tree;
  const part: gmail_v1.Schema$MessagePart = {
    partId,
    mimeType: mimeTypeOf(tree),
    filename: filenameOf(node),
    headers: parseHeaders(node.getHeaders()),
    body: { size: 0 },
  };
  const childId = (index: number) => (partId === '' ? String(index) : `${partId}.${index}`);
  if (children.length > 0) {
    return {
      ...part,
      parts: await Promise.all(children.map((child, index) => toPart(child, childId(index), context))),
    };
  }
  const content = await contentOf(tree);
  if (part.mimeType === 'message/rfc822' && context.depth < maxEmbeddedMessages) {
    const embedded = await parsePart(content, childId(0), { ...context, depth: context.depth + 1 });
    return {
      ...part,
      body: { attachmentId: context.attach(content, partId), size: content.length },
      parts: [embedded],
    };
  }
  const isText = part.mimeType?.startsWith('text/') && !part.filename && node.disposition !== 'attachment';
  if (!isText || content.length > maxInlineBytes) {
    return { ...part, body: { attachmentId: context.attach(content, partId), size: content.length } };
  }
  const shown = context.bodyCharset === 'utf-8' ? Buffer.from(decodeText(content, node.charset || 'utf-8')) : content;
  return { ...part, body: { size: shown.length, data: shown.toString('base64url') } };
}

async function contentOf({ node, chunks }: Tree): Promise<Buffer> {
  const decoder = node.getDecoder();
  decoder.end(Buffer.concat(chunks));
  return buffer(decoder);
}

/** A boundary makes a multipart whatever the type says, and a multipart without any part is text. */
function mimeTypeOf({ node, children }: Tree): string {
  if (children.length > 0) return node.multipart && node.contentType ? node.contentType : 'multipart/mixed';
  return node.contentType && node.contentType.includes('/') && !node.multipart ? node.contentType : 'text/plain';
}

/** The splitter reads bytes as Latin-1, so that a name in raw UTF-8 comes out garbled. */
function filenameOf({ filename }: MimeNode): string {
  if (!filename) return '';
  return /^[\0-\xff]*$/.test(filename) ? decodeText(Buffer.from(filename, 'latin1'), 'latin1') : filename;
}

function parseHeaders(block: Buffer): gmail_v1.Schema$MessagePartHeader[] {
  return decodeText(block, 'latin1')
    .split(/\r?\n(?![ \t])/)
    .flatMap((line) => {
      const [, name, value] = /^([^\s:]+)[ \t]*:([^]*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [{ name, value: value.replace(/\r?\n/g, '').trim() }];
    });
}
