import type { Caller } from '../../shared/domain/grants';
import { ana, ben, createMeetingsWorld, everything, type MeetingsWorld } from '../../test/meetings/meetings-world';

let world: MeetingsWorld;
beforeEach(() => {
  world = createMeetingsWorld();
});

const idOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) => body.id as string;

describe('changing', () => {
  it('moves the meeting: same event, same link, the old time is open and the new one is not', async () => {
    const created = await world.create({});
    const moved = await world.change(idOf(created), { start: '2026-11-24T10:15:00+01:00' }, '"1"');
    expect(moved).toMatchObject({
      status: 200,
      headers: { etag: '"2"' },
      body: { start: '2026-11-24T09:15:00.000Z', end: '2026-11-24T09:45:00.000Z', conference: created.body.conference },
    });
    expect(world.eventsOf(ana)).toMatchObject([{ id: idOf(created), summary: 'Offer' }]);
    expect(await world.create({ start: '2026-11-24T10:00:00+01:00', durationMinutes: 15 }, 'b')).toMatchObject({
      status: 201,
    });
    expect(await world.create({ start: '2026-11-24T10:40:00+01:00' }, 'c')).toMatchObject({ status: 409 });
    expect(world.typesOf()).toEqual(['meeting.created', 'meeting.updated', 'meeting.created']);
  });

  it('is refused where the new time is taken, and leaves the meeting', async () => {
    const created = await world.create({});
    world.block(ana, '2026-11-24T10:00:00Z', '2026-11-24T11:00:00Z');
    expect(await world.change(idOf(created), { start: '2026-11-24T11:00:00+01:00' })).toMatchObject({
      status: 409,
      body: { code: 'slotUnavailable', conflicts: [{ reason: 'busy' }] },
    });
    expect((await world.read(idOf(created))).body).toEqual(created.body);
    expect(await world.bookingsOf(ana)).toHaveLength(1);
  });

  it('asks a colleague who joins it about the old time too, which is not taken by the meeting there', async () => {
    const id = idOf(await world.create({}));
    world.block(ben, '2026-11-24T09:00:00Z', '2026-11-24T09:30:00Z');
    const attendees = [{ email: ben }];
    expect(await world.change(id, { start: '2026-11-24T10:15:00+01:00', attendees })).toMatchObject({
      status: 409,
      body: { conflicts: [{ email: ben, reason: 'busy' }] },
    });
    const joined = idOf(await world.create({ start: '2026-11-24T12:00:00+01:00', attendees }, 'b'));
    expect(await world.change(joined, { start: '2026-11-24T12:15:00+01:00' })).toMatchObject({ status: 200 });
  });

  it('changes title, text, place and guests, and keeps what people and guests have done in Google', async () => {
    const id = idOf(await world.create({ attendees: [{ email: ben }] }));
    world.model.events.patch(ana, ana, id, { colorId: '5' });
    const answered = [{ email: ben, responseStatus: 'accepted' as const }];
    world.model.events.patch(ana, ana, id, { attendees: answered });
    const attendees = [{ email: ben }, { email: 'new@customer.example' }];
    const changed = await world.change(
      id,
      { summary: 'Contract', description: 'text', location: null, attendees },
      '"1"',
    );
    expect(changed).toMatchObject({
      status: 200,
      body: {
        summary: 'Contract',
        description: 'text',
        location: null,
        attendees: [{ email: ben, responseStatus: 'accepted' }, { email: 'new@customer.example' }],
      },
    });
    expect(world.model.events.get(ana, ana, id)).toMatchObject({ colorId: '5', summary: 'Contract' });
  });

  it('with an old etag is 412 with what the meeting is now', async () => {
    const id = idOf(await world.create({}));
    await world.change(id, { summary: 'Contract' });
    expect(await world.change(id, { summary: 'Other' }, '"1"')).toMatchObject({
      status: 412,
      body: { code: 'meetingChanged', current: { summary: 'Contract', etag: '"2"' } },
    });
  });

  it('sent twice with the same etag is the same answer, and one change', async () => {
    const id = idOf(await world.create({}));
    const first = await world.change(id, { summary: 'Contract' }, '"1"');
    expect(await world.change(id, { summary: 'Contract' }, '"1"')).toEqual(first);
    expect(world.typesOf()).toEqual(['meeting.created', 'meeting.updated']);
  });

  it('meets what somebody has changed in Google: with an etag 412, without it both changes hold', async () => {
    const id = idOf(await world.create({}));
    world.model.events.patch(ana, ana, id, { location: 'Room 4' });
    expect(await world.change(id, { summary: 'Contract' }, '"1"')).toMatchObject({
      status: 412,
      body: { current: { location: 'Room 4', summary: 'Offer', etag: '"2"' } },
    });
    world.model.events.patch(ana, ana, id, { location: 'Room 5' });
    expect(await world.change(id, { summary: 'Contract' })).toMatchObject({
      status: 200,
      body: { location: 'Room 5', summary: 'Contract' },
    });
  });

  it('of a meeting that was deleted in Google is refused, and the time is open', async () => {
    const id = idOf(await world.create({}));
    world.model.events.delete(ana, ana, id);
    expect(await world.change(id, { summary: 'x' })).toMatchObject({ status: 409, body: { code: 'meetingCancelled' } });
    expect(await world.bookingsOf(ana)).toEqual([]);
    expect(await world.read(id)).toMatchObject({ body: { status: 'cancelled' } });
  });

  it('an unknown meeting, and one of hosts that the caller does not see, are 404', async () => {
    const id = idOf(await world.create({}));
    const stranger: Caller = { ...everything, domains: [], mailboxes: [ben] };
    const refused = await world.read(id, stranger);
    expect(refused).toMatchObject({ status: 404, body: { code: 'meetingNotFound' } });
    expect(refused.body).toEqual((await world.read('mtgnone')).body);
  });
});

describe('who may change', () => {
  it('is who may act for every host; who sees only one of them may read', async () => {
    const id = idOf(await world.create({ host: undefined, hosts: [ana, ben] }));
    const ofBen: Caller = { ...everything, domains: [], mailboxes: [ben] };
    expect(await world.read(id, ofBen)).toMatchObject({ status: 200 });
    const refusal = { status: 404, body: { code: 'mailboxNotFound' } };
    expect(await world.change(id, { summary: 'Mine' }, undefined, ofBen)).toMatchObject(refusal);
    expect(await world.cancel(id, ofBen)).toMatchObject(refusal);
    expect(world.eventsOf(ana)).toMatchObject([{ summary: 'Offer' }]);
  });

  it('keeps hosts invited, whoever else is', async () => {
    const id = idOf(await world.create({ host: undefined, hosts: [ana, ben] }));
    const changed = await world.change(id, { attendees: [{ email: 'new@customer.example' }, { email: ana }] });
    expect(changed.body.attendees).toMatchObject([{ email: ben }, { email: 'new@customer.example' }]);
  });

  it.each(['*', '"7", "1"'])('takes If-Match: %s', async (ifMatch) => {
    const id = idOf(await world.create({}));
    expect(await world.change(id, { summary: 'Contract' }, ifMatch)).toMatchObject({ status: 200 });
  });

  it.each(['W/"1"', '1', '"2"', ''])('refuses If-Match: %s', async (ifMatch) => {
    const id = idOf(await world.create({}));
    expect(await world.change(id, { summary: 'Contract' }, ifMatch)).toMatchObject({ status: 412 });
  });
});

describe('cancelling', () => {
  it('deletes the event, opens the time, and may be repeated', async () => {
    const id = idOf(await world.create({}));
    const first = await world.cancel(id);
    expect(first).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(await world.cancel(id)).toEqual(first);
    expect(world.eventsOf(ana)).toEqual([]);
    expect(world.typesOf()).toEqual(['meeting.created', 'meeting.cancelled']);
    expect(await world.create({}, 'again')).toMatchObject({ status: 201 });
  });

  it('takes an event that is gone already for deleted', async () => {
    const id = idOf(await world.create({}));
    world.model.events.delete(ana, ana, id);
    expect(await world.cancel(id)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  });
});

describe('what people do in the calendar', () => {
  const created = async () => idOf(await world.create({}));
  const moved = { start: { dateTime: '2026-11-24T13:00:00Z' }, end: { dateTime: '2026-11-24T13:30:00Z' } };

  it('is seen by whoever reads the meeting', async () => {
    const id = await created();
    world.model.events.patch(ana, ana, id, moved);
    expect(await world.read(id)).toMatchObject({ body: { start: '2026-11-24T13:00:00.000Z', etag: '"2"' } });
    world.model.events.delete(ana, ana, id);
    expect(await world.read(id)).toMatchObject({ body: { status: 'cancelled' } });
    expect(world.typesOf()).toEqual(['meeting.created', 'meeting.updated', 'meeting.cancelled']);
  });

  it('is found by the sweep within hours: the old time is open again, and the new one taken', async () => {
    const id = await created();
    world.model.events.patch(ana, ana, id, moved);
    world.clock.nowMs += 3 * 3_600_000;
    await world.sweep();
    expect(await world.bookingsOf(ana)).toMatchObject([{ meetingId: id, startMs: Date.parse('2026-11-24T13:00:00Z') }]);
    expect(await world.create({}, 'again')).toMatchObject({ status: 201 });
    expect(world.typesOf()).toEqual(['meeting.created', 'meeting.updated', 'meeting.created']);
  });

  it('is no longer looked at when the meeting is over', async () => {
    const id = await created();
    world.clock.nowMs = Date.parse('2026-11-24T12:00:00Z');
    await world.sweep();
    expect((await world.store.get(`meetings/${id}`))?.data.settleAtMs).toBeNull();
  });
});

describe('listing', () => {
  it('is by start, in pages, of one host and a window', async () => {
    for (const hour of [15, 11, 13]) await world.create({ start: `2026-11-24T${hour}:00:00+01:00` }, `k${hour}`);
    await world.cancel(idOf(await world.create({ start: '2026-11-24T16:00:00+01:00' }, 'gone')));
    const query = { host: ana, timeMin: '2026-11-24T10:15:00Z', timeMax: '2026-11-24T23:00:00Z', pageSize: '2' };
    const starts: string[] = [];
    let pageToken: unknown;
    do {
      const page = await world.call('listMeetings', {
        query: { ...query, ...(pageToken !== undefined && { pageToken }) },
      });
      starts.push(
        ...(page.body.meetings as { localStart: string }[]).map(({ localStart }) => localStart.slice(11, 13)),
      );
      pageToken = page.body.nextPageToken ?? undefined;
    } while (pageToken !== undefined);
    expect(starts).toEqual(['11', '13', '15']);
  });

  it('upcoming: what has just begun, or is about to', async () => {
    await world.create({});
    const upcoming = async () => (await world.call('listUpcomingMeetings', {})).body.meetings as unknown[];
    world.clock.nowMs = Date.parse('2026-11-24T08:49:00Z');
    expect(await upcoming()).toHaveLength(0);
    world.clock.nowMs = Date.parse('2026-11-24T08:51:00Z');
    expect(await upcoming()).toHaveLength(1);
    world.clock.nowMs = Date.parse('2026-11-24T09:31:00Z');
    expect(await upcoming()).toHaveLength(0);
  });
});
