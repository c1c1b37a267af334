import type * as z from 'zod';
import type { integration, newIntegration } from '../functions/connections/schema';
import { scopesFor } from '../shared/domain/oauth';
import type { Api } from './api';
import { chip } from './card';
import { h } from './dom';
import { field } from './field';
import { listing } from './listing';
import { act, button, copyable } from './notice';

type Integration = z.infer<typeof integration>;

/** What connecting accounts by consent takes, in the order in which it is done. */
export function setupSection(api: Api): HTMLElement[] {
  const external = (href: string, text: string) => h('a', { href, target: '_blank', rel: 'noreferrer' }, text);
  const redirectUri = `${location.origin}/v1/connections/callback`;
  const apps = () =>
    listing<Integration>(api, {
      path: '/v1/integrations?pageSize=50',
      member: 'integrations',
      render: (one) => appRow(api, one),
      empty: 'No OAuth app is registered yet.',
    });
  const list = h('div', {}, apps());
  const step = (title: string, ...content: Parameters<typeof h>[2][]) =>
    h('li', { class: 'card' }, h('h2', {}, title), content);
  return [
    h('p', { class: 'lead' }, 'Users whom domain-wide delegation covers need none of this. For all others, once:'),
    h(
      'ol',
      { class: 'steps' },
      step(
        'Prepare the project',
        h(
          'p',
          {},
          'Enable the ',
          external('https://console.cloud.google.com/apis/library/calendar-json.googleapis.com', 'Calendar API'),
          ' and, for mail, the ',
          external('https://console.cloud.google.com/apis/library/gmail.googleapis.com', 'Gmail API'),
          '. On the ',
          external('https://console.cloud.google.com/auth/scopes', 'consent screen'),
          ' list these scopes:',
        ),
        copyable('scopes for calendars', scopesFor(['calendar']).join('\n')),
        h('p', {}, 'and for mail, which Google has reviewed before others than you may use it:'),
        copyable('scopes for mail', scopesFor(['mail']).slice(2).join('\n')),
      ),
      step(
        'Create an OAuth client',
        h(
          'p',
          {},
          'A ',
          external('https://console.cloud.google.com/auth/clients', 'client'),
          ' of the type “Web application”, with exactly this redirect address:',
        ),
        copyable('redirect address', redirectUri),
      ),
      step(
        'Register it here',
        registerForm(api, () => list.replaceChildren(apps())),
        list,
      ),
      step(
        'Let people sign in to this console',
        h(
          'p',
          {},
          'Give the same OAuth client this JavaScript origin, build the console with its client id, name the id in ',
          h('code', {}, 'ID_TOKEN_AUDIENCES'),
          ', and each person’s address among the ',
          h('code', {}, 'emails'),
          ' of an entry in ',
          h('code', {}, 'AGENTS'),
          '.',
        ),
        copyable('JavaScript origin', location.origin),
      ),
    ),
  ];
}

function registerForm(api: Api, onRegistered: () => void): HTMLElement {
  const input = (name: string, properties: Readonly<Record<string, string>>) =>
    h('input', { name, required: true, autocomplete: 'off', ...properties });
  const submit = h('button', { type: 'submit' }, 'Register');
  const register = async () => {
    const body: Partial<z.input<typeof newIntegration>> = Object.fromEntries(new FormData(form));
    const { name } = await api<Integration>('POST /v1/integrations', { body });
    form.reset();
    onRegistered();
    return `${name} is registered.`;
  };
  const form = h(
    'form',
    {
      submit: (event) => {
        event.preventDefault();
        void act(submit, register);
      },
    },
    field('Name', input('name', { maxlength: '100' })),
    field(
      'Provider',
      h(
        'select',
        { name: 'provider' },
        h('option', { value: 'google' }, 'Google'),
        h('option', { value: 'zoom' }, 'Zoom'),
      ),
    ),
    field('Client id', input('clientId', { spellcheck: 'false' })),
    field('Client secret', input('clientSecret', { type: 'password', autocomplete: 'new-password' })),
    h('p', { class: 'quiet' }, 'The secret is kept encrypted and never shown again.'),
    submit,
  );
  return form;
}

function appRow(api: Api, app: Integration): HTMLElement {
  const { integrationId, name, provider, status, clientId } = app;
  const isDisabled = status === 'disabled';
  const row = h(
    'div',
    { class: 'row' },
    h(
      'div',
      {},
      h('strong', {}, name),
      ' ',
      chip(isDisabled ? `${provider}, disabled` : provider, isDisabled ? 'warn' : 'plain'),
      h('br'),
      h('code', {}, clientId),
    ),
    button(
      isDisabled ? 'Enable' : 'Disable',
      async () => {
        const body = { status: isDisabled ? 'active' : 'disabled' };
        const again = appRow(api, await api<Integration>(`PATCH /v1/integrations/${integrationId}`, { body }));
        row.replaceWith(again);
        again.querySelector('button')?.focus();
        return isDisabled ? `${name} takes consents again.` : `${name} takes no new consents; those given go on.`;
      },
      'small',
    ),
  );
  return row;
}
