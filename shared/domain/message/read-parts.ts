import type { MessagePart } from '../mailbox';
import { clip } from './clean-text';
import { decodeBody } from './decode-body';
import type { Attachment } from './event-schemas';
import { firstValue, readHeaders, readLine, readParameter, readToken, type HeaderField } from './header-values';
import { unflow } from './unflow';

/** A stretch of the body: what the sender wrote as plain text, as HTML, or as both, to choose from. */
export interface Segment {
  readonly plain: string[];
  readonly html: string[];
}

export interface MessageParts {
  /** In the order in which they are shown. */
  readonly segments: readonly Segment[];
  readonly attachments: Attachment[];
}

interface Leaf {
  readonly part: MessagePart;
  readonly mimeType: string;
  readonly headers: readonly HeaderField[];
  readonly disposition: string;
  readonly filename: string;
  readonly isAlternative: boolean;
  /** Shared with its alternatives. */
  readonly segment: Segment;
}

type Warn = (warning: string) => void;

const maxFilenameChars = 255;

/**
 * Which parts are the text and which are attachments. Embedded messages are attachments and are not looked into. Goes through
 * any depth without recursion.
 */
export function readParts(root: MessagePart, warn: Warn): MessageParts {
  const segments = new Set<Segment>();
  const attachments: Attachment[] = [];
  const spare: Leaf[] = [];
  for (const leaf of leavesOf(root, warn)) {
    const kind = bodyKind(leaf);
    if (kind && leaf.part.body?.data !== undefined) {
      segments.add(leaf.segment);
      leaf.segment[kind].push(readText(leaf, warn));
    } else if (kind || !isIdle(leaf)) {
      if (kind && leaf.part.body?.attachmentId) warn(`The ${leaf.mimeType} text comes as an attachment.`);
      if (!kind || leaf.part.body?.attachmentId) attachments.push(toAttachment(leaf));
      spare.push(leaf);
    }
  }
  if (segments.size > 0) return { segments: [...segments], attachments };
  return { segments: spare.filter(isReadable).map((leaf) => spareSegment(leaf, warn)), attachments };
}

function* leavesOf(root: MessagePart, warn: Warn): Generator<Leaf> {
  const pending: { readonly part: MessagePart; readonly alternatives: Segment | undefined }[] = [
    { part: root, alternatives: undefined },
  ];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { part, alternatives } = next;
    const headers = readHeaders(part);
    const mimeType = (part.mimeType || readToken(firstValue(headers, 'content-type')) || 'text/plain').toLowerCase();
    const isMultipart = mimeType.startsWith('multipart/');
    const children = mimeType === 'message/rfc822' ? [] : (part.parts ?? []);
    if (children.length > 0) {
      const shared = alternatives ?? (mimeType === 'multipart/alternative' ? newSegment() : undefined);
      for (let index = children.length - 1; index >= 0; index -= 1) {
        const child = children[index];
        if (child) pending.push({ part: child, alternatives: shared });
      }
      continue;
    }
    if (isMultipart && part.body?.data) warn(`No parts were found in ${mimeType}; it is read as plain text.`);
    yield {
      part,
      mimeType: clip(isMultipart ? 'text/plain' : mimeType, maxFilenameChars),
      headers,
      disposition: readToken(firstValue(headers, 'content-disposition')),
      filename: readFilename(part, headers),
      isAlternative: alternatives !== undefined,
      segment: alternatives ?? newSegment(),
    };
  }
}

function newSegment(): Segment {
  return { plain: [], html: [] };
}

function bodyKind({ mimeType, disposition, filename }: Leaf): keyof Segment | undefined {
  if (disposition === 'attachment' || filename !== '') return undefined;
  return mimeType === 'text/plain' ? 'plain' : mimeType === 'text/html' ? 'html' : undefined;
}

/** For a message that has no text of its own: a delivery report, or a single text that bears a name. */
function isReadable({ part, mimeType, disposition }: Leaf): boolean {
  const isText = mimeType.startsWith('text/') && !/^text\/(?:calendar|css|x?-?vcard|csv)$/.test(mimeType);
  return Boolean(part.body?.data) && disposition !== 'attachment' && (isText || mimeType === 'message/delivery-status');
}

function spareSegment(leaf: Leaf, warn: Warn): Segment {
  const text = readText(leaf, warn);
  return leaf.mimeType === 'text/html' ? { plain: [], html: [text] } : { plain: [text], html: [] };
}

/** Nothing to hand out: no content, or one more form of a text that is there already, such as AMP. */
function isIdle({ part, filename, mimeType, isAlternative }: Leaf): boolean {
  if (part.body?.attachmentId || filename !== '') return false;
  return !part.body?.data || (isAlternative && mimeType.startsWith('text/') && mimeType !== 'text/calendar');
}

function readText({ part, mimeType, headers }: Leaf, warn: Warn): string {
  const bytes = Buffer.from(part.body?.data ?? '', 'base64url');
  const contentType = firstValue(headers, 'content-type');
  const isHtml = mimeType === 'text/html';
  const charset = readParameter(contentType, 'charset') || (isHtml ? charsetOfHtml(bytes) : '');
  const { text, warning } = decodeBody(bytes, charset);
  if (warning) warn(warning);
  const isFlowed = !isHtml && readParameter(contentType, 'format').toLowerCase() === 'flowed';
  return isFlowed ? unflow(text, readParameter(contentType, 'delsp').toLowerCase() === 'yes') : text;
}

function charsetOfHtml(bytes: Buffer): string {
  const [, charset = ''] =
    /<meta[^<>]{1,200}charset\s*=\s*["']?([\w-]{1,40})/i.exec(bytes.toString('latin1', 0, 2048)) ?? [];
  return charset;
}

function toAttachment({ part, mimeType, headers, disposition, filename }: Leaf): Attachment {
  const size = Number(part.body?.size ?? 0);
  return {
    attachmentId: part.body?.attachmentId ?? null,
    filename,
    mimeType,
    size: Number.isSafeInteger(size) && size > 0 ? size : 0,
    inline: disposition === 'inline' || (disposition === '' && firstValue(headers, 'content-id') !== ''),
  };
}

/** Gmail's, else the header's; never a path. */
function readFilename(part: MessagePart, headers: readonly HeaderField[]): string {
  const given =
    part.filename ||
    readParameter(firstValue(headers, 'content-disposition'), 'filename') ||
    readParameter(firstValue(headers, 'content-type'), 'name');
  const name = readLine(given).replace(/[/\\]/g, '_');
  return clip(/^\.+$/.test(name) ? name.replaceAll('.', '_') : name, maxFilenameChars);
}
