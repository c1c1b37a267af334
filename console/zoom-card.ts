import type * as z from 'zod';
import type { zoomAccount } from '../functions/connections/schema';
import type { Api } from './api';
import { card, chip } from './card';
import { goToConsent } from './connection-calls';
import { question } from './disconnect-dialog';
import { h } from './dom';
import { button } from './notice';

export function zoomCard(api: Api, { email, account, status }: z.infer<typeof zoomAccount>): HTMLElement {
  const isActive = status === 'active';
  const disconnect = async () => {
    await api(`DELETE /v1/zoomAccounts/${encodeURIComponent(email)}`);
    return () => {
      const text = `${account} is disconnected from Zoom.`;
      const gone = h('p', { class: 'settled', tabindex: -1 }, text);
      element.replaceWith(gone);
      gone.focus();
      return text;
    };
  };
  const element = card(
    account,
    {
      beside: isActive ? chip('connected', 'good') : chip('needs consent', 'bad'),
      about: `Zoom meetings of ${email}`,
    },
    !isActive &&
      h(
        'p',
        { class: 'callout' },
        'Zoom no longer accepts the consent. Until somebody consents again, meetings are made in the deployment’s own Zoom account, or without Zoom.',
      ),
    h(
      'div',
      { class: 'actions' },
      !isActive && button('Connect again', () => goToConsent(api, { email, provider: 'zoom' }), 'primary'),
      question(
        account,
        h('p', {}, 'The consent is taken back at Zoom and the tokens are deleted. Meetings stay there.'),
        disconnect,
      ),
    ),
  );
  return element;
}
