import type { Caller } from '../../shared/domain/grants';
import {
  ana,
  ben,
  createMeetingsWorld,
  everything,
  standard,
  type MeetingsWorld,
} from '../../test/meetings/meetings-world';

let world: MeetingsWorld;
beforeEach(() => {
  world = createMeetingsWorld();
});

const idOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) => body.id as string;

describe('creating', () => {
  it('books the time, makes one event with a Meet link, and tells agents', async () => {
    const answer = await world.create({});
    expect(answer).toMatchObject({
      status: 201,
      body: {
        status: 'confirmed',
        host: ana,
        start: '2026-11-24T09:00:00.000Z',
        end: '2026-11-24T09:30:00.000Z',
        localStart: '2026-11-24T10:00:00+01:00[Europe/Berlin]',
        timeZone: 'Europe/Berlin',
        summary: 'Offer',
        conference: {
          type: 'googleMeet',
          status: 'success',
          joinUrl: expect.stringContaining('https://meet.google.com/') as string,
        },
        calendarEventId: idOf(answer),
        etag: '"1"',
      },
    });
    expect(answer.headers).toEqual({ etag: '"1"' });
    expect(world.eventsOf(ana)).toMatchObject([{ id: idOf(answer), summary: 'Offer' }]);
    expect(await world.bookingsOf(ana)).toMatchObject([{ meetingId: idOf(answer) }]);
    expect(world.typesOf()).toEqual(['meeting.created']);
    expect(JSON.parse(world.published[0]!.data)).toMatchObject({
      type: 'meeting.created',
      data: { mailbox: ana, id: idOf(answer), conference: { status: 'success' } },
    });
    expect(await world.read(idOf(answer))).toMatchObject({ status: 200, body: answer.body });
  });

  it('answers the same key again with the same meeting, and another body with a refusal', async () => {
    const first = await world.create({});
    const again = await world.create({});
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(await world.create({ summary: 'Other' })).toMatchObject({
      status: 422,
      body: { code: 'idempotencyKeyReused' },
    });
    expect(world.eventsOf(ana)).toHaveLength(1);
    expect(world.typesOf()).toEqual(['meeting.created']);
  });

  it('takes the same key of another caller for another request', async () => {
    await world.create({});
    const other: Caller = { ...everything, id: 'other' };
    expect(await world.create({ summary: 'Other' }, 'key', other)).toMatchObject({
      status: 409,
      body: { code: 'slotUnavailable' },
    });
  });

  it('frees the key of a request that came to nothing', async () => {
    const blocked = world.block(ana, '2026-11-24T09:00:00Z', '2026-11-24T10:00:00Z');
    expect(await world.create({})).toMatchObject({ status: 409 });
    world.model.events.delete(ana, ana, blocked.id ?? '');
    expect(await world.create({})).toMatchObject({ status: 201 });
  });

  it.each([
    ['a person’s event', 'busy', (w: MeetingsWorld) => w.block(ana, '2026-11-24T08:00:00Z', '2026-11-24T09:00:30Z')],
    ['a meeting of our own', 'booked', (w: MeetingsWorld) => w.create({ durationMinutes: 60 }, 'other')],
    [
      'a required colleague',
      'busy',
      (w: MeetingsWorld) => w.block(ben, '2026-11-24T09:29:00Z', '2026-11-24T10:00:00Z'),
    ],
    [
      'a buffer',
      'busy',
      async (w: MeetingsWorld) => {
        await w.putRules(ana, { bufferAfterMinutes: 15 });
        w.block(ana, '2026-11-24T09:40:00Z', '2026-11-24T10:00:00Z');
      },
    ],
    ['minimum notice', 'minimumNotice', (w: MeetingsWorld) => w.putRules(ana, { minimumNoticeMinutes: 7 * 1_440 })],
    ['the hours', 'outsideWorkingHours', (w: MeetingsWorld) => w.putRules(ana, { weekly: [] })],
    [
      'a full day',
      'dailyLimit',
      async (w: MeetingsWorld) => {
        await w.putRules(ana, { maxMeetingsPerDay: 1 });
        await w.create({ start: '2026-11-24T15:00:00+01:00' }, 'other');
      },
    ],
  ] as const)('%s is a conflict (%s), with alternatives that can be booked', async (_what, reason, prepare) => {
    await prepare(world);
    const request = { attendees: [{ email: ben }] };
    const refused = await world.create(request);
    expect(refused).toMatchObject({ status: 409, body: { code: 'slotUnavailable' } });
    const { conflicts, alternatives } = refused.body as {
      conflicts: { reason: string }[];
      alternatives: { start: string }[];
    };
    expect(conflicts.map((one) => one.reason)).toContain(reason);
    if (reason === 'outsideWorkingHours') return expect(alternatives).toEqual([]);
    expect(alternatives).toHaveLength(5);
    expect(await world.create({ ...request, start: alternatives[0]!.start })).toMatchObject({ status: 201 });
  });

  it('books anyway where the request says so', async () => {
    world.block(ana, '2026-11-24T09:00:00Z', '2026-11-24T10:00:00Z');
    expect(await world.create({ allowConflicts: true })).toMatchObject({ status: 201 });
  });

  it('does not need optional guests, nor people whose calendars nobody here may read', async () => {
    world.block(ben, '2026-11-24T09:00:00Z', '2026-11-24T10:00:00Z');
    const attendees = [{ email: ben, optional: true }, { email: 'x@elsewhere.example' }];
    expect(await world.create({ attendees })).toMatchObject({ status: 201 });
  });

  it('fails closed where a colleague’s calendar cannot be read, and says whose', async () => {
    expect(await world.create({ attendees: [{ email: 'nobody@example.com' }] })).toMatchObject({
      status: 409,
      body: { conflicts: [{ email: 'nobody@example.com', reason: 'calendarUnreadable' }] },
    });
  });

  it('collective: takes the time of all hosts, who become guests of the first', async () => {
    const answer = await world.create({ host: undefined, hosts: [ana, ben] });
    expect(answer).toMatchObject({ status: 201, body: { host: ana, hosts: [ana, ben] } });
    expect(await world.bookingsOf(ben)).toHaveLength(1);
    expect(world.eventsOf(ben)).toHaveLength(1);
    expect(await world.create({ host: ben }, 'other')).toMatchObject({ status: 409 });
  });

  it('roundRobin: takes turns', async () => {
    const request = { host: undefined, hosts: [ana, ben], mode: 'roundRobin' };
    const hosts: unknown[] = [];
    for (let hour = 10; hour < 16; hour++) {
      const start = `2026-11-24T${hour}:00:00+01:00`;
      hosts.push((await world.create({ ...request, start }, `k${hour}`)).body.host);
    }
    expect(hosts.sort()).toEqual([ana, ana, ana, ben, ben, ben]);
    const same = { ...request, start: '2026-11-25T10:00:00+01:00' };
    const both = [await world.create(same, 'a'), await world.create(same, 'b')].map(({ body }) => body.host);
    expect(both.sort()).toEqual([ana, ben]);
    expect(await world.create(same, 'c')).toMatchObject({ status: 409 });
  });

  it('answers with a link that is still pending, and shows it later', async () => {
    world.model.settings.conferencePendingReads = 10;
    const answer = await world.create({});
    expect(answer).toMatchObject({ status: 201, body: { conference: { status: 'pending', joinUrl: null } } });
    for (let i = 0; i < 10; i++) await world.read(idOf(answer));
    const later = await world.read(idOf(answer));
    expect(later.body).toMatchObject({
      etag: '"2"',
      conference: { status: 'success', joinUrl: expect.any(String) as string },
    });
    expect(world.typesOf()).toEqual(['meeting.created', 'meeting.updated']);
  });

  it('is refused for a host that the caller does not see, without asking Google', async () => {
    const caller: Caller = { ...everything, domains: [], mailboxes: [ben] };
    expect(await world.create({}, 'key', caller)).toMatchObject({ status: 404, body: { code: 'mailboxNotFound' } });
    expect(world.labels).toEqual([]);
  });
});

describe('bad input', () => {
  const local = (start: string) => ({ start, timeZone: 'America/New_York' });
  it.each([
    [{ end: '2026-11-24T10:00:00+01:00', durationMinutes: undefined }, 'endNotAfterStart', 'body.end'],
    [{ end: '2026-11-25T10:01:00+01:00', durationMinutes: undefined }, 'meetingTooLong', 'body.end'],
    [{ start: '2026-11-22T08:59:00Z' }, 'timeInPast', 'body.start'],
    [{ start: '2026-11-24T10:00:00' }, 'timeZoneRequired', 'body.start'],
    [{ start: 'tomorrow' }, 'invalidTime', 'body.start'],
    [{ start: '2026-11-24T10:00:30Z' }, 'invalidTime', 'body.start'],
    [{ start: '2027-02-30T10:00:00Z' }, 'invalidTime', 'body.start'],
    [local('2027-03-14T02:30:00'), 'nonexistentTime', 'body.start'],
    [local('2027-11-07T01:30:00'), 'ambiguousTime', 'body.start'],
    [{ timeZone: 'Europe/Nowhere' }, 'invalidInput', 'body.timeZone'],
    [{ host: 'nobody' }, 'invalidInput', 'body.host'],
    [{ host: undefined }, 'invalidInput', 'body.host'],
    [{ attendees: [{ email: 'x' }] }, 'invalidInput', 'body.attendees[0].email'],
    [{ attendees: [{ email: 'a@b.example' }, { email: 'A@b.example' }] }, 'invalidInput', 'body.attendees'],
    [{ durationMinutes: 0 }, 'invalidInput', 'body.durationMinutes'],
    [{ durationMinutes: undefined }, 'invalidInput', 'body.end'],
    [{ summary: '' }, 'invalidInput', 'body.summary'],
    [{ title: 'x' }, 'invalidInput', 'body.title'],
    [{ conference: 'phone' }, 'invalidInput', 'body.conference'],
  ])('%j is 422 %s at %s, with a fix', async (wrong, code, path) => {
    const { status, body } = await world.create(wrong);
    const { errors } = body as { errors: { path: string }[] };
    expect({ status, code: body.code, path: errors[0]?.path }).toEqual({ status: 422, code, path });
    expect(body.fix).toEqual(expect.any(String));
    expect(await world.create({})).toMatchObject({ status: 201 });
  });

  it('names both offsets of a time that exists twice', async () => {
    const { body } = await world.create(local('2027-11-07T01:30:00'));
    expect(body.fix).toContain('-04:00 or -05:00');
  });

  it('an absent key is 400', async () => {
    expect(await world.call('createMeeting', { body: standard })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'header.Idempotency-Key' }] },
    });
  });
});

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
