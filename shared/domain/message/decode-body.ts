import { TextDecoder } from 'node:util';

export interface DecodedBody {
  readonly text: string;
  /** What was wrong with the charset, if anything. */
  readonly warning?: string;
}

/**
 * The bytes of a text part as text. Gmail hands out some bodies as the sender's bytes and some turned to UTF-8 with the
 * declared charset left as it was; valid UTF-8 that is not plain ASCII is therefore believed before the declaration. Labels
 * are the Encoding Standard's, so that `iso-8859-1` reads as windows-1252 and `gb2312` as GBK, as in a browser.
 */
export function decodeBody(bytes: Uint8Array, declaredCharset: string): DecodedBody {
  const label = canonicalLabel(declaredCharset);
  if (sevenBitLabels.test(label) && !bytes.some((byte) => byte > 0x7f)) return decodeSevenBit(bytes, label);

  const utf8 = decodeStrictly(bytes);
  const isAscii = utf8?.length === bytes.length;
  if (utf8 !== undefined && !isAscii) return { text: utf8 };
  if (isAscii && !wideLabels.test(label)) {
    return utf8.includes('\u001B$') ? decodeSevenBit(bytes, 'iso-2022-jp') : { text: utf8 };
  }
  return decodeLegacy(bytes, label, declaredCharset);
}

export function decodeWindows1252(bytes: Uint8Array): string {
  return decodeWith(new TextDecoder('windows-1252'), bytes);
}

const sevenBitLabels = /^(?:iso-2022-|hz-|utf-7)/;
const wideLabels = /^utf-?(?:16|32)|^ucs-?2/;

function decodeSevenBit(bytes: Uint8Array, label: string): DecodedBody {
  const decoder = decoderFor(label);
  if (decoder) return { text: decodeWith(decoder, bytes) };
  return {
    text: new TextDecoder().decode(bytes),
    warning: `Charset "${label}" is not supported; the text is as it came.`,
  };
}

function decodeLegacy(bytes: Uint8Array, label: string, declared: string): DecodedBody {
  const lenient = new TextDecoder().decode(bytes);
  // One broken byte in otherwise good UTF-8 is not a reason to misread the rest.
  const isBrokenUtf8 = (label === '' || label === 'utf-8') && /[\u0080-\uFFFC]/.test(lenient);
  if (isBrokenUtf8) return { text: lenient, warning: 'Some bytes are not valid UTF-8.' };
  const decoder = label === 'utf-8' ? undefined : decoderFor(label);
  if (!decoder) {
    const cause = declared === '' ? 'No charset is declared' : `Charset "${declared.slice(0, 40)}" does not fit`;
    return { text: decodeWindows1252(bytes), warning: `${cause}; read as windows-1252.` };
  }
  const text = decodeWith(decoder, bytes);
  return text.includes('\uFFFD') ? { text, warning: `Some bytes are not valid ${label}.` } : { text };
}

/** As a stream, because Node reads windows-1252 in one piece as Latin-1, which has no quotation marks and no euro. */
function decodeWith(decoder: TextDecoder, bytes: Uint8Array): string {
  return decoder.decode(bytes, { stream: true }) + decoder.decode();
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decoderFor(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

/** Labels the Encoding Standard does not know, by what they mean. '' is "not declared". */
const aliases: Readonly<Record<string, string>> = {
  utf8: 'utf-8',
  'utf-8-bom': 'utf-8',
  'us-ascii': '',
  ascii: '',
  unknown: '',
  'x-unknown': '',
  'unknown-8bit': '',
  '8bit': '',
  binary: '',
  default: '',
  cp932: 'shift_jis',
  'windows-932': 'shift_jis',
  cp936: 'gbk',
  'windows-936': 'gbk',
  cp949: 'euc-kr',
  uhc: 'euc-kr',
  cp950: 'big5',
  'windows-950': 'big5',
  cp874: 'windows-874',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  csunicode11utf7: 'utf-7',
};

function canonicalLabel(declared: string): string {
  const label = declared
    .trim()
    .toLowerCase()
    .replace(/^["']+|["']+$/g, '');
  return aliases[label] ?? label;
}
