import { h } from './dom';
import { field } from './field';

/** In the local stack an API key will do: pasted here, or in the link that `npm start` prints. */
export function developmentSignIn(onToken: (key: string) => void): HTMLElement {
  const key = h('input', { required: true, autocomplete: 'off', spellcheck: 'false', pattern: 'atk_.+' });
  return h(
    'form',
    {
      class: 'card',
      submit: (event) => {
        event.preventDefault();
        onToken(key.value.trim());
      },
    },
    h('h2', {}, 'Development'),
    field('API key, as npm start prints it', key),
    h('button', { type: 'submit' }, 'Sign in'),
  );
}

/** The key in the address (`#key=atk_…`), which no server sees; it does not stay there. */
export function takeKeyFromAddress(): string | undefined {
  const [, key] = /^#key=(atk_[\w-]+)$/.exec(location.hash) ?? [];
  if (key !== undefined) history.replaceState(null, '', location.pathname);
  return key;
}
