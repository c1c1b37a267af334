import type * as z from 'zod';
import type { integration, integrationList } from '../functions/connections/schema';
import type { whoami } from '../functions/mailboxes/schema';
import type { Api } from './api';
import { goToConsent, type Connection } from './connection-calls';
import { connectionCard } from './connection-card';
import { card } from './card';
import { h, newId } from './dom';
import { check, field } from './field';
import { listing } from './listing';
import { act, report } from './notice';

export type Account = z.infer<typeof whoami>;

export function connectionsSection(api: Api, account: Account): HTMLElement[] {
  return [
    h('p', { class: 'lead' }, 'Google accounts whose calendars follow the tasks, and the other way round.'),
    listing<Connection>(api, {
      path: '/v1/connections?pageSize=20',
      member: 'connections',
      render: (connection) => connectionCard(api, connection),
      empty: 'No account is connected yet.',
    }),
    connectForm(api, account),
  ];
}

function connectForm(api: Api, { mailboxes }: Account): HTMLElement {
  const listId = newId();
  const email = h('input', { type: 'email', required: true, list: listId, autocomplete: 'email' });
  const mail = h('input', { type: 'checkbox' });
  const app = h('select');
  const appField = field('OAuth app', app);
  appField.hidden = true;
  const consent = h('button', { type: 'submit' }, 'Ask for consent at Google');
  const delegation = h('button', { type: 'submit', class: 'secondary' }, 'Connect by delegation');
  const submit = (event: Event) => {
    event.preventDefault();
    const isDelegation = (event as SubmitEvent).submitter === delegation;
    void act(isDelegation ? delegation : consent, isDelegation ? byDelegation : byConsent);
  };
  const byConsent = () =>
    goToConsent(api, {
      email: email.value,
      features: mail.checked ? ['calendar', 'mail'] : ['calendar'],
      ...(app.value !== '' && { integrationId: app.value }),
    });
  const byDelegation = async () => {
    const connection = await api<Connection>('POST /v1/connections', { body: { email: email.value } });
    const items = document.querySelector('.items');
    items?.querySelector('.empty')?.remove();
    items?.append(connectionCard(api, connection));
    return `${connection.connectedEmail} is connected.`;
  };
  void offerApps(api, app, appField).catch(report);

  const suggestions = mailboxes.map((value) => h('option', { value }));
  return card(
    'Connect an account',
    {
      about: [
        'By delegation nobody is asked; it covers users of your own domain. ',
        h('a', { href: '#setup' }, 'What a consent needs'),
      ],
    },
    h(
      'form',
      { submit },
      field('User', email, h('datalist', { id: listId }, suggestions)),
      appField,
      check('Also read this account’s mail', mail),
      h('div', { class: 'actions' }, consent, delegation),
    ),
  );
}

/** To choose from, where there are several. */
async function offerApps(api: Api, app: HTMLSelectElement, field: HTMLElement): Promise<void> {
  const { integrations } = await api<z.infer<typeof integrationList>>('GET /v1/integrations?pageSize=100');
  const usable = integrations.filter(isUsable);
  app.append(...usable.map(({ integrationId, name }) => h('option', { value: integrationId }, name)));
  field.hidden = usable.length < 2;
}

function isUsable({ provider, status }: z.infer<typeof integration>): boolean {
  return provider === 'google' && status === 'active';
}
