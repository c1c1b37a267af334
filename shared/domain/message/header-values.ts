import { addressParser, decodeWords } from 'postal-mime';
import type { MessagePart } from '../mailbox';
import { clip, cleanLine } from './clean-text';
import { decodeWindows1252 } from './decode-body';
import type { Address } from './event-schemas';

/** One header field, its name in lower case. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** Longest values that are handed out; what exceeds them is nothing a person would read. */
const maxLineChars = 2000;
const maxAddressChars = 512;
const maxMessageIdChars = 998;
const maxReferencesChars = 100_000;

/** In their order, those that are no text left out. */
export function readHeaders(part: MessagePart): HeaderField[] {
  return (part.headers ?? []).flatMap(({ name, value }) =>
    typeof name === 'string' && typeof value === 'string' ? [{ name: name.trim().toLowerCase(), value }] : [],
  );
}

export function allValues(headers: readonly HeaderField[], name: string): string[] {
  return headers.filter((header) => header.name === name).map((header) => header.value);
}

/** The first value, '' where there is none. */
export function firstValue(headers: readonly HeaderField[], name: string): string {
  return headers.find((header) => header.name === name)?.value ?? '';
}

/** Unstructured text such as a subject: encoded words decoded, on one line. */
export function readLine(value: string): string {
  return toLine(decodeWords(repairWords(value)));
}

/** Groups are flattened, an entry with neither name nor address is left out. */
export function readAddresses(value: string): Address[] {
  return addressParser(repairWords(value), { flatten: true }).flatMap((parsed) => {
    const address = clip(stripComments(cleanLine(parsed.address ?? '')).replaceAll(' ', ''), maxAddressChars);
    const name = toLine(parsed.name);
    return address || name ? [{ name, address }] : [];
  });
}

/** `<…>` tokens of Message-ID, In-Reply-To and References; a bare id gets its brackets. */
export function readMessageIds(value: string): string[] {
  const bare = cleanLine(stripComments(clip(value, maxReferencesChars)));
  const ids = (bare.match(/<[^<>]+>/g) ?? []).map((id) => id.replaceAll(' ', ''));
  const loose = ids.length === 0 && /^[^\s<>]+@[^\s<>]+$/.test(bare) ? [`<${bare}>`] : [];
  return [...ids, ...loose].filter((id) => id.length <= maxMessageIdChars);
}

/** A parameter of Content-Type or Content-Disposition, quotes removed; '' where there is none. */
export function readParameter(value: string, name: string): string {
  const pattern = new RegExp(`[;\\s]${name}\\s*=\\s*(?:"([^"]*)"?|([^;]*))`, 'i');
  const [, quoted, plain = ''] = pattern.exec(clip(value, maxLineChars)) ?? [];
  return (quoted ?? plain).trim();
}

/** The part before the parameters, in lower case. */
export function readToken(value: string): string {
  return stripComments(clip(value, maxLineChars)).split(';', 1).join('').trim().toLowerCase();
}

/** Without `(comments)`, which nest; quoted strings stay whole. */
export function stripComments(value: string): string {
  let kept = '';
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < value.length; index += 1) {
    const char = value.charAt(index);
    if (char === '\\') {
      if (depth === 0) kept += value.slice(index, index + 2);
      index += 1;
    } else if (!quoted && char === '(') {
      depth += 1;
    } else if (!quoted && char === ')' && depth > 0) {
      depth -= 1;
    } else if (depth === 0) {
      if (char === '"') quoted = !quoted;
      kept += char;
    }
  }
  return kept;
}

function toLine(decoded: string): string {
  // The runtime reads windows-1252 in encoded words as Latin-1, where its punctuation is control characters.
  const repaired = decoded.replace(/[\u0080-\u009F]+/g, (run) => decodeWindows1252(Buffer.from(run, 'latin1')));
  return clip(cleanLine(repaired), maxLineChars);
}

/** The value unfolded, and encoded words as they should have been written. */
function repairWords(value: string): string {
  return repairUtf8(value.replace(/[\r\n]+/g, ' ')).replace(splitWords, (run, charset: string) => {
    const contents = [...run.matchAll(/\?b\?([^?]*)\?=/gi)].map(([, content = '']) => Buffer.from(content, 'base64'));
    return `=?${charset}?B?${Buffer.concat(contents).toString('base64')}?=`;
  });
}

/** Words of one charset, each padded by itself: senders split characters there, and only the joined bytes can be read. */
const splitWords = /=\?([^?\s]{1,40})\?b\?[^?\s]*=\?=(?: +=\?\1\?b\?[^?\s]*\?=)+/gi;

/**
 * UTF-8 that was read byte by byte as Latin-1 on its way here. Text that is meant to look like this is next to impossible:
 * every character beyond ASCII would have to be part of a valid UTF-8 sequence by chance.
 */
function repairUtf8(value: string): string {
  if (!/[\u00C2-\u00F4][\u0080-\u00BF]/.test(value) || /[\u0100-\uFFFF]/.test(value)) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}
