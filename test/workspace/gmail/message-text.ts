import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';

/** The first value of a header, '' where there is none. */
export function headerOf(payload: gmail_v1.Schema$MessagePart, name: string): string {
  const wanted = name.toLowerCase();
  return payload.headers?.find((header) => header.name?.toLowerCase() === wanted)?.value ?? '';
}

/** All addresses in the named headers, in lower case. */
export function addressesOf(payload: gmail_v1.Schema$MessagePart, ...names: string[]): string[] {
  const values = names.map((name) => headerOf(payload, name)).join(',');
  return [...new Set(values.toLowerCase().match(/[^\s<>,;:"@()]+@[^\s<>,;:"@()]+/g) ?? [])];
}

/** Plain text of the first text part, `text/plain` preferred; markup is stripped roughly, as a search index needs it. */
export function textOf(payload: gmail_v1.Schema$MessagePart): string {
  const part = findPart(payload, 'text/plain') ?? findPart(payload, 'text/html');
  if (!part) return '';
  const [, charset = 'utf-8'] = /charset\s*=\s*"?([^\s";]+)/i.exec(headerOf(part, 'Content-Type')) ?? [];
  const text = decodeText(Buffer.from(part.body?.data ?? '', 'base64url'), charset);
  if (part.mimeType !== 'text/html') return text;
  return text
    .replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(nbsp|amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? ' ');
}

/** Like Gmail's, with HTML's special characters escaped. Worked out once for each payload. */
export function snippetOf(payload: gmail_v1.Schema$MessagePart): string {
  const known = snippets.get(payload);
  if (known !== undefined) return known;
  const text = textOf(payload).replace(/\s+/g, ' ').trim().slice(0, 200);
  const snippet = text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);
  snippets.set(payload, snippet);
  return snippet;
}

const snippets = new WeakMap<gmail_v1.Schema$MessagePart, string>();

/** Valid UTF-8 wins over the charset that is declared, an unknown charset is read as Latin-1. Never throws. */
export function decodeText(bytes: Buffer, charset: string): string {
  // ISO-2022 hides in seven bits and would pass for UTF-8.
  const isEscaped = /^iso-2022/i.test(charset) && bytes.includes(0x1b);
  for (const label of isEscaped ? [charset] : ['utf-8', charset]) {
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      continue;
    }
  }
  return bytes.toString('latin1');
}

export function hasAttachment(part: gmail_v1.Schema$MessagePart): boolean {
  return Boolean(part.filename && part.body?.attachmentId) || (part.parts ?? []).some(hasAttachment);
}

function findPart(part: gmail_v1.Schema$MessagePart, mimeType: string): gmail_v1.Schema$MessagePart | undefined {
  if (part.mimeType === mimeType && part.body?.data) return part;
  for (const child of part.parts ?? []) {
    const found = findPart(child, mimeType);
    if (found) return found;
  }
  return undefined;
}

const entities: Readonly<Record<string, string>> = { nbsp: ' ', amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
