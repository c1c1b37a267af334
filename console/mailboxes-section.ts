import type * as z from 'zod';
import type { mailboxDetails, parkedMessage } from '../functions/mailboxes/schema';
import type { Api } from './api';
import { h, newId } from './dom';
import { chip, facts, found, moment } from './facts';
import { counted } from './format';
import { listing } from './listing';
import { lagHealth, watchHealth, type Mailbox } from './mailbox-health';
import { button, report } from './notice';

const tones = { active: 'good', onboarding: 'plain', paused: 'warn', needsAuth: 'bad' } as const;

export function mailboxesSection(api: Api): HTMLElement[] {
  return [
    h('p', { class: 'lead' }, 'Gmail mailboxes whose new mail goes to agents.'),
    listing<Mailbox>(api, {
      path: '/v1/mailboxes?pageSize=50',
      member: 'mailboxes',
      render: (mailbox) => mailboxCard(api, mailbox),
      empty: 'No mailbox is registered: PUT /v1/mailboxes/{email} registers one.',
    }),
  ];
}

function mailboxCard(api: Api, mailbox: Mailbox): HTMLElement {
  const titleId = newId();
  const { email, status, statusReason, counters, sequence, unpublishedEvents } = mailbox;
  const path = `/v1/mailboxes/${encodeURIComponent(email)}`;
  const nowMs = Date.now();
  const showAgain = async () => {
    const now = await api<z.infer<typeof mailboxDetails>>(`GET ${path}`);
    const again = mailboxCard(api, now);
    card.replaceWith(again);
    again.querySelector('button')?.focus();
  };
  const card = h(
    'article',
    { class: 'card', 'aria-labelledby': titleId },
    h('div', { class: 'heading' }, h('h2', { id: titleId }, email), chip(status, tones[status])),
    statusReason !== null && h('p', { class: 'callout' }, `Google refuses: ${statusReason}.`),
    facts([
      ['Watch', found(watchHealth(mailbox, nowMs))],
      ['Reading', found(lagHealth(mailbox, nowMs))],
      ['Events', unpublishedEvents > 0 ? `${sequence}, ${unpublishedEvents} unpublished` : String(sequence)],
      ['Parked', counters.parked > 0 ? found({ tone: 'warn', text: counted(counters.parked, 'message') }) : 'none'],
    ]),
    counters.parked > 0 && parkedMessages(api, path),
    h(
      'div',
      { class: 'actions' },
      button(
        'Read now',
        async () => {
          await api(`POST ${path}:sync`);
          return `${email} is being read.`;
        },
        'secondary',
      ),
      counters.parked > 0 &&
        button(
          'Try parked messages again',
          async () => {
            await api(`POST ${path}:replayParked`);
            await showAgain();
            return `The parked messages of ${email} are tried again.`;
          },
          'secondary',
        ),
      button('Refresh', () => showAgain().then(() => undefined), 'secondary'),
    ),
  );
  return card;
}

function parkedMessages(api: Api, path: string): HTMLElement {
  const list = h('ul', {}, h('li', {}, 'Reading …'));
  const load = async () => {
    const { parkedMessages } = await api<z.infer<typeof mailboxDetails>>(`GET ${path}`);
    list.replaceChildren(...parkedMessages.map(parked));
  };
  return h(
    'details',
    { toggle: () => void load().catch(report) },
    h('summary', {}, 'Messages that were set aside'),
    list,
  );
}

function parked({ messageId, attempts, code, parkedAt }: z.infer<typeof parkedMessage>): HTMLElement {
  return h(
    'li',
    {},
    h('code', {}, messageId),
    ` – ${code}, ${counted(attempts, 'attempt')}, `,
    moment(parkedAt, Date.now()),
  );
}
