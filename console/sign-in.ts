import { h } from './dom';
import { report } from './notice';
import { developmentSignIn } from './development-sign-in';

/** Set by the build: whether an API key will do. A deployed console does not contain that code. */
declare const DEVELOPMENT: boolean;

export interface ConsoleConfig {
  /** Of the OAuth client that people sign in through; null where none is configured. */
  readonly clientId: string | null;
}

/** Asks who is there. `onToken` gets an ID token, or in development an API key. */
export function signIn({ clientId }: ConsoleConfig, onToken: (token: string) => void): HTMLElement[] {
  const place = h('div', { class: 'google-sign-in' });
  if (clientId !== null) void showGoogleButton(clientId, place, onToken).catch(report);
  const nothing =
    clientId === null &&
    !DEVELOPMENT &&
    h(
      'p',
      { class: 'callout' },
      'Nobody can sign in yet: build the console with CONSOLE_CLIENT_ID, an OAuth client’s id.',
    );
  return [
    h('p', { class: 'lead' }, 'The console shows what your account may see: an operator grants it in the agents map.'),
    h('div', {}, nothing, place, DEVELOPMENT && developmentSignIn(onToken)),
  ];
}

/** As far as it is used here: https://developers.google.com/identity/gsi/web/reference/js-reference */
interface GoogleIdentity {
  initialize(options: {
    client_id: string;
    callback: (answer: { credential: string }) => void;
    auto_select: boolean;
    use_fedcm_for_prompt: boolean;
  }): void;
  renderButton(parent: HTMLElement, options: Readonly<Record<string, string>>): void;
  prompt(): void;
  disableAutoSelect(): void;
}

declare global {
  var google: { readonly accounts: { readonly id: GoogleIdentity } } | undefined;
}

async function showGoogleButton(clientId: string, place: HTMLElement, onToken: (token: string) => void): Promise<void> {
  await loadScript('https://accounts.google.com/gsi/client');
  const identity = globalThis.google?.accounts.id;
  identity?.initialize({
    client_id: clientId,
    callback: ({ credential }) => onToken(credential),
    auto_select: true,
    use_fedcm_for_prompt: true,
  });
  identity?.renderButton(place, { type: 'standard', size: 'large', text: 'signin_with' });
  identity?.prompt();
}

/** Whoever signs out is not signed in again by the next page. */
export function forgetGoogleSession(): void {
  globalThis.google?.accounts.id.disableAutoSelect();
}

async function loadScript(src: string): Promise<void> {
  if (document.querySelector(`script[src="${src}"]`) !== null) return;
  await new Promise<void>((resolve, reject) => {
    const error = () => reject(new Error('Google’s sign-in could not be loaded.'));
    document.head.append(h('script', { src, async: true, load: () => resolve(), error }));
  });
}
