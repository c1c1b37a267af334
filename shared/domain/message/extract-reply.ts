import {
  attributionEnd,
  attributionStart,
  clockTime,
  deviceOrProgram,
  forwardedBelow,
  forwardedMessage,
  fromLabel,
  mailAddress,
  originalMessage,
  otherLabel,
  sentFrom,
  wroteVerb,
  yearNumber,
} from './reply-phrases';

/** Of a line no more is looked at, so that no expression can be kept busy. */
const maxLineChars = 300;
const maxAttributionLines = 4;
const maxHeaderBlockLines = 8;
const maxSignatureLines = 20;
const maxDeviceLineChars = 120;

/**
 * The new part of a mail's plain text: lines quoted with `>` and what announces them, the history that Outlook and others put
 * below, and the signature are left out; answers between quoted lines stay. A forwarded message stays too, since it is news
 * to whom it was forwarded. Linear in the length.
 */
export function extractReply(text: string): string {
  const lines = text.split('\n');
  const own: string[] = [];
  let index = 0;
  while (index < lines.length) {
    if (lines[index] === '' || isQuoted(lines[index])) {
      own.push('');
      index += 1;
      continue;
    }
    if (startsForward(lineAt(lines, index))) return [withoutSignature(own), ...rest(lines, index)].join('\n\n').trim();
    const attributionLines = countAttributionLines(lines, index);
    if (attributionLines > 0 && isQuoted(nextText(lines, index + attributionLines))) {
      index += attributionLines;
      continue;
    }
    if (attributionLines > 0 || startsHistory(lines, index)) {
      // With nothing above it, history is what the sender passes on.
      return own.some((line) => line.trim() !== '') ? withoutSignature(own) : rest(lines, index).join('');
    }
    own.push(lines[index] ?? '');
    index += 1;
  }
  return withoutSignature(own);
}

function lineAt(lines: readonly string[], index: number): string {
  return (lines[index] ?? '').slice(0, maxLineChars).trim();
}

function rest(lines: readonly string[], index: number): string[] {
  return [lines.slice(index).join('\n').trim()];
}

function isQuoted(line = ''): boolean {
  const start = line.slice(0, maxLineChars).trimStart();
  // ">>> Read this! <<<" is an eye-catcher.
  return start.startsWith('>') && !/^>{2,}[^<>]*<{2,}/.test(start);
}

function nextText(lines: readonly string[], from: number): string | undefined {
  let index = from;
  while (index < lines.length && lineAt(lines, index) === '') index += 1;
  return lines[index];
}

function startsForward(line: string): boolean {
  return forwardedMessage.test(line) || forwardedBelow.test(line);
}

/** A line such as "-----Original Message-----", or a block of `From:`, `Sent:`, `To:`, `Subject:`. */
function startsHistory(lines: readonly string[], index: number): boolean {
  const line = lineAt(lines, index);
  if (originalMessage.test(line)) return true;
  if (!fromLabel.test(line)) return false;
  const block = lines.slice(index + 1, index + maxHeaderBlockLines).map((below) => below.slice(0, maxLineChars).trim());
  return block.filter((below) => otherLabel.test(below)).length >= 2;
}

/** How many lines from here on are "On …, … wrote:"; 0 where it is something else. */
function countAttributionLines(lines: readonly string[], index: number): number {
  let attribution = '';
  for (let count = 1; count <= maxAttributionLines; count += 1) {
    const line = lineAt(lines, index + count - 1);
    if (line === '' || isQuoted(line)) return 0;
    attribution = `${attribution} ${line}`.trim();
    if (attribution.length > maxLineChars) return 0;
    if (attributionEnd.test(line) && isAttribution(attribution, isQuoted(nextText(lines, index + count)))) return count;
    // Several lines are one announcement only where the first is its beginning.
    if (count === 1 && !attributionStart.test(line)) return 0;
  }
  return 0;
}

/** What stands unmarked below is taken for history only on good evidence, since all of it will be left out. */
function isAttribution(line: string, quoteFollows: boolean): boolean {
  const says = wroteVerb.test(line);
  const who = mailAddress.test(line);
  const at = clockTime.test(line);
  const when = yearNumber.test(line);
  const begins = attributionStart.test(line);
  if (quoteFollows && says && (who || at || when || begins)) return true;
  if (quoteFollows && who && (at || when)) return true;
  return (says && who) || (says && at && (when || begins)) || (who && at && when);
}

function withoutSignature(own: readonly string[]): string {
  const lines = trimLines(own);
  const from = Math.max(0, lines.length - maxSignatureLines);
  const signature = lines.findIndex((line, index) => index >= from && /^(?:-- ?|—|__)$/.test(line.slice(0, 4)));
  const kept = trimLines(signature === -1 ? lines : lines.slice(0, signature));
  return kept.join('\n').replace(/\n{3,}/g, '\n\n');
}

/** Without blank lines, rules and "Sent from …" at the end, and without blank lines at the beginning. */
function trimLines(lines: readonly string[]): readonly string[] {
  let start = 0;
  let end = lines.length;
  while (end > 0 && isLastIdle(lineAt(lines, end - 1))) end -= 1;
  while (start < end && lineAt(lines, start) === '') start += 1;
  return lines.slice(start, end);
}

function isLastIdle(line: string): boolean {
  if (line === '' || /^[-_=*]{3,}$/.test(line)) return true;
  return line.length <= maxDeviceLineChars && sentFrom.test(line) && deviceOrProgram.test(line);
}
