import type * as z from 'zod';
import type { integrationList, zoomAccount } from '../functions/connections/schema';
import type { whoami } from '../functions/mailboxes/schema';
import type { Api } from './api';
import { goToConsent, type Connection } from './connection-calls';
import { connectionCard } from './connection-card';
import { card } from './card';
import { h, newId } from './dom';
import { check, field } from './field';
import { listing } from './listing';
import { act, report } from './notice';
import { zoomCard } from './zoom-card';

export type Account = z.infer<typeof whoami>;
type Apps = z.infer<typeof integrationList>['integrations'];
type Provider = Apps[number]['provider'];

export function connectionsSection(api: Api, account: Account): HTMLElement[] {
  const apps = api<z.infer<typeof integrationList>>('GET /v1/integrations?pageSize=100').then(
    ({ integrations }) => integrations,
  );
  apps.catch(report);
  return [
    h('p', { class: 'lead' }, 'Google accounts whose calendars follow the tasks, and the other way round.'),
    listing<Connection>(api, {
      path: '/v1/connections?pageSize=20',
      member: 'connections',
      render: (connection) => connectionCard(api, connection),
      empty: 'No account is connected yet.',
    }),
    googleForm(api, account, apps),
    h('h2', {}, 'Zoom'),
    h('p', { class: 'lead' }, 'Zoom accounts in which users’ meetings are made, instead of the deployment’s own one.'),
    listing<z.infer<typeof zoomAccount>>(api, {
      path: '/v1/zoomAccounts?pageSize=20',
      member: 'zoomAccounts',
      render: (zoom) => zoomCard(api, zoom),
      empty: 'No Zoom account is connected.',
    }),
    zoomForm(api, account, apps),
  ];
}

function googleForm(api: Api, account: Account, apps: Promise<Apps>): HTMLElement {
  const user = userField(account);
  const app = appField(apps, 'google');
  const mail = h('input', { type: 'checkbox' });
  const consent = h('button', { type: 'submit' }, 'Ask for consent at Google');
  const delegation = h('button', { type: 'submit', class: 'secondary' }, 'Connect by delegation');
  const submit = (event: Event) => {
    event.preventDefault();
    const isDelegation = (event as SubmitEvent).submitter === delegation;
    void act(isDelegation ? delegation : consent, isDelegation ? byDelegation : byConsent);
  };
  const byConsent = () =>
    goToConsent(api, {
      email: user.value(),
      features: mail.checked ? ['calendar', 'mail'] : ['calendar'],
      ...app.value(),
    });
  const byDelegation = async () => {
    const connection = await api<Connection>('POST /v1/connections', { body: { email: user.value() } });
    const items = document.querySelector('.items');
    items?.querySelector('.empty')?.remove();
    items?.append(connectionCard(api, connection));
    return `${connection.connectedEmail} is connected.`;
  };
  return card(
    'Connect a Google account',
    {
      about: [
        'By delegation nobody is asked; it covers users of your own domain. ',
        h('a', { href: '#setup' }, 'What a consent needs'),
      ],
    },
    h(
      'form',
      { submit },
      user.element,
      app.element,
      check('Also read this account’s mail', mail),
      h('div', { class: 'actions' }, consent, delegation),
    ),
  );
}

function zoomForm(api: Api, account: Account, apps: Promise<Apps>): HTMLElement {
  const user = userField(account);
  const app = appField(apps, 'zoom');
  const consent = h('button', { type: 'submit' }, 'Ask for consent at Zoom');
  const submit = (event: Event) => {
    event.preventDefault();
    void act(consent, () => goToConsent(api, { email: user.value(), provider: 'zoom', ...app.value() }));
  };
  return card(
    'Connect a Zoom account',
    { about: ['A user has one at most. ', h('a', { href: '#setup' }, 'What a consent needs')] },
    h('form', { submit }, user.element, app.element, h('div', { class: 'actions' }, consent)),
  );
}

interface Field<Value> {
  readonly element: HTMLElement;
  readonly value: () => Value;
}

function userField({ mailboxes }: Account): Field<string> {
  const listId = newId();
  const email = h('input', { type: 'email', required: true, list: listId, autocomplete: 'email' });
  const suggestions = mailboxes.map((value) => h('option', { value }));
  return { element: field('User', email, h('datalist', { id: listId }, suggestions)), value: () => email.value };
}

/** To choose from, where there are several. */
function appField(apps: Promise<Apps>, wanted: Provider): Field<{ integrationId?: string }> {
  const select = h('select');
  const element = field('OAuth app', select);
  element.hidden = true;
  const offer = (known: Apps) => {
    const usable = known.filter(({ provider, status }) => provider === wanted && status === 'active');
    select.append(...usable.map(({ integrationId, name }) => h('option', { value: integrationId }, name)));
    element.hidden = usable.length < 2;
  };
  apps.then(offer).catch(() => undefined);
  return { element, value: () => (select.value === '' ? {} : { integrationId: select.value }) };
}
