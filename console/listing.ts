import type { Api } from './api';
import { h } from './dom';
import { button, report } from './notice';

export interface ListingOptions<Item> {
  readonly path: string;
  /** The member of the answer that holds the items. */
  readonly member: string;
  readonly render: (item: Item) => HTMLElement;
  /** Said where there is nothing. */
  readonly empty: string;
}

/** A list of the API, page by page. `whenLoaded` resolves after the first one. */
export function listing<Item>(api: Api, { path, member, render, empty }: ListingOptions<Item>): HTMLElement {
  const items = h('div', { class: 'items' });
  const more = h('div', { class: 'more' });
  const load = async (pageToken?: string) => {
    const token =
      pageToken === undefined ? '' : `${path.includes('?') ? '&' : '?'}pageToken=${encodeURIComponent(pageToken)}`;
    const answer = await api<Record<string, unknown>>(`GET ${path}${token}`);
    const rendered = (answer[member] as Item[]).map(render);
    items.append(...rendered);
    const next = answer['nextPageToken'] as string | null | undefined;
    more.replaceChildren(...(next == null ? [] : [button('Show more', () => showMore(next))]));
    if (items.childElementCount === 0) items.append(h('p', { class: 'empty' }, empty));
    return rendered[0];
  };
  /** The button is gone afterwards: whoever pressed it goes on with the first of the new items. */
  const showMore = async (pageToken: string) => {
    const first = await load(pageToken);
    first?.querySelector<HTMLElement>('h2, button')?.focus();
    return undefined;
  };
  items.setAttribute('aria-busy', 'true');
  load()
    .catch((error: unknown) => {
      items.append(h('p', { class: 'empty' }, 'This could not be read.'));
      report(error);
    })
    .finally(() => items.removeAttribute('aria-busy'));
  return h('div', {}, items, more);
}
