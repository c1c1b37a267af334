import { h, newId, type Child } from './dom';
import { exactly, fromNow } from './format';
import type { Finding } from './mailbox-health';

/** A thing with its name, what is said beside and below the name, and the rest. */
export function card(
  title: string,
  { beside, about }: { readonly beside?: Child; readonly about: Child },
  ...content: readonly Child[]
): HTMLElement {
  const id = newId();
  const heading = h('div', { class: 'heading' }, h('h2', { id, tabindex: -1 }, title), beside);
  return h('article', { class: 'card', 'aria-labelledby': id }, heading, h('p', { class: 'quiet' }, about), content);
}

export type Fact = readonly [label: string, value: string | Node];

/** Labels and values, as a description list. */
export function facts(entries: readonly Fact[]): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    entries.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, value))),
  );
}

/** A state in a word: its colour says no more than the word does. */
export function chip(text: string, tone: Finding['tone'] | 'plain' = 'plain'): HTMLElement {
  return h('span', { class: `chip ${tone}` }, text);
}

export function found({ tone, text }: Finding): HTMLElement {
  return h('span', { class: `found ${tone}` }, text);
}

/** `in 6 days`, and when exactly in its title. */
export function moment(instant: string, nowMs: number): HTMLElement {
  return h('time', { datetime: instant, title: exactly(instant) }, fromNow(instant, nowMs));
}
