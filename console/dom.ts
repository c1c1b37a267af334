export type Child = Node | string | number | null | undefined | false | readonly Child[];
type Property = string | number | boolean | null | undefined | ((event: Event) => void);

/** An element with its attributes and listeners; `true` sets an attribute without value, `false` leaves it out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Readonly<Record<string, Property>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...nodesOf(children));
  return element;
}

/** Labels and what they label find each other by ids. */
export function newId(): string {
  return `id${++ids}`;
}

let ids = 0;

function nodesOf(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child): (Node | string)[] => {
    if (child === null || child === undefined || child === false) return [];
    if (typeof child === 'number') return [String(child)];
    return typeof child === 'string' || child instanceof Node ? [child] : nodesOf(child);
  });
}
