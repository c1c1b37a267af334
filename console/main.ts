import { createApi, Problem, type Api } from './api';
import { conflictsSection } from './conflicts-section';
import { connectionsSection, type Account } from './connections-section';
import { consentOutcome } from './consent-outcome';
import { takeKeyFromAddress } from './development-sign-in';
import { h } from './dom';
import { mailboxesSection } from './mailboxes-section';
import { meetingsSection } from './meetings-section';
import { announce, button, noticeArea, report } from './notice';
import { createSession } from './session';
import { setupSection } from './setup-section';
import { forgetGoogleSession, signIn, type ConsoleConfig } from './sign-in';

declare const DEVELOPMENT: boolean;

interface Section {
  readonly id: string;
  readonly title: string;
  readonly render: (api: Api, account: Account) => HTMLElement[];
}

const sections: readonly [Section, ...Section[]] = [
  { id: 'connections', title: 'Connections', render: connectionsSection },
  { id: 'conflicts', title: 'Conflicts', render: conflictsSection },
  { id: 'meetings', title: 'Meetings', render: meetingsSection },
  { id: 'mailboxes', title: 'Mailboxes', render: mailboxesSection },
  { id: 'setup', title: 'Setup', render: setupSection },
];

const session = createSession(sessionStorage);
const api = createApi(session, () => {
  session.end();
  if (account === undefined) return;
  account = undefined;
  void show();
});
let account: Account | undefined;

const main = h('main', { id: 'main', tabindex: -1 });
const header = h('header');

async function start(): Promise<void> {
  const skip = h('a', { class: 'skip', href: '#main', click: skipToMain }, 'Skip to the content');
  document.body.replaceChildren(skip, header, main, noticeArea);
  window.addEventListener('hashchange', () => void show(true));
  await show();
  tellConsentOutcome();
}

/** The section that the address names, or the question who is there. */
async function show(isMove = false): Promise<void> {
  const key = DEVELOPMENT ? takeKeyFromAddress() : undefined;
  if (key !== undefined) session.start(key);
  if (session.token() !== undefined) account ??= await api<Account>('GET /v1/whoami').catch(tell);
  if (account === undefined) return showSignIn();
  const section = sections.find(({ id }) => location.hash === `#${id}`) ?? sections[0];
  const refresh = button('Refresh', () => show(true).then(() => undefined));
  showPage(section.title, [refresh], section.render(api, account), navigation(section, account));
  if (isMove) main.querySelector('h1')?.focus();
}

async function showSignIn(): Promise<void> {
  const response = await fetch('/config.json');
  const config = (await response.json()) as ConsoleConfig;
  const onToken = (token: string) => {
    session.start(token);
    void show(true);
  };
  showPage('Sign in', [], signIn(config, onToken));
}

function showPage(
  title: string,
  beside: readonly HTMLElement[],
  content: readonly HTMLElement[],
  navigation = h('span'),
): void {
  document.title = `${title} – Attaché`;
  header.replaceChildren(h('a', { class: 'brand', href: '#connections' }, 'Attaché'), navigation);
  main.replaceChildren(h('div', { class: 'title' }, h('h1', { tabindex: -1 }, title), beside), ...content);
}

function navigation(current: Section, { caller }: Account): HTMLElement {
  const links = sections.map(({ id, title }) =>
    h('li', {}, h('a', { href: `#${id}`, 'aria-current': id === current.id && 'page' }, title)),
  );
  const signOut = () => {
    forgetGoogleSession();
    session.end();
    account = undefined;
    void show(true);
  };
  return h(
    'nav',
    { 'aria-label': 'Sections' },
    h('ul', {}, links),
    h('span', { class: 'caller' }, caller),
    h('button', { type: 'button', class: 'plain', click: signOut }, 'Sign out'),
  );
}

function skipToMain(event: Event): void {
  event.preventDefault();
  main.focus();
}

/** After a consent the API sends the browser back here; what it said leaves the address. */
function tellConsentOutcome(): void {
  const outcome = consentOutcome(new URLSearchParams(location.search));
  if (!outcome) return;
  history.replaceState(null, '', location.pathname + location.hash);
  const { failed, text, fix } = outcome;
  if (failed) report(new Problem({ detail: text, ...(fix !== undefined && { fix }) }));
  else announce(text);
}

function tell(error: unknown): undefined {
  report(error);
}

void start().catch(report);
