import { h, newId, type Child } from './dom';

/** A control under its label. */
export function field(label: string, control: HTMLElement, ...beside: readonly Child[]): HTMLElement {
  control.id = newId();
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, beside);
}

/** A box to tick, with what it is for. */
export function check(label: string, box: HTMLInputElement, explanation = ''): HTMLElement {
  const id = newId();
  if (explanation !== '') box.setAttribute('aria-describedby', id);
  return h(
    'label',
    { class: 'check' },
    box,
    h('span', {}, label, explanation !== '' && h('small', { id }, explanation)),
  );
}
