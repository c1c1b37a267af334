import { clip } from './clean-text';
import type { NormalizedMessage } from './event-schemas';

type Cut = (message: NormalizedMessage, maxBytes: number) => Partial<NormalizedMessage>;

/**
 * What is cut, in this order, and what of it is spared as long as something later in the order can be cut instead: a letter
 * to 50,000 people must not lose its text to their addresses.
 */
const cuts: readonly { readonly sparedBytes: number; readonly field: keyof NormalizedMessage; readonly cut: Cut }[] = [
  { sparedBytes: 0, field: 'html', cut: ({ html }, maxBytes) => ({ html: cutText(html ?? '', maxBytes) || null }) },
  { sparedBytes: 64 * 1024, field: 'text', cut: ({ text }, maxBytes) => ({ text: cutText(text, maxBytes) }) },
  { sparedBytes: 32 * 1024, field: 'replyText', cut: (m, maxBytes) => ({ replyText: cutText(m.replyText, maxBytes) }) },
  { sparedBytes: 16 * 1024, field: 'to', cut: ({ to }, maxBytes) => ({ to: cutList(to, maxBytes) }) },
  { sparedBytes: 16 * 1024, field: 'cc', cut: ({ cc }, maxBytes) => ({ cc: cutList(cc, maxBytes) }) },
  {
    sparedBytes: 8 * 1024,
    field: 'replyTo',
    cut: ({ replyTo }, maxBytes) => ({ replyTo: cutList(replyTo, maxBytes) }),
  },
  {
    sparedBytes: 8 * 1024,
    field: 'references',
    cut: (m, maxBytes) => ({ references: cutList(m.references, maxBytes) }),
  },
  {
    sparedBytes: 16 * 1024,
    field: 'attachments',
    cut: (m, maxBytes) => ({ attachments: cutList(m.attachments, maxBytes) }),
  },
  {
    sparedBytes: 8 * 1024,
    field: 'labelIds',
    cut: ({ labelIds }, maxBytes) => ({ labelIds: cutList(labelIds, maxBytes) }),
  },
];

/** The message with at most `maxBytes` bytes of JSON; `truncated` where something was cut. Every text ends on a whole character. */
export function limitMessage(message: NormalizedMessage, maxBytes: number): NormalizedMessage {
  let excess = jsonBytes(message) - maxBytes;
  let limited = message;
  for (const { field, cut, sparedBytes } of cuts) {
    if (excess <= 0) break;
    const before = jsonBytes(limited[field]);
    const allowed = Math.max(before - excess, sparedBytes);
    if (before <= allowed) continue;
    limited = { ...limited, ...cut(limited, allowed), truncated: true };
    excess -= before - jsonBytes(limited[field]);
  }
  return limited;
}

/** The longest beginning whose JSON has at most `maxBytes` bytes. */
function cutText(text: string, maxBytes: number): string {
  let fits = 0;
  let exceeds = Math.min(text.length, maxBytes) + 1;
  while (exceeds - fits > 1) {
    const middle = (fits + exceeds) >> 1;
    if (jsonBytes(text.slice(0, middle)) <= maxBytes) fits = middle;
    else exceeds = middle;
  }
  return clip(text, fits);
}

/** As many of the first entries as fit. */
function cutList<Item>(items: readonly Item[], maxBytes: number): Item[] {
  let bytes = 2;
  const end = items.findIndex((item) => (bytes += jsonBytes(item) + 1) > maxBytes);
  return items.slice(0, end === -1 ? items.length : end);
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
