import { Problem } from './api';
import { h } from './dom';

/** Where results and errors are told, on the screen and to screen readers: in the document from the start. */
export const noticeArea = h('div', { class: 'notices', role: 'status', 'aria-live': 'polite' });

const shownMs = 8_000;

/** Goes by itself. */
export function announce(text: string): void {
  const notice = show('done', [text]);
  setTimeout(() => notice.remove(), shownMs);
}

/** Stays until somebody has read it. */
export function report(error: unknown): void {
  console.warn(error);
  const { message, fix } = error instanceof Problem ? error : { message: 'Something went wrong here.', fix: undefined };
  show('failed', [h('strong', {}, message), fix !== undefined && h('p', {}, fix)]);
}

function show(kind: 'done' | 'failed', content: Parameters<typeof h>[2][]): HTMLElement {
  const notice = h(
    'div',
    { class: `notice ${kind}`, role: kind === 'failed' && 'alert' },
    h('div', {}, content),
    h('button', { type: 'button', class: 'plain', 'aria-label': 'Dismiss', click: () => notice.remove() }, '×'),
  );
  // One result at a time: what was said before belongs to what was done before.
  noticeArea.replaceChildren(notice);
  return notice;
}

/** Runs it with the control out of use, and tells what came of it: the text it resolves with, or the error. */
export async function act(
  control: HTMLButtonElement | HTMLInputElement | HTMLSelectElement,
  run: () => Promise<string | undefined>,
): Promise<boolean> {
  const hadFocus = document.activeElement === control;
  control.disabled = true;
  control.setAttribute('aria-busy', 'true');
  try {
    const text = await run();
    if (text !== undefined) announce(text);
    return true;
  } catch (error) {
    report(error);
    return false;
  } finally {
    control.disabled = false;
    control.removeAttribute('aria-busy');
    if (hadFocus && document.activeElement === document.body) control.focus();
  }
}

export function button(
  label: string,
  run: () => Promise<string | undefined>,
  kind: 'primary' | 'secondary' | 'small' = 'secondary',
): HTMLButtonElement {
  const element = h('button', { type: 'button', class: kind, click: () => void act(element, run) }, label);
  return element;
}

/** A text to be copied, with a button that does. */
export function copyable(label: string, text: string): HTMLElement {
  const copy = button(
    'Copy',
    async () => {
      await navigator.clipboard.writeText(text);
      return `Copied: ${label}.`;
    },
    'small',
  );
  copy.setAttribute('aria-label', `Copy the ${label}`);
  return h('div', { class: 'copyable' }, h('code', {}, text), copy);
}
