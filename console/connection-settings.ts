import type * as z from 'zod';
import type { calendarList } from '../functions/connections/schema';
import type { Api } from './api';
import type { Connection, Save } from './connection-calls';
import { h } from './dom';
import { check, field } from './field';
import { act, report } from './notice';

export function settingsForm(api: Api, connection: Connection, save: Save): HTMLElement {
  const calendars = h('select', {}, h('option', { value: connection.calendarId }, connection.calendarId));
  let chosen = connection.calendarId;
  calendars.addEventListener('change', () => {
    void act(calendars, async () => {
      chosen = (await save({ calendarId: calendars.value })).calendarId;
      return 'Tasks go to this calendar from now on.';
    }).finally(() => (calendars.value = chosen));
  });
  void offerCalendars(api, connection, calendars).catch(report);

  const toggle = (name: 'isActive' | 'autoSyncTasks' | 'importExternalEvents', label: string, explanation: string) => {
    const box = h('input', { type: 'checkbox', checked: connection[name] });
    box.addEventListener('change', () => {
      const wanted = box.checked;
      void act(box, async () => {
        await save({ [name]: wanted });
        return `${label}: ${wanted ? 'on' : 'off'}.`;
      }).then((isSaved) => {
        if (!isSaved) box.checked = !wanted;
      });
    });
    return check(label, box, explanation);
  };

  return h(
    'div',
    { class: 'settings' },
    field('Calendar for tasks', calendars),
    toggle('isActive', 'Sync', 'Off: nothing goes either way.'),
    toggle('autoSyncTasks', 'Automatic sync', 'New tasks go to the calendar without being flagged.'),
    toggle('importExternalEvents', 'Import events', 'Events that people make become tasks.'),
  );
}

/** Those that take events, and the chosen one whatever it is. */
async function offerCalendars(api: Api, connection: Connection, select: HTMLSelectElement): Promise<void> {
  const { connectionId, calendarId } = connection;
  const { calendars } = await api<z.infer<typeof calendarList>>(`GET /v1/connections/${connectionId}/calendars`);
  for (const { calendarId: id, summary, primary } of calendars.filter((one) => one.writable)) {
    const value = primary ? 'primary' : id;
    const option = h('option', { value }, primary ? `${summary} (primary)` : summary);
    if (calendarId !== value && calendarId !== id) select.append(option);
    else select.options[0]?.replaceWith(option);
  }
}
