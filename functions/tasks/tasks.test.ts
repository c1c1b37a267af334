import { CAPABILITIES } from '../../shared/domain/grants';
import { ann, second } from '../../test/tasks/simulation';
import { createTasksApi, owner } from '../../test/tasks/tasks-api';

let api: Awaited<ReturnType<typeof createTasksApi>>;
beforeEach(async () => {
  api = await createTasksApi();
});

/** In the calendar, and everything that follows from it. */
async function inCalendar(change: () => unknown): Promise<void> {
  change();
  await api.world.drain();
}

async function createSynced(body: object = {}) {
  const { id } = await api.create(body);
  await api.world.drain();
  return api.get(id);
}

describe('a task', () => {
  it('becomes an event, moves with it, and follows it', async () => {
    const task = await createSynced({
      due: '2026-11-25T10:00:00+01:00',
      description: 'About the offer',
      notes: 'Be kind',
      type: 'call',
      reminderAt: '2026-11-25T09:45:00+01:00',
      attendees: [{ email: 'Bob@example.org', displayName: 'Bob' }],
    });
    expect(task).toMatchObject({ syncStatus: 'synced', googleCalendarId: ann, due: '2026-11-25T09:00:00.000Z' });
    expect(api.eventOf(task)).toMatchObject({
      summary: 'Call Bob',
      colorId: '3',
      start: { dateTime: '2026-11-25T10:00:00+01:00', timeZone: 'Europe/Berlin' },
      end: { dateTime: '2026-11-25T11:00:00+01:00' },
      reminders: { useDefault: false, overrides: [{ method: 'popup', minutes: 15 }] },
      attendees: [{ email: 'bob@example.org', displayName: 'Bob' }],
    });
    expect(api.world.calendar.mails).toHaveLength(1);

    await api.change(task.id, { due: '2026-11-26' });
    await api.world.drain();
    expect(api.eventOf(task)).toMatchObject({ start: { date: '2026-11-26' }, end: { date: '2026-11-27' } });
    expect(api.world.calendar.mails).toHaveLength(2);

    await inCalendar(() =>
      api.world.calendar.events.patch(ann, ann, task.googleCalendarEventId!, {
        summary: 'Call Bob back',
        start: { dateTime: '2026-11-27T10:00:00Z', date: null },
        end: { dateTime: '2026-11-27T12:00:00Z', date: null },
        attendees: [{ email: 'bob@example.org', responseStatus: 'accepted' }],
      }),
    );
    expect(await api.get(task.id)).toMatchObject({
      title: 'Call Bob back',
      description: 'About the offer',
      due: '2026-11-27T10:00:00.000Z',
      end: '2026-11-27T12:00:00.000Z',
      attendees: [{ email: 'bob@example.org', responseStatus: 'accepted' }],
      syncStatus: 'synced',
    });
  });

  it('leaves what people have added to its event, and sends no e-mail for what guests do not see', async () => {
    const task = await createSynced({ due: '2026-11-25', attendees: [{ email: 'bob@example.org' }] });
    const { events } = api.world.calendar;
    await inCalendar(() =>
      events.patch(ann, ann, task.googleCalendarEventId!, {
        colorId: '7',
        transparency: 'transparent',
        attendees: [{ email: 'bob@example.org', comment: 'I come late' }, { email: 'eve@example.org' }],
      }),
    );
    const mails = api.world.calendar.mails.length;
    await api.change(task.id, { priority: 'high', notes: 'New' });
    await api.world.drain();
    const event = api.eventOf(task);
    expect(event).toMatchObject({
      colorId: '7',
      transparency: 'transparent',
      attendees: [{ email: 'bob@example.org', comment: 'I come late' }, { email: 'eve@example.org' }],
    });
    expect(event.description).toMatch(/Notes:\nNew\n\n---\nType: Task\nPriority: High/);
    expect(api.world.calendar.mails).toHaveLength(mails);
  });

  it.each([
    ['cancelled', (id: string) => api.change(id, { status: 'cancelled' })],
    ['not flagged any more', (id: string) => api.change(id, { syncToCalendar: false })],
    ['deleted', (id: string) => api.call('deleteTask', { params: { taskId: id } })],
  ])('that is %s has no event, and its guests are told', async (_, end) => {
    const task = await createSynced({ attendees: [{ email: 'bob@example.org' }] });
    const mails = api.world.calendar.mails.length;
    await end(task.id);
    await api.world.drain();
    expect(api.eventOf(task).status).toBe('cancelled');
    expect(api.world.calendar.mails).toHaveLength(mails + 1);
    const stored = await api.world.tasks.load(task.id);
    expect(stored?.record.link ?? null).toBeNull();
  });

  it('that is completed keeps its event; one without a day is on today', async () => {
    const task = await createSynced();
    await api.call('completeTask', { params: { taskId: task.id } });
    api.world.nowMs += 3 * 86_400_000;
    await api.world.drain();
    expect(api.eventOf(task)).toMatchObject({ status: 'confirmed', start: { date: '2026-11-22' } });
    expect(api.eventOf(task).description).toContain('Status: Completed');
  });

  it('moves to another calendar, and back when somebody moves it there', async () => {
    const task = await createSynced();
    await api.change(task.id, { selectedCalendarId: second });
    await api.world.drain();
    expect(await api.get(task.id)).toMatchObject({ googleCalendarId: second, status: 'pending' });
    await inCalendar(() => api.world.calendar.events.move(ann, second, task.googleCalendarEventId!, ann));
    expect(await api.get(task.id)).toMatchObject({ googleCalendarId: ann, selectedCalendarId: ann, status: 'pending' });
  });

  it('whose event is deleted is cancelled, and no sweep brings it back; opened again, it has another event', async () => {
    const task = await createSynced();
    await inCalendar(() => api.world.calendar.events.delete(ann, ann, task.googleCalendarEventId!));
    api.world.nowMs += 7 * 3_600_000;
    await api.world.sweep();
    await api.world.drain();
    expect(await api.get(task.id)).toMatchObject({ status: 'cancelled', googleCalendarEventId: null });
    await api.change(task.id, { status: 'pending' });
    await api.world.drain();
    const again = await api.get(task.id);
    expect(again.googleCalendarEventId).not.toBe(task.googleCalendarEventId);
    expect(api.eventOf(again).status).toBe('confirmed');
  });

  it('keeps occurrences that were moved or deleted as exceptions, and its own day', async () => {
    const task = await createSynced({ due: '2026-11-25', recurrence: { type: 'daily', count: 5 } });
    const id = task.googleCalendarEventId!;
    expect(api.eventOf(task).recurrence).toEqual(['RRULE:FREQ=DAILY;COUNT=5']);
    await inCalendar(() => {
      api.world.calendar.events.delete(ann, ann, `${id}_20261126`);
      api.world.calendar.events.patch(ann, ann, `${id}_20261127`, {
        start: { date: '2026-12-01' },
        end: { date: '2026-12-02' },
      });
    });
    expect(await api.get(task.id)).toMatchObject({
      due: '2026-11-25',
      exceptions: [
        { originalStart: '2026-11-26T00:00:00.000Z', status: 'cancelled' },
        { originalStart: '2026-11-27T00:00:00.000Z', status: 'moved', start: '2026-12-01' },
      ],
    });
  });

  it('with a Meet link gets it, also where Google is slow; asked for once', async () => {
    api.world.calendar.settings.conferencePendingMs = 60_000;
    const task = await createSynced({ includeGoogleMeet: true });
    expect(task.googleMeetLink).toBeNull();
    const request = api.eventOf(task).conferenceData?.createRequest?.requestId;
    await api.change(task.id, { title: 'Other' });
    await api.world.drain();
    expect(api.eventOf(task).conferenceData?.createRequest?.requestId).toBe(request);
    api.world.nowMs += 600_000;
    await api.world.sweep();
    await api.world.drain();
    expect((await api.get(task.id)).googleMeetLink).toMatch(/^https:\/\/meet\.google\.com\//);
  });

  it('survives ten round trips byte for byte', async () => {
    const description = 'One\n\n---\n\n🔗 Managed by me  \n';
    const task = await createSynced({ description, notes: 'A' });
    for (let trip = 0; trip < 10; trip++) {
      await inCalendar(() =>
        api.world.calendar.events.patch(ann, ann, task.googleCalendarEventId!, { summary: `T${trip}` }),
      );
      await api.change(task.id, { notes: `N${trip}` });
      await api.world.drain();
    }
    expect((await api.get(task.id)).description).toBe(description);
  });
});

describe('a conflict', () => {
  async function createConflict() {
    const task = await createSynced({ description: 'Before' });
    await inCalendar(() => {
      api.world.calendar.events.patch(ann, ann, task.googleCalendarEventId!, { summary: 'Theirs', location: 'Room 1' });
      return api.change(task.id, { title: 'Ours', description: 'After' });
    });
    return api.get(task.id);
  }

  it('has both versions, tells of itself once, and stops writing', async () => {
    const task = await createConflict();
    expect(task).toMatchObject({
      syncStatus: 'conflict',
      title: 'Ours',
      conflict: { fields: ['title'], local: { fields: { title: 'Ours' } }, remote: { fields: { title: 'Theirs' } } },
    });
    expect((await api.call('listTaskConflicts')).tasks).toMatchObject([{ id: task.id }]);
    const told = await api.world.store.query({ collection: 'told', limit: 100 });
    expect(told.filter(({ data }) => data['type'] === 'conflict.detected')).toHaveLength(1);
    const { writes } = api.world;
    api.world.nowMs += 7 * 3_600_000;
    await api.world.sweep();
    await api.world.drain();
    expect(api.world.writes).toBe(writes);
  });

  it.each([
    [{ resolve: 'local' }, { title: 'Ours', description: 'After', location: '' }],
    [{ resolve: 'remote' }, { title: 'Theirs', description: 'Before', location: 'Room 1' }],
    [
      { resolve: 'merged', fields: { title: 'remote' } },
      { title: 'Theirs', description: 'After', location: 'Room 1' },
    ],
  ])('resolved by %j, both sides say the same, and the next edit is clean', async (choice, expected) => {
    const { id } = await createConflict();
    await api.call('resolveTaskConflict', { params: { taskId: id }, body: choice });
    await api.world.drain();
    const task = await api.get(id);
    expect(task).toMatchObject({ ...expected, conflict: null, syncStatus: 'synced' });
    expect(api.eventOf(task)).toMatchObject({ summary: expected.title, location: expected.location });
    await api.change(id, { title: 'Next' });
    await api.world.drain();
    expect(await api.get(id)).toMatchObject({ syncStatus: 'synced', conflict: null });
    expect(api.eventOf(task)).toMatchObject({ summary: 'Next' });
  });

  it('that was settled for an event that has changed since is a new one', async () => {
    const { id, googleCalendarEventId } = await createConflict();
    await api.call('resolveTaskConflict', { params: { taskId: id }, body: { resolve: 'local' } });
    api.world.calendar.events.patch(ann, ann, googleCalendarEventId!, { summary: 'Theirs again' });
    await api.world.drain();
    expect(await api.get(id)).toMatchObject({ conflict: { remote: { fields: { title: 'Theirs again' } } } });
  });

  it('does not arise where different fields were changed', async () => {
    const task = await createSynced();
    await inCalendar(() => {
      api.world.calendar.events.patch(ann, ann, task.googleCalendarEventId!, { location: 'Room 1' });
      return api.change(task.id, { title: 'Ours' });
    });
    expect(await api.get(task.id)).toMatchObject({ title: 'Ours', location: 'Room 1', syncStatus: 'synced' });
    expect(api.eventOf(task)).toMatchObject({ summary: 'Ours', location: 'Room 1' });
  });

  it('needs a word on every field that both have changed, and has to be there', async () => {
    const { id } = await createConflict();
    const body = { resolve: 'merged', fields: { when: 'local' } };
    expect(await api.call('resolveTaskConflict', { params: { taskId: id }, body })).toMatchObject({
      code: 'fieldsUndecided',
      paths: ['body.fields.title'],
    });
    const other = await createSynced();
    const answer = await api.call('resolveTaskConflict', { params: { taskId: other.id }, body: { resolve: 'local' } });
    expect(answer).toMatchObject({ kind: 'conflict', code: 'noConflict' });
  });
});

describe('over HTTP', () => {
  it('a stale If-Match is refused with the task as it is', async () => {
    const { id, etag } = await createSynced({ syncToCalendar: false });
    expect(await api.change(id, { title: 'A' }, { 'if-match': etag })).toMatchObject({ title: 'A' });
    expect(await api.change(id, { title: 'B' }, { 'if-match': etag })).toMatchObject({
      kind: 'preconditionFailed',
      title: 'A',
    });
    expect(await api.change(id, { title: 'C' }, { 'if-match': '*' })).toMatchObject({ title: 'C' });
  });

  it('the same key makes one task', async () => {
    const headers = { 'idempotency-key': 'k' };
    const first = await api.create({}, headers);
    expect(await api.create({}, headers)).toMatchObject({ id: first.id, replayed: 'true' });
  });

  it('whose user the caller does not see, a task is unknown', async () => {
    const { id } = await api.create({});
    const stranger = { id: 'x', capabilities: [...CAPABILITIES], mailboxes: ['bob@example.com'], domains: [] };
    for (const operation of ['getTask', 'changeTask', 'deleteTask', 'completeTask'])
      expect(
        await api.call(operation, {
          params: { taskId: id },
          ...(operation === 'changeTask' && { body: {} }),
          caller: stranger,
        }),
      ).toMatchObject({ code: 'taskNotFound' });
    expect((await api.call('listTasks', { caller: stranger })).tasks).toEqual([]);
    expect(await api.call('listTasks', { caller: stranger, query: { email: ann } })).toMatchObject({
      kind: 'notFound',
    });
    expect(await api.call('createTask', { caller: stranger, body: { email: ann, title: 'A' } })).toMatchObject({
      kind: 'notFound',
    });
    expect(await api.call('getTask', { params: { taskId: id }, caller: { ...owner, capabilities: [] } })).toMatchObject(
      { kind: 'forbidden' },
    );
  });

  it.each([
    [{ title: '' }, 'body.title'],
    [{ title: 'x'.repeat(256) }, 'body.title'],
    [{ description: 'x'.repeat(5_001) }, 'body.description'],
    [{ due: 'tomorrow' }, 'body.due'],
    [{ due: '2026-03-29T02:30:00', timeZone: 'Europe/Berlin' }, 'body.due'],
    [{ due: '2026-11-25T10:00:00' }, 'body.due'],
    [{ due: '2026-11-25', end: '2026-11-25' }, 'body.end'],
    [{ due: '2026-11-25', end: '2026-11-25T10:00:00Z' }, 'body.end'],
    [{ end: '2026-11-25' }, 'body.end'],
    [{ attendees: [{ email: 'bob' }] }, 'body.attendees[0].email'],
    [{ googleCalendarEventId: 'x' }, 'body.googleCalendarEventId'],
    [{ recurrence: { type: 'daily', interval: 0 } }, 'body.recurrence.interval'],
  ])('%j names %s', async (wrong, path) => {
    const { kind, paths } = await api.create(wrong);
    expect({ kind, path: paths?.[0] }).toEqual({ kind: 'invalid', path });
  });

  it('a user whom delegation covers needs no connection before the first task', async () => {
    const caller = { ...owner, mailboxes: ['new@example.com', 'new@home.example'] };
    const task = await api.call('createTask', { caller, body: { email: 'new@example.com', title: 'A' } });
    expect((await api.world.connections.load(task.connectionId!))?.record).toMatchObject({
      kind: 'delegation',
      status: 'active',
    });
    const waiting = await api.call('createTask', { caller, body: { email: 'new@home.example', title: 'A' } });
    expect(waiting).toMatchObject({ connectionId: null, syncStatus: 'pending' });
  });
});
