import { colorIdOf, DEFAULT_COLORS, EVENT_COLORS, TASK_TYPES, type TaskType } from '../shared/domain/task/event-colors';
import type { Connection, Save } from './connection-calls';
import { h, newId } from './dom';
import { act, button } from './notice';

const typeNames: Readonly<Record<TaskType, string>> = {
  call: 'Calls',
  email: 'E-mails',
  meeting: 'Meetings',
  task: 'Tasks',
  followUp: 'Follow-ups',
};

/** The colours of events by the type of their task, each with the one of Google's that it becomes. */
export function colorSettings(connection: Connection, save: Save): HTMLElement {
  let colors: Connection['taskTypeColors'] = connection.taskTypeColors;
  const saveColors = async (wanted: Connection['taskTypeColors']) => {
    const given = Object.entries(wanted).filter(([, color]) => color !== undefined);
    colors = (await save({ taskTypeColors: Object.fromEntries(given) })).taskTypeColors;
    for (const row of rows) row.show();
  };

  const rows = TASK_TYPES.map((type) => {
    const inputId = newId();
    const input = h('input', { id: inputId, type: 'color' });
    const google = h('span', { class: 'google-color' });
    const reset = button(
      'Reset',
      async () => {
        await saveColors({ ...colors, [type]: undefined });
        input.focus();
        return `${typeNames[type]} have their default colour.`;
      },
      'small',
    );
    reset.setAttribute('aria-label', `Reset the colour of ${typeNames[type]}`);
    const show = () => {
      input.value = (colors[type] ?? DEFAULT_COLORS[type]).toLowerCase();
      const event = EVENT_COLORS.find(({ id }) => id === colorIdOf(type, colors));
      const swatch = h('span', { class: 'swatch' });
      swatch.style.backgroundColor = event?.hex ?? '';
      google.replaceChildren(swatch, event?.name ?? '');
      reset.hidden = colors[type] === undefined;
    };
    input.addEventListener('change', () => {
      void act(input, async () => {
        await saveColors({ ...colors, [type]: input.value });
        return `${typeNames[type]} have a new colour.`;
      }).finally(show);
    });
    return {
      show,
      element: h('div', { class: 'color' }, input, h('label', { for: inputId }, typeNames[type]), google, reset),
    };
  });
  for (const row of rows) row.show();

  const resetAll = button(
    'Reset all colours',
    async () => {
      await saveColors({});
      return 'All types have their default colours.';
    },
    'secondary',
  );
  return h(
    'details',
    {},
    h('summary', {}, 'Colours by type of task'),
    h('p', { class: 'quiet' }, 'Google knows eleven colours for events; yours becomes the nearest one.'),
    rows.map(({ element }) => element),
    resetAll,
  );
}
