import type * as z from 'zod';
import type { integration, newIntegration } from '../functions/connections/schema';
import { featureScopes, scopesFor, zoomScopes } from '../shared/domain/oauth';
import type { Api } from './api';
import { chip } from './card';
import { h } from './dom';
import { field } from './field';
import { listing } from './listing';
import { act, button, copyable } from './notice';

type Integration = z.infer<typeof integration>;

/** What connecting accounts by consent takes: the guide of index.html, with what depends on this deployment. */
export function setupSection(api: Api): HTMLElement[] {
  const apps = () =>
    listing<Integration>(api, {
      path: '/v1/integrations?pageSize=50',
      member: 'integrations',
      render: (one) => appRow(api, one),
      empty: 'No OAuth app is registered yet.',
    });
  const list = h('div', {}, apps());
  const contents: Readonly<Record<string, HTMLElement>> = {
    calendarScopes: copyable('scopes for calendars', scopesFor(['calendar']).join('\n')),
    mailScopes: copyable('scopes for mail', featureScopes.mail.join('\n')),
    zoomScopes: copyable('scopes for Zoom', zoomScopes.join('\n')),
    redirectUri: copyable('redirect address', `${location.origin}/v1/connections/callback`),
    origin: copyable('JavaScript origin', location.origin),
    registerForm: registerForm(api, () => list.replaceChildren(apps())),
    apps: list,
  };
  const guide = h('div');
  guide.append(document.querySelector<HTMLTemplateElement>('#setup-guide')?.content.cloneNode(true) ?? '');
  for (const slot of guide.querySelectorAll('slot')) slot.replaceWith(contents[slot.name] ?? '');
  for (const link of guide.querySelectorAll('a')) Object.assign(link, { target: '_blank', rel: 'noreferrer' });
  return [guide];
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
