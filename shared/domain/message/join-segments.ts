import { htmlToText } from './html-to-text';
import type { Segment } from './read-parts';

/** Of each stretch the plain text, or the HTML as text where there is no plain text worth the name. */
export function joinText(segments: readonly Segment[]): string {
  return segments
    .map(textOf)
    .filter((text) => text.trim() !== '')
    .join('\n\n');
}

/** Null where no stretch has HTML; plain text between HTML is kept as preformatted text. */
export function joinHtml(segments: readonly Segment[]): string | null {
  if (segments.every(({ html }) => html.length === 0)) return null;
  return segments
    .map(({ html, plain }) => (html.length > 0 ? html : plain.map((text) => `<pre>${escape(text)}</pre>`)).join('\n'))
    .join('\n');
}

function textOf({ plain, html }: Segment): string {
  const text = plain.join('\n\n');
  return text.trim() === '' ? html.map(htmlToText).join('\n\n') : text;
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
