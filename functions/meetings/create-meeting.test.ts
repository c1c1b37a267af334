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

describe('with Zoom', () => {
  it('the link is in the answer, in the event’s place and text, and goes with the meeting', async () => {
    const answer = await world.create({ conference: 'zoom', description: 'Agenda' });
    const link = 'https://zoom.example/j/z1';
    expect(answer.body).toMatchObject({
      description: 'Agenda',
      location: null,
      conference: { type: 'zoom', status: 'success', joinUrl: link },
    });
    expect(world.eventsOf(ana)).toMatchObject([{ location: link, description: `Agenda\n\nZoom: ${link}` }]);
    const moved = await world.change(idOf(answer), { start: '2026-11-24T14:00:00+01:00', description: 'New' });
    expect(moved.body).toMatchObject({ description: 'New', location: null, conference: { joinUrl: link } });
    expect(world.eventsOf(ana)).toMatchObject([{ location: link, description: `New\n\nZoom: ${link}` }]);
    expect([...world.zoomMeetings.values()]).toMatchObject([{ startMs: Date.parse('2026-11-24T13:00:00Z') }]);
    const inGoogle = { start: { dateTime: '2026-11-24T15:00:00Z' }, end: { dateTime: '2026-11-24T15:30:00Z' } };
    world.model.events.patch(ana, ana, idOf(answer), inGoogle);
    await world.read(idOf(answer));
    expect([...world.zoomMeetings.values()]).toMatchObject([{ startMs: Date.parse('2026-11-24T15:00:00Z') }]);
    await world.cancel(idOf(answer));
    expect(world.zoomMeetings.size).toBe(0);
  });

  it('a meeting stands without its link when Zoom fails, and says so', async () => {
    world.refuseZoom('zoomNotConnected');
    expect(await world.create({ conference: 'zoom', start: '2026-11-24T14:00:00+01:00' }, 'failing')).toMatchObject({
      status: 201,
      body: { conference: { type: 'zoom', status: 'failure', joinUrl: null } },
    });
  });
});

describe('what it costs', () => {
  it('a meeting is two calls to Google, eight round trips to the store and one to the bus', async () => {
    await world.putRules(ana, {});
    world.planFor(undefined);
    await world.create({ attendees: [{ email: ben }] });
    expect(world.labels).toEqual([
      'store.get',
      'store.commit',
      'store.getAll',
      'calendar.freeBusy',
      'store.query',
      'store.getAll',
      'store.commit',
      'calendar.insertEvent',
      'store.commit',
      'bus.publish',
      'store.commit',
    ]);
  });

  it('fifty guests are one call for all of their calendars', async () => {
    const attendees = Array.from({ length: 49 }, (_, i) => ({ email: `guest${i}@customer.example` }));
    await world.putRules(ana, {});
    world.planFor(undefined);
    expect(await world.create({ attendees })).toMatchObject({ status: 201 });
    expect(world.labels.filter((label) => label === 'calendar.freeBusy')).toHaveLength(1);
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
