import type * as z from 'zod';
import type { calendarList, connectionStatus, count } from '../functions/connections/schema';
import type { Api } from './api';
import { colorSettings } from './color-settings';
import { goToConsent, type Connection, type Save } from './connection-calls';
import { disconnectDialog } from './disconnect-dialog';
import { h, newId } from './dom';
import { chip, facts, found, moment } from './facts';
import { counted } from './format';
import { act, button, report } from './notice';

const tones = { active: 'good', needsAuth: 'bad', disconnected: 'plain' } as const;
const words = { active: 'connected', needsAuth: 'needs consent', disconnected: 'disconnected' } as const;

export function connectionCard(api: Api, connection: Connection): HTMLElement {
  const titleId = newId();
  const { connectionId, connectedEmail, email, kind, status, features } = connection;
  const path = `/v1/connections/${connectionId}`;
  const isActive = status === 'active';
  const save: Save = (change) => api<Connection>(`PATCH ${path}`, { body: change });
  const replaceBy = (now: Connection) => {
    const again = connectionCard(api, now);
    card.replaceWith(again);
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

  const card = h(
    'article',
    { class: 'card', 'aria-labelledby': titleId },
    h(
      'div',
      { class: 'heading' },
      h('h2', { id: titleId, tabindex: -1 }, connectedEmail),
      chip(words[status], tones[status]),
    ),
    h(
      'p',
      { class: 'quiet' },
      `${kind === 'delegation' ? 'By delegation' : 'By consent'} for ${email}: ${features.join(' and ') || 'nothing granted'}`,
    ),
    !isActive && again(api, connection),
    isActive && state,
    isActive && settingsForm(api, connection, save),
    isActive && colorSettings(connection, save),
    isActive &&
      h(
        'div',
        { class: 'actions' },
        button('Sync now', () => post('sync', (jobs) => `${counted(jobs, 'task')} without event on the way.`)),
        button(
          'Sync all open tasks',
          () => post('bulkSync', (jobs) => `${counted(jobs, 'open task')} on the way to the calendar.`),
          'secondary',
        ),
        button(
          'Renew push',
          () => post('refreshChannels', () => 'Google is asked to announce changes through a new channel.'),
          'secondary',
        ),
        button('Refresh', () => showStatus().then(() => undefined), 'secondary'),
        disconnectDialog(api, connection, replaceBy),
      ),
  );
  if (isActive) void showStatus().catch(report);
  return card;
}

function again(api: Api, { connectionId, email, kind, status, statusReason, features }: Connection): HTMLElement {
  const reason = statusReason === null ? '' : ` (${statusReason})`;
  const text =
    status === 'needsAuth'
      ? `Google no longer accepts the consent${reason}. Nothing is synced until somebody consents again; nothing is lost.`
      : 'Its events stay in Google. Connected again, it goes on with them.';
  return h(
    'div',
    { class: status === 'needsAuth' ? 'callout' : '' },
    h('p', {}, text),
    kind === 'oauth' &&
      button('Connect again', () =>
        goToConsent(api, { email, connectionId, features: features.length > 0 ? features : ['calendar'] }),
      ),
  );
}

function statusFacts({
  pending,
  synced,
  conflicts,
  hasPush,
  channelExpiresAt,
}: z.infer<typeof connectionStatus>): HTMLElement {
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

function settingsForm(api: Api, connection: Connection, save: Save): HTMLElement {
  const calendarField = newId();
  const calendars = h(
    'select',
    { id: calendarField },
    h('option', { value: connection.calendarId }, connection.calendarId),
  );
  let chosen = connection.calendarId;
  calendars.addEventListener('change', () => {
    void act(calendars, async () => {
      chosen = (await save({ calendarId: calendars.value })).calendarId;
      return 'Tasks go to this calendar from now on.';
    }).finally(() => (calendars.value = chosen));
  });
  void offerCalendars(api, connection, calendars).catch(report);

  const toggle = (name: 'isActive' | 'autoSyncTasks' | 'importExternalEvents', label: string, explanation: string) => {
    const explanationId = newId();
    const box = h('input', { type: 'checkbox', checked: connection[name], 'aria-describedby': explanationId });
    box.addEventListener('change', () => {
      const wanted = box.checked;
      void act(box, async () => {
        await save({ [name]: wanted });
        return `${label}: ${wanted ? 'on' : 'off'}.`;
      }).then((isSaved) => {
        if (!isSaved) box.checked = !wanted;
      });
    });
    return h('label', { class: 'check' }, box, h('span', {}, label, h('small', { id: explanationId }, explanation)));
  };

  return h(
    'div',
    { class: 'settings' },
    h('div', { class: 'field' }, h('label', { for: calendarField }, 'Calendar for tasks'), calendars),
    toggle('isActive', 'Sync', 'Off: nothing goes either way.'),
    toggle('autoSyncTasks', 'Automatic sync', 'New tasks go to the calendar without being flagged.'),
    toggle('importExternalEvents', 'Import events', 'Events that people make become tasks.'),
  );
}

/** Of the calendars only those that take events. */
async function offerCalendars(
  api: Api,
  { connectionId, calendarId }: Connection,
  select: HTMLSelectElement,
): Promise<void> {
  const { calendars } = await api<z.infer<typeof calendarList>>(`GET /v1/connections/${connectionId}/calendars`);
  const writable = calendars.filter((one) => one.writable);
  const options = writable.map(({ calendarId: id, summary, primary }) => {
    const value = primary ? 'primary' : id;
    return h(
      'option',
      { value, selected: calendarId === value || calendarId === id },
      primary ? `${summary} (primary)` : summary,
    );
  });
  if (options.length > 0) select.replaceChildren(...options);
}
