import type { TaskView } from '../shared/domain/task/view-task';
import type { Api } from './api';
import { Problem } from './api';
import { differingRows, mergeOf, type Side, type TaskConflict, type VersionRow } from './conflict-versions';
import { h, newId } from './dom';
import { card, moment } from './card';
import { listing } from './listing';
import { act, button } from './notice';

const sideNames: Readonly<Record<Side, string>> = { local: 'Task', remote: 'Calendar' };

export function conflictsSection(api: Api): HTMLElement[] {
  const list = listing<TaskView>(api, {
    path: '/v1/tasks/conflicts?pageSize=20',
    member: 'tasks',
    render: (task) => (task.conflict === null ? h('article') : conflictCard(api, task, task.conflict)),
    empty: 'No conflicts: every change has found its way to the other side.',
  });
  return [
    h('p', { class: 'lead' }, 'Tasks that were changed here and in the calendar at the same time, in the same field.'),
    list,
  ];
}

function conflictCard(api: Api, task: TaskView, conflict: TaskConflict): HTMLElement {
  const rows = differingRows(conflict);
  const resolve = async (body: object): Promise<string | undefined> => {
    try {
      await api<TaskView>(`POST /v1/tasks/${encodeURIComponent(task.id)}:resolveConflict`, {
        body,
        headers: { 'if-match': task.etag },
      });
    } catch (error) {
      if (error instanceof Problem && error.status === 412) await showAgain();
      throw error;
    }
    const next = element.nextElementSibling ?? element.previousElementSibling;
    element.replaceWith(h('p', { class: 'settled' }, `“${task.title}” is settled.`));
    next?.querySelector('h2')?.focus();
    return `“${task.title}” is settled; the calendar follows.`;
  };
  /** The task has changed meanwhile: the versions to choose from are others now. */
  const showAgain = async () => {
    const now = await api<TaskView>(`GET /v1/tasks/${encodeURIComponent(task.id)}`);
    element.replaceWith(
      now.conflict === null
        ? h('p', { class: 'settled' }, `“${now.title}” is settled.`)
        : conflictCard(api, now, now.conflict),
    );
  };

  const submit = h('button', { type: 'submit' }, 'Save my choice');
  const form = h(
    'form',
    {
      submit: (event) => {
        event.preventDefault();
        const chosen = [...new FormData(form)].map(([field, side]) => [field, side as Side] as const);
        void act(submit, () => resolve(mergeOf(new Map(chosen))));
      },
    },
    rows.map((row) => (row.isContested ? choice(row) : difference(row))),
    h(
      'div',
      { class: 'actions' },
      submit,
      button('Keep the task', () => resolve({ resolve: 'local' })),
      button('Take the calendar', () => resolve({ resolve: 'remote' })),
    ),
  );
  const about = [`${task.email} · found `, moment(conflict.detectedAt, Date.now())];
  const element = card(task.title, { about }, form);
  return element;
}

/** Both versions, one of which has to be chosen. */
function choice(row: VersionRow): HTMLElement {
  const version = (side: Side) =>
    h(
      'label',
      { class: 'version' },
      h(
        'span',
        { class: 'side' },
        h('input', { type: 'radio', name: row.field, value: side, required: true }),
        sideNames[side],
      ),
      h('span', { class: 'text' }, row[side]),
    );
  return h('fieldset', { class: 'versions' }, h('legend', {}, row.label), version('local'), version('remote'));
}

/** Only one side has changed it, which is no conflict. */
function difference(row: VersionRow): HTMLElement {
  const version = (side: Side) =>
    h(
      'div',
      { class: 'version' },
      h('span', { class: 'side' }, sideNames[side]),
      h('span', { class: 'text' }, row[side]),
    );
  const legendId = newId();
  return h(
    'div',
    { class: 'versions', role: 'group', 'aria-labelledby': legendId },
    h('p', { id: legendId, class: 'legend' }, `${row.label} – changed on one side only, merged by itself`),
    version('local'),
    version('remote'),
  );
}
