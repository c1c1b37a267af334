import type { SyncedFields } from '../shared/domain/task/task';
import { differingRows, mergeOf, type TaskConflict } from './conflict-versions';

const fields: SyncedFields = {
  title: 'Call Marta',
  description: '',
  location: '',
  when: {
    start: { dateTime: '2026-03-09T10:00:00Z', timeZone: 'Europe/Berlin' },
    end: { dateTime: '2026-03-09T11:30:00Z', timeZone: 'Europe/Berlin' },
  },
  recurrence: [],
  guests: [],
};

function conflict(contested: TaskConflict['fields'], remote: Partial<SyncedFields>): TaskConflict {
  return {
    fields: contested,
    local: { fields, etag: '"1"' },
    remote: { fields: { ...fields, ...remote }, etag: '"2"' },
    detectedAt: '2026-03-01T12:00:00Z',
  };
}

test('what both have changed comes first, what one has changed after it, what is the same not at all', () => {
  const rows = differingRows(conflict(['location'], { title: 'Call Ben', location: 'Room 4' }));
  expect(rows).toEqual([
    { field: 'location', label: 'Place', local: '(empty)', remote: 'Room 4', isContested: true },
    { field: 'title', label: 'Title', local: 'Call Marta', remote: 'Call Ben', isContested: false },
  ]);
});

test.each<[string, Partial<SyncedFields>, string]>([
  ['a time', { when: fields.when }, '9 Mar 2026, 11:00–12:30 (Europe/Berlin)'],
  ['one day', { when: { start: { date: '2026-03-09' }, end: { date: '2026-03-10' } } }, '9 Mar 2026'],
  ['several days', { when: { start: { date: '2026-03-09' }, end: { date: '2026-03-12' } } }, '9–11 Mar 2026'],
  ['no recurrence', { recurrence: [] }, 'Does not repeat'],
  ['a recurrence', { recurrence: ['RRULE:FREQ=DAILY'] }, 'RRULE:FREQ=DAILY'],
  [
    'guests',
    {
      guests: [{ email: 'a@example.com' }, { email: 'b@example.com', displayName: 'Ben', responseStatus: 'declined' }],
    },
    'a@example.com\nBen <b@example.com>, declined',
  ],
])('%s in words', (_, remote, text) => {
  const [field] = Object.keys(remote) as TaskConflict['fields'];
  expect(differingRows(conflict([field!], remote))[0]?.remote).toBe(text);
});

test('a choice names the side of each field', () => {
  expect(mergeOf(new Map([['title', 'remote']]))).toEqual({ resolve: 'merged', fields: { title: 'remote' } });
});
