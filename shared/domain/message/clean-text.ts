/**
 * Text without characters that a person cannot see but a model reads: zero-width characters, tags, soft hyphens, variation
 * selectors, bidirectional marks and overrides, control characters, lone surrogates. Joiners stay where a script or an emoji
 * needs them. Line ends become `\n`. Linear in the length.
 */
export function cleanText(text: string): string {
  const unified = text.replace(lineEnd, '\n');
  return unified.replace(sometimesNeeded.test(unified) ? invisibleAndNotNeeded() : invisible, '');
}

/** The same on one line, runs of white space as one space: for subjects, names and file names. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim();
}

/** At most `maxChars` UTF-16 units, never half a character. */
export function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(maxChars - 1));
  return text.slice(0, splitsPair ? maxChars - 1 : maxChars);
}

const lineEnd = /\r\n?|[\v\f\u0085\u2028\u2029]/g;
const invisible = /[^\P{Cc}\n\t]|[\p{Cs}\p{DI}\uFFF9-\uFFFB]/gu;
const sometimesNeeded = /[\u180B-\u180F]|\u200C|\u200D|\uFE0E|\uFE0F/;

/** Scripts in which a joiner or non-joiner between two letters changes what is read. */
const joining = ['Arab', 'Syrc', 'Mong', 'Nkoo', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda', 'Mlym']
  .concat('Sinh', 'Khmr', 'Mymr')
  .map((script) => `\\p{scx=${script}}`)
  .join('');

const needed = [
  `(?<=[${joining}])[\\u200C\\u200D](?=[${joining}])`,
  '(?<=\\p{ExtPict}\\uFE0F?|\\p{EMod})\\u200D(?=\\p{ExtPict})',
  '(?<=\\p{ExtPict})[\\uFE0E\\uFE0F]',
  '(?<=[0-9#*])\\uFE0F(?=\\u20E3)',
  '(?<=\\p{scx=Mong})[\\u180B-\\u180D\\u180F]',
];

// Milliseconds to compile, and most mail needs none of it.
let compiled: RegExp | undefined;
function invisibleAndNotNeeded(): RegExp {
  return (compiled ??= new RegExp(`(?!${needed.join('|')})(?:${invisible.source})`, 'gu'));
}
