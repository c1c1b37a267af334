import { Tokenizer } from 'htmlparser2';

/**
 * HTML as the plain text a person would read: paragraphs, lists, links with their address, pictures by their description,
 * quotations with `> `; nothing that is hidden by its own style. It works on the stream of tags and builds no tree, so it is
 * linear and knows no depth, whatever the nesting.
 */
export function htmlToText(html: string): string {
  const writer = new TextWriter();
  let tag = '';
  let attribute = '';
  let attributes: Record<string, string> = {};
  const addToAttribute = (text: string) => {
    attributes[attribute] = (attributes[attribute] ?? '') + text;
  };
  const openTag = () => {
    writer.open(tag, attributes);
    attributes = {};
  };
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => writer.text(html.slice(start, end)),
      ontextentity: (codePoint) => writer.text(String.fromCodePoint(codePoint)),
      onopentagname: (start, end) => {
        tag = html.slice(start, end).toLowerCase();
        attributes = {};
      },
      onattribname: (start, end) => {
        attribute = html.slice(start, end).toLowerCase();
        if (readAttributes.has(attribute)) attributes[attribute] = '';
        else attribute = '';
      },
      onattribdata: (start, end) => {
        if (attribute) addToAttribute(html.slice(start, end));
      },
      onattribentity: (codePoint) => {
        if (attribute) addToAttribute(String.fromCodePoint(codePoint));
      },
      onopentagend: openTag,
      onselfclosingtag: openTag,
      onclosetag: (start, end) => writer.close(html.slice(start, end).toLowerCase()),
      onattribend: ignore,
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onend: ignore,
      onprocessinginstruction: ignore,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return writer.finish();
}

function ignore() {}

const readAttributes: ReadonlySet<string> = new Set(['href', 'alt', 'style', 'hidden', 'start']);
const voidTags: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
);
const unreadTags: ReadonlySet<string> = new Set('script style title template noscript object svg iframe'.split(' '));
const blockTags: ReadonlySet<string> = new Set(
  (
    'address article aside body caption center dd details div dl dt fieldset figcaption figure footer form header html ' +
    'legend li main nav section summary table tbody tfoot thead tr'
  ).split(' '),
);
const paragraphTags: ReadonlySet<string> = new Set('blockquote h1 h2 h3 h4 h5 h6 hr ol p pre ul'.split(' '));
/** A start tag ends an open element of its own kind. */
const selfEndingTags: ReadonlySet<string> = new Set('p li td th tr dt dd option'.split(' '));

const hidingStyle = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:[;!]|$))/i;
/** Mail programs indent with a block quote that they give no border. */
const indentStyle = /(?:^|;)\s*border\s*:\s*(?:none|0)/i;
const maxStyleChars = 2000;
const maxQuoteMarks = 5;
const maxListDepth = 50;

class TextWriter {
  private readonly pieces: string[] = [];
  /** Line ends since the last visible character; nothing has been written yet at `Infinity`. */
  private lineEnds = Infinity;
  private space = '';
  private bullet = '';
  private quoteDepth = 0;
  private lastQuote = '';
  private indentDepth = 0;
  private preDepth = 0;
  /** The counters of open lists, 0 for those without numbers. */
  private readonly lists: { next: number; numbered: boolean }[] = [];
  private link: { readonly href: string; readonly from: number } | undefined;
  private hidden: { readonly tag: string; depth: number } | undefined;

  text(text: string): void {
    if (this.hidden) return;
    if (this.preDepth > 0) {
      text.split('\n').forEach((line, index) => {
        if (index > 0) this.breakLine();
        this.words(line.replace(/\t/g, '    '));
      });
      return;
    }
    text.split(/[ \t\r\n\f]+/).forEach((word, index) => {
      if (index > 0) this.space ||= ' ';
      if (word) this.words(word);
    });
  }

  open(tag: string, attributes: Readonly<Record<string, string>>): void {
    const { hidden } = this;
    if (hidden && !(tag === hidden.tag && selfEndingTags.has(tag))) {
      if (tag === hidden.tag) hidden.depth += 1;
      return;
    }
    this.hidden = undefined;
    if (!voidTags.has(tag) && (unreadTags.has(tag) || isHidden(attributes))) {
      this.hidden = { tag, depth: 1 };
      return;
    }
    this.startBlock(tag, this.lists.length > 0);
    switch (tag) {
      case 'br':
        return this.breakLine();
      case 'hr':
        this.words('---');
        return this.startBlock(tag, false);
      case 'img':
        return this.text(attributes['alt'] ?? '');
      case 'a':
        return this.openLink(attributes['href'] ?? '');
      case 'td':
      case 'th':
        if (this.lineEnds === 0) this.space = '\t';
        return;
      case 'pre':
        this.preDepth += 1;
        return;
      case 'blockquote':
        if (indentStyle.test((attributes['style'] ?? '').slice(0, maxStyleChars))) this.indentDepth += 1;
        else this.quoteDepth += 1;
        return;
      case 'ul':
      case 'ol':
        if (this.lists.length < maxListDepth) {
          this.lists.push({ next: Number.parseInt(attributes['start'] ?? '1', 10) || 1, numbered: tag === 'ol' });
        }
        return;
      case 'li':
        return this.openItem();
    }
  }

  close(tag: string): void {
    if (this.hidden) {
      if (tag === this.hidden.tag) this.hidden.depth -= 1;
      if (this.hidden.depth === 0) this.hidden = undefined;
      return;
    }
    if (tag === 'a') this.closeLink();
    if (tag === 'li') this.bullet = '';
    this.startBlock(tag, this.lists.length > 1);
    if (tag === 'pre') this.preDepth = Math.max(0, this.preDepth - 1);
    if (tag === 'ul' || tag === 'ol') this.lists.pop();
    if (tag === 'blockquote') {
      if (this.indentDepth > 0) this.indentDepth -= 1;
      else this.quoteDepth = Math.max(0, this.quoteDepth - 1);
    }
  }

  finish(): string {
    return this.pieces.join('');
  }

  private words(words: string): void {
    const visible = words.replaceAll('\u00A0', ' ');
    if (visible.trim() === '') {
      this.space += visible;
      return;
    }
    if (this.lineEnds > 0) {
      const quote = '> '.repeat(Math.min(this.quoteDepth, maxQuoteMarks));
      const blankLine = quote.length < this.lastQuote.length ? quote : this.lastQuote;
      if (this.pieces.length > 0) this.pieces.push(this.lineEnds > 1 ? `\n${blankLine.trimEnd()}\n` : '\n');
      this.pieces.push(quote, this.bullet, this.preDepth > 0 ? this.space : '');
      this.lastQuote = quote;
      this.bullet = '';
    } else {
      this.pieces.push(this.space);
    }
    this.space = '';
    this.lineEnds = 0;
    this.pieces.push(visible);
  }

  private breakLine(): void {
    this.lineEnds += 1;
    this.space = '';
  }

  private startBlock(tag: string, inList: boolean): void {
    const isNestedList = inList && (tag === 'ul' || tag === 'ol');
    const wanted = paragraphTags.has(tag) && !isNestedList ? 2 : paragraphTags.has(tag) || blockTags.has(tag) ? 1 : 0;
    if (wanted === 0) return;
    this.lineEnds = Math.max(this.lineEnds, wanted);
    this.space = '';
  }

  private openItem(): void {
    const list = this.lists.at(-1);
    const indent = '  '.repeat(Math.min(Math.max(this.lists.length - 1, 0), maxQuoteMarks));
    this.bullet = list?.numbered ? `${indent}${list.next}. ` : `${indent}- `;
    if (list) list.next += 1;
  }

  private openLink(href: string): void {
    this.closeLink();
    const target = href.trim();
    if (/^(?:https?|mailto|tel):/i.test(target)) this.link = { href: target, from: this.pieces.length };
  }

  private closeLink(): void {
    if (!this.link) return;
    const { href, from } = this.link;
    this.link = undefined;
    const label = this.pieces.slice(from).join('').trim();
    const shown = href.replace(/^(?:mailto|tel):/i, '');
    if (label === '' || sameTarget(label, shown)) return;
    this.space ||= ' ';
    this.words(`<${shown}>`);
  }
}

function isHidden(attributes: Readonly<Record<string, string>>): boolean {
  return 'hidden' in attributes || hidingStyle.test((attributes['style'] ?? '').slice(0, maxStyleChars));
}

function sameTarget(label: string, target: string): boolean {
  const bare = (text: string) =>
    text
      .replace(/^https?:\/\//i, '')
      .replace(/\/$/, '')
      .toLowerCase();
  return bare(label) === bare(target);
}
