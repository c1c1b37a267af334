import type { CalendarEvent } from '../calendar';
import { emptyContent } from './edit-task';
import { followEvent } from './follow-event';
import { toWritten, type MappingContext } from './map-event';
import { newTask, type Task } from './task';

const context: MappingContext = { timeZone: 'UTC', taskTypeColors: {}, managedBy: 'Attaché', nowMs: 0 };
const content = { ...emptyContent, title: 'Call Ada', due: '2027-01-04' };
const calendarId = 'ann@example.com';
const event: CalendarEvent = {
  id: 'event',
  status: 'confirmed',
  etag: '"2"',
  summary: 'Call Ada',
  start: { date: '2027-01-04' },
  end: { date: '2027-01-05' },
  attendees: [],
  privateProperties: {},
};

/** Its status is being written, which is in the block below the text; the text is what both have agreed on. */
function beingCompleted(given: Partial<Task> = {}): Task {
  const task = { ...newTask('tsk_1', { owner: calendarId, connectionId: 'con_1' }, content, 0), ...given };
  const { revision: _, ...agreed } = toWritten(task, context);
  const completed: Task = { ...task, status: 'completed', revision: 2 };
  return {
    ...completed,
    link: { eventId: event.id, calendarId, etag: '"1"' },
    synced: { ...agreed, revision: 1, remote: agreed.fields },
    settledRevision: 1,
    pushing: { ...toWritten(completed, context), calendarId, guests: [] },
  };
}

const markOf = (revision: number) => ({ taskId: 'tsk_1', type: 'task', revision });

test('a write that changes only what goes with the text has arrived when the mark says so', () => {
  const followed = followEvent(beingCompleted(), { event, calendarId, mark: markOf(2) }, context);
  expect(followed).toMatchObject({
    settledRevision: 2,
    synced: { out: { block: expect.stringContaining('Completed') as string } },
  });
});

test('it has not where the event only has the text, which it had before', () => {
  const followed = followEvent(beingCompleted(), { event, calendarId, mark: markOf(1) }, context);
  expect(followed).toMatchObject({
    settledRevision: 1,
    synced: { out: { block: expect.stringContaining('Pending') as string } },
  });
});

test('somebody’s own event, which has no mark, tells by its text only where nothing else was written', () => {
  const task = beingCompleted({ imported: true });
  const seen = { event, calendarId, mark: undefined };
  expect(followEvent(task, seen, context)).toMatchObject({ settledRevision: 2 });
  const recolored: Task = {
    ...task,
    pushing: task.pushing && { ...task.pushing, out: { ...task.pushing.out, colorId: '1' } },
  };
  expect(followEvent(recolored, seen, context)).toMatchObject({ settledRevision: 1 });
});

test('an event that is in conflict has been seen, also where the answer to its insert was lost: its deletion is not overlooked', () => {
  const task: Task = { ...beingCompleted(), title: 'Call Bea', synced: null, settledRevision: 0 };
  const inserted = { ...task, link: { eventId: event.id, calendarId, etag: null } };
  const edited = { ...event, summary: 'Call Cleo' };
  const pushing = task.pushing && { ...task.pushing, fields: { ...task.pushing.fields, title: 'Call Ada' } };
  const seen = { event: edited, calendarId, mark: markOf(2) };
  expect(followEvent({ ...inserted, pushing }, seen, context)).toMatchObject({
    conflict: { fields: ['title'] },
    link: { etag: event.etag },
  });
});
