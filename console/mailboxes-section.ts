import type * as z from 'zod';
import type { mailboxDetails, parkedMessage } from '../functions/mailboxes/schema';
import type { Api } from './api';
import { card, chip, facts, found, moment } from './card';
import { h } from './dom';
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
  const { email, status, statusReason, counters, sequence, unpublishedEvents } = mailbox;
  const path = `/v1/mailboxes/${encodeURIComponent(email)}`;
  const nowMs = Date.now();
  const readNow = async () => {
    await api(`POST ${path}:sync`);
    return `${email} is being read.`;
  };
  const replay = async () => {
    await api(`POST ${path}:replayParked`);
    const now = mailboxCard(api, await api<z.infer<typeof mailboxDetails>>(`GET ${path}`));
    element.replaceWith(now);
    now.querySelector('h2')?.focus();
    return `The parked messages of ${email} are tried again.`;
  };
  const element = card(
    email,
    { beside: chip(status, tones[status]), about: statusReason !== null && `Google refuses: ${statusReason}` },
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
      button('Read now', readNow),
      counters.parked > 0 && button('Try parked messages again', replay),
    ),
  );
  return element;
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
