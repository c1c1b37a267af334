import type * as z from 'zod';
import type { connectionStatus, count } from '../functions/connections/schema';
import type { Api } from './api';
import { colorSettings } from './color-settings';
import { goToConsent, type Connection, type Save } from './connection-calls';
import { disconnectDialog } from './disconnect-dialog';
import { h } from './dom';
import { card, chip, facts, found, moment } from './card';
import { settingsForm } from './connection-settings';
import { counted } from './format';
import { button, report } from './notice';

const tones = { active: 'good', needsAuth: 'bad', disconnected: 'plain' } as const;
const words = { active: 'connected', needsAuth: 'needs consent', disconnected: 'disconnected' } as const;

export function connectionCard(api: Api, connection: Connection): HTMLElement {
  const { connectionId, connectedEmail, email, kind, status, features } = connection;
  const path = `/v1/connections/${connectionId}`;
  const isActive = status === 'active';
  const save: Save = (change) => api<Connection>(`PATCH ${path}`, { body: change });
  const replaceBy = (now: Connection) => {
    const again = connectionCard(api, now);
    element.replaceWith(again);
    again.querySelector('h2')?.focus();
  };
  const state = h('div', { 'aria-live': 'polite' });
  const showStatus = async () => {
    const now = await api<z.infer<typeof connectionStatus>>(`GET ${path}/status`);
    state.replaceChildren(statusFacts(now));
  };
  const post = async (verb: string, said: (jobs: number) => string) => {
    const { count: jobs } = await api<z.infer<typeof count>>(`POST ${path}:${verb}`);
    await showStatus();
    return said(jobs);
  };

  const about = `${kind === 'delegation' ? 'By delegation' : 'By consent'} for ${email}: ${features.join(' and ') || 'nothing granted'}`;
  const isSyncing = isActive && features.includes('calendar');
  const element = card(
    connectedEmail,
    { beside: chip(words[status], tones[status]), about },
    isSyncing
      ? [state, settingsForm(api, connection, save), colorSettings(connection, save)]
      : connectAgain(api, connection, replaceBy),
    status !== 'disconnected' &&
      h(
        'div',
        { class: 'actions' },
        isSyncing && [
          button('Sync now', () => post('sync', syncing), 'primary'),
          button('Sync all open tasks', () => post('bulkSync', syncingAll)),
          button('Renew push', () => post('refreshChannels', renewing)),
        ],
        disconnectDialog(api, connection, replaceBy),
      ),
  );
  if (isSyncing) void showStatus().catch(report);
  return element;
}

const syncing = (jobs: number) => `${counted(jobs, 'task')} without event on the way.`;
const syncingAll = (jobs: number) => `${counted(jobs, 'open task')} on the way to the calendar.`;
const renewing = () => 'Google is asked to announce changes through a new channel.';

/** What is the matter with a connection that does not sync, and the way out. */
function connectAgain(
  api: Api,
  { connectionId, email, kind, status, statusReason, features }: Connection,
  replaceBy: (now: Connection) => void,
): HTMLElement {
  const texts = {
    active: 'The calendar was not granted: tasks are not synced.',
    needsAuth: `Google no longer accepts the consent${statusReason === null ? '' : ` (${statusReason})`}. Nothing is synced until somebody consents again; nothing is lost.`,
    disconnected: 'Its events stay in Google. Connected again, it goes on with them.',
  };
  const connect = async () => {
    if (kind === 'oauth')
      return goToConsent(api, { email, connectionId, features: [...new Set(['calendar' as const, ...features])] });
    replaceBy(await api<Connection>('POST /v1/connections', { body: { email } }));
    return `${email} is connected.`;
  };
  return h(
    'div',
    { class: status === 'disconnected' ? '' : 'callout' },
    h('p', {}, texts[status]),
    button(status === 'active' ? 'Ask for the calendar, too' : 'Connect again', connect),
  );
}

function statusFacts(status: z.infer<typeof connectionStatus>): HTMLElement {
  const { pending, synced, conflicts, hasPush, channelExpiresAt } = status;
  const push =
    hasPush && channelExpiresAt !== null
      ? h('span', { class: 'found good' }, 'ends ', moment(channelExpiresAt, Date.now()))
      : found({ tone: 'warn', text: 'none: read every few minutes' });
  return facts([
    ['Synced', counted(synced, 'task')],
    ['Pending', counted(pending, 'task')],
    ['Conflicts', conflicts === 0 ? 'none' : h('a', { href: '#conflicts' }, `${conflicts} to settle`)],
    ['Push', push],
  ]);
}
