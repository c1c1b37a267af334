/** What a task's event says about the task below the task's own description. */
export interface BlockContent {
  readonly zoomJoinUrl: string | null;
  readonly notes: string;
  readonly type: string;
  readonly priority: string;
  readonly status: string;
  readonly contact: string | null;
  readonly deal: string | null;
}

/**
 * The block, which begins with a marker that nobody sees or types and ends with a closing line. What is in it goes out
 * only; on the way back it is cut out and nothing else is.
 */
export function renderBlock(content: BlockContent, managedBy: string): string {
  const { zoomJoinUrl, type, priority, status, contact, deal } = content;
  const notes = cut(harmless(content.notes), maxNotesLength);
  const details = [
    '---',
    `Type: ${type}`,
    `Priority: ${priority}`,
    `Status: ${status}`,
    ...(contact === null ? [] : [`Contact: ${oneLine(contact)}`]),
    ...(deal === null ? [] : [`Deal: ${oneLine(deal)}`]),
  ].join('\n');
  const sections = [
    ...(zoomJoinUrl === null ? [] : [`📹 Zoom Meeting:\n${zoomJoinUrl}`]),
    ...(notes === '' ? [] : [`📝 Notes:\n${notes}`]),
    details,
    `${CLOSING} ${managedBy}`,
  ];
  return MARKER + sections.join(GAP);
}

/** The event's description. An empty block adds nothing. */
export function joinDescription(description: string, block: string): string {
  return description === '' || block === '' ? description + block : description + GAP + block;
}

/**
 * The description without our block, byte for byte as it was joined. Of several blocks, such as one that was pasted
 * into the text, only the last is ours. What people wrote below it is kept.
 */
export function withoutBlock(text: string): string {
  const { startAt, closingAt } = findBlock(text);
  if (startAt < 0 || closingAt < 0) return text;
  const endAt = closingAt + (/^[^\n<]*/.exec(text.slice(closingAt))?.[0].length ?? 0);
  const before = text.slice(0, startAt);
  const after = text.slice(endAt).replace(leadingBreaks, '');
  const kept = before.endsWith(GAP) ? before.slice(0, -GAP.length) : before.replace(trailingHtmlBreaks, '');
  return after === '' ? kept : joinDescription(kept, after);
}

/** U+2063, which shows as nothing: four of them are in no text that somebody wrote. */
const MARKER = '\u2063\u2063\u2063\u2063';
const CLOSING = '🔗 Managed by';
const GAP = '\n\n';
/** Google cuts descriptions at 8,192 characters; 5,000 are the task's own. */
const maxNotesLength = 2_000;
const leadingBreaks = /^(?:\s|<br\s*\/?>)+/i;
const trailingHtmlBreaks = /(?:<br\s*\/?>\s*){1,2}$/i;
/** Where an editor took the marker out: the lines that nobody else would write in this order. */
const details = /---(?:\s|<br\s*\/?>)*Type: [^\n<]*(?:\s|<br\s*\/?>)*Priority: /gi;

function findBlock(text: string): { startAt: number; closingAt: number } {
  const markerAt = text.lastIndexOf(MARKER);
  if (markerAt >= 0) return { startAt: markerAt, closingAt: text.indexOf(CLOSING, markerAt) };
  const closingAt = text.lastIndexOf(CLOSING);
  const startAt = [...text.slice(0, Math.max(closingAt, 0)).matchAll(details)].at(-1)?.index ?? -1;
  return { startAt, closingAt };
}

/** What would be taken for the block's own beginning or end on the way back. */
function harmless(text: string): string {
  // With all the signs before it: what is left of one that was taken away must not make another.
  return text.replaceAll(MARKER, '').replace(/(?:🔗 )+Managed by/gu, 'Managed by');
}

function oneLine(text: string): string {
  return harmless(text.replace(/\s+/g, ' ')).trim();
}

/** Never between the halves of a character. */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
