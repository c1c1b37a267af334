import { computeSlots } from '../../shared/domain/slots';
import { AttacheError } from '../../shared/domain/errors';
import { type Caller } from '../../shared/domain/grants';
import { allDay, ana, ben, createWorld, monday, rules, startsOf, weekdays } from './availability.fixture';

let world: ReturnType<typeof createWorld>;
beforeEach(async () => {
  world = createWorld();
  await world.putRules(ana, {});
  await world.putRules(ben, {});
});

describe('slots', () => {
  it('are what computeSlots says, with local time and zone', async () => {
    world.busy.set(ana, [{ start: '2026-03-02T09:30:00Z', end: '2026-03-02T10:00:30Z' }]);
    const answer = await world.query({ slotIntervalMinutes: 30, timeZone: 'America/New_York' });
    const { slots } = computeSlots({
      ...monday,
      slotIntervalMinutes: 30,
      mode: 'collective',
      bufferBeforeMinutes: 0,
      bufferAfterMinutes: 0,
      minimumNoticeMinutes: 0,
      now: '2026-03-01T00:00:00Z',
      hosts: [{ id: ana, rules: { ...rules, overrides: [] }, busy: world.busy.get(ana)! }],
    });
    expect(answer).toMatchObject({ timeZone: 'America/New_York', asOf: '2026-03-01T00:00:00.000Z', warnings: [] });
    expect(answer.slots).toMatchObject(slots);
    expect((answer.slots as object[]).length).toBe(slots.length);
    expect((answer.slots as object[])[0]).toEqual({
      start: '2026-03-02T08:00:00.000Z',
      end: '2026-03-02T09:00:00.000Z',
      hosts: [ana],
      localStart: '2026-03-02T03:00:00-05:00[America/New_York]',
    });
  });

  it('follow the wall clock over a change to summer time', async () => {
    const week = { timeMin: '2026-03-27T00:00:00Z', timeMax: '2026-03-31T00:00:00Z' };
    const answer = await world.query({ ...week, durationMinutes: 480 });
    expect(answer.slots).toMatchObject([
      { start: '2026-03-27T08:00:00.000Z', localStart: '2026-03-27T09:00:00+01:00[Europe/Berlin]' },
      { start: '2026-03-30T07:00:00.000Z', localStart: '2026-03-30T09:00:00+02:00[Europe/Berlin]' },
    ]);
  });

  it('of a host without rules are the default hours in the zone of the calendar, and the answer says so', async () => {
    const answer = await world.query({ hosts: ['new@example.com'] });
    expect(startsOf(answer)[0]).toBe('14:00');
    expect(answer).toMatchObject({
      timeZone: 'America/New_York',
      warnings: [{ code: 'defaultRules', email: 'new@example.com' }],
    });
  });

  it('collective: free for all; roundRobin: for anybody, the least booked first', async () => {
    world.busy.set(ana, [{ start: '2026-03-02T08:00:00Z', end: '2026-03-02T10:00:00Z' }]);
    world.busy.set(ben, [{ start: '2026-03-02T15:00:00Z', end: '2026-03-02T16:00:00Z' }]);
    expect(startsOf(await world.query({ hosts: [ana, ben] }))).toEqual(allDay.slice(2, -1));
    const any = await world.query({ hosts: [ana, ben], mode: 'roundRobin' });
    expect(startsOf(any)).toEqual(allDay);
    expect((any.slots as { hosts: string[] }[]).map(({ hosts }) => hosts.length)).toEqual([1, 1, 2, 2, 2, 2, 2, 1]);
    expect(any.slots).toMatchObject({ 2: { hosts: [ben, ana] } });
  });

  it('keep away from busy time by each host’s own buffers, also outside the window', async () => {
    await world.putRules(ben, { bufferBeforeMinutes: 60 });
    world.busy.set(ana, [{ start: '2026-03-02T11:00:00Z', end: '2026-03-02T12:00:00Z' }]);
    world.busy.set(ben, [{ start: '2026-03-02T06:00:00Z', end: '2026-03-02T08:00:00Z' }]);
    const window = { timeMin: '2026-03-02T08:00:00Z' };
    expect(startsOf(await world.query({ ...window, hosts: [ana, ben] }))).toEqual(
      allDay.filter((start) => start !== '08:00' && start !== '11:00'),
    );
    expect(world.queries.at(-1)?.timeMin).toBe('2026-03-02T07:00:00.000Z');
    expect(startsOf(await world.query({ ...window, hosts: [ben], bufferBeforeMinutes: 0 }))).toEqual(allDay);
  });

  it('leave out our own bookings, but not the meeting that is to move', async () => {
    await world.book(ana, 'moving', '2026-03-02T09:00:00Z', '2026-03-02T10:00:00Z');
    await world.book(ana, 'other', '2026-03-02T11:00:00Z', '2026-03-02T12:00:00Z');
    world.busy.set(ana, [{ start: '2026-03-02T09:00:00Z', end: '2026-03-02T10:30:00Z' }]);
    expect(startsOf(await world.query({}))).toEqual(['08:00', '12:00', '13:00', '14:00', '15:00']);
    const moving = await world.query({ excludeMeetingId: 'moving' });
    expect(startsOf(moving)).toEqual(['08:00', '09:00', '12:00', '13:00', '14:00', '15:00']);
  });

  it('end on days that are full', async () => {
    await world.putRules(ana, { maxMeetingsPerDay: 1 });
    await world.book(ana, 'm', '2026-03-02T09:00:00Z', '2026-03-02T10:00:00Z');
    const two = { timeMax: '2026-03-04T00:00:00Z' };
    const answer = await world.query(two);
    expect(new Set((answer.slots as { start: string }[]).map(({ start }) => start.slice(0, 10)))).toEqual(
      new Set(['2026-03-03']),
    );
    expect(startsOf(await world.query({ ...monday, excludeMeetingId: 'm' }))).toEqual(allDay);
  });

  it('need the attendees to be free during the meeting, whatever their hours', async () => {
    await world.putRules(ana, { bufferAfterMinutes: 60 });
    world.busy.set('guest@example.org', [{ start: '2026-03-02T10:00:00Z', end: '2026-03-02T11:00:00Z' }]);
    expect(startsOf(await world.query({ attendees: ['guest@example.org'] }))).toEqual(
      allDay.filter((start) => start !== '10:00'),
    );
    expect(world.queries.map(({ asker }) => asker)).toEqual([ana]);
  });

  it('are cut at maxSlots, and the answer says where to go on', async () => {
    const answer = await world.query({ maxSlots: 2 });
    expect(startsOf(answer)).toEqual(['08:00', '09:00']);
    expect(answer.warnings).toMatchObject([
      { code: 'moreSlots', message: expect.stringContaining('T10:00:00.000Z') as string },
    ]);
  });
});

describe('what cannot be read is never free', () => {
  it('a calendar that others may not read is asked for on behalf of its owner', async () => {
    world.hidden.add(ben);
    world.busy.set(ben, [{ start: '2026-03-02T08:00:00Z', end: '2026-03-02T15:00:00Z' }]);
    expect(startsOf(await world.query({ hosts: [ana, ben] }))).toEqual(['15:00']);
    expect(world.queries.map(({ asker, calendarIds }) => [asker, calendarIds])).toEqual([
      [ana, [ana, ben]],
      [ben, [ben]],
    ]);
  });

  it('one unreadable calendar of a host is enough', async () => {
    await world.putRules(ben, { calendarIds: ['primary', 'team@group.calendar.google.com'] });
    world.broken.add('team@group.calendar.google.com');
    const warnings = [
      { code: 'calendarUnreadable', email: ben, message: expect.stringContaining('team@group') as string },
    ];
    expect(await world.query({ hosts: [ana, ben] })).toMatchObject({ slots: [], warnings });
    const any = await world.query({ hosts: [ana, ben], mode: 'roundRobin' });
    expect(any.slots).toHaveLength(8);
    expect(any).toMatchObject({ slots: { 0: { hosts: [ana] } }, warnings });
  });

  it('an attendee who cannot be read leaves no slot', async () => {
    world.broken.add('guest@example.org');
    const answer = await world.query({ attendees: ['guest@example.org'], mode: 'roundRobin' });
    expect(answer).toMatchObject({ slots: [], warnings: [{ email: 'guest@example.org' }] });
  });

  it('a first host who cannot be acted for does not hide the others', async () => {
    world.failures.set(ana, new AttacheError('unauthorized', 'no such user', { code: 'invalidGrant' }));
    world.broken.add(ana);
    const answer = await world.query({ hosts: [ana, ben], mode: 'roundRobin' });
    expect(answer.slots).toMatchObject({ 0: { hosts: [ben] } });
    expect(answer.warnings).toMatchObject([{ email: ana }]);
  });

  it.each([
    ['unavailable', 503],
    ['rateLimited', 429],
  ] as const)('Google’s %s is %i, not an empty answer', async (kind, status) => {
    world.failures.set(ana, new AttacheError(kind, 'later'));
    expect(await world.query({})).toMatchObject({ status });
    expect(await world.query({ hosts: [ben, ana], mode: 'roundRobin' })).toHaveProperty('slots');
  });

  it('somebody who is never acted for is refused', async () => {
    world.failures.set(ana, new AttacheError('forbidden', 'no', { code: 'domainNotAllowed' }));
    expect(await world.query({})).toMatchObject({ status: 403, code: 'domainNotAllowed' });
  });
});

describe('calls to Google', () => {
  it('are one for 50 hosts, and cover a year in pieces of 60 days without gaps', async () => {
    const hosts = Array.from({ length: 50 }, (_, i) => `host${i}@example.com`);
    for (const host of hosts) await world.putRules(host, {});
    await world.query({ hosts });
    expect(world.queries).toHaveLength(1);

    world.queries.length = 0;
    await world.query({ timeMin: '2026-03-02T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' });
    expect(world.queries).toHaveLength(7);
    world.queries.forEach(({ timeMin, timeMax }, i) => {
      expect(Date.parse(timeMax) - Date.parse(timeMin)).toBeLessThanOrEqual(60 * 86_400_000);
      expect(timeMin).toBe(world.queries[i - 1]?.timeMax ?? '2026-03-02T00:00:00.000Z');
    });
    expect(world.queries.at(-1)?.timeMax).toBe('2027-03-02T00:00:00.000Z');
  });

  it('of hosts that must be asked for themselves run ten at a time', async () => {
    const hosts = Array.from({ length: 30 }, (_, i) => `host${i}@example.com`);
    for (const host of hosts) {
      await world.putRules(host, {});
      world.hidden.add(host);
    }
    expect((await world.query({ hosts })).slots).toHaveLength(8);
    expect(world.queries).toHaveLength(30);
    expect(world.mostAtOnce()).toBe(10);
  });

  it('name 50 calendars at most', async () => {
    const calendarIds = Array.from({ length: 50 }, (_, i) => `c${i}`);
    await world.putRules(ana, { calendarIds });
    await world.query({ hosts: [ana, ben] });
    expect(world.queries.map((one) => one.calendarIds.length)).toEqual([50, 1]);
  });

  it('are not repeated within five seconds, unless they failed', async () => {
    await world.query({});
    await world.query({});
    expect(world.queries).toHaveLength(1);
    world.passTime(5_000);
    await world.query({});
    expect(world.queries).toHaveLength(2);

    world.failures.set(ben, new AttacheError('unavailable', 'later'));
    expect(await world.query({ hosts: [ben] })).toMatchObject({ status: 503 });
    world.failures.clear();
    expect(await world.query({ hosts: [ben] })).toHaveProperty('slots');
  });
});

describe('refusals', () => {
  it.each([
    [{ timeMax: monday.timeMin }, 'body.timeMax'],
    [{ timeMax: '2027-03-04T00:00:00Z' }, 'body.timeMax'],
    [{ timeMin: '2026-03-02T00:00:00' }, 'body.timeMin'],
    [{ timeZone: 'Europe/Nowhere' }, 'body.timeZone'],
    [{ hosts: [] }, 'body.hosts'],
    [{ hosts: ['nobody'] }, 'body.hosts[0]'],
    [{ durationMinutes: 0 }, 'body.durationMinutes'],
    [{ durationMinutes: 1_441 }, 'body.durationMinutes'],
    [{ mode: 'any' }, 'body.mode'],
    [{ duration: 30 }, 'body.duration'],
  ])('%j names %s', async (wrong, path) => {
    const { status, errors } = await world.query(wrong);
    expect({ status, path: (errors as { path: string }[])[0]?.path }).toEqual({ status: 422, path });
  });

  it('a host that the caller does not see is unknown, and nothing is asked of Google', async () => {
    const caller: Caller = { id: 'a', capabilities: ['availability.read'], mailboxes: [ana], domains: [] };
    expect(await world.query({ hosts: [ana, ben] }, caller)).toMatchObject({ status: 404, code: 'mailboxNotFound' });
    expect(world.queries).toEqual([]);
    expect(await world.query({}, caller)).toHaveProperty('slots');
    expect(await world.query({}, { ...caller, capabilities: [] })).toMatchObject({ status: 403 });
  });
});

describe('rules', () => {
  it('are answered whole after PUT, and PUT replaces them', async () => {
    await world.putRules(ana, { bufferAfterMinutes: 15 });
    expect(await world.call('getAvailabilityRules', { email: ana })).toMatchObject({
      isDefault: false,
      rules: { ...rules, bufferAfterMinutes: 15, calendarIds: ['primary'] },
    });
    await world.putRules(ana, {});
    expect(await world.call('getAvailabilityRules', { email: ana })).toMatchObject({
      rules: { bufferAfterMinutes: 0 },
    });
  });

  it('of a host without any are the default, which says so', async () => {
    expect(await world.call('getAvailabilityRules', { email: 'new@example.com' })).toMatchObject({
      isDefault: true,
      rules: { timeZone: 'America/New_York', weekly: weekdays },
    });
  });

  it('that are wrong are refused by field', async () => {
    const weekly = [{ days: [1], start: '09:00', end: '25:00' }];
    expect(await world.putRules(ana, { weekly })).toMatchObject({
      status: 422,
      errors: [{ path: 'body.weekly[0].end' }],
    });
  });

  it('are changed only by who may manage them', async () => {
    const reader: Caller = { id: 'a', capabilities: ['availability.read'], mailboxes: [ana], domains: [] };
    expect(await world.call('replaceAvailabilityRules', { email: ana }, rules, reader)).toMatchObject({ status: 403 });
    expect(await world.call('getAvailabilityRules', { email: ben }, undefined, reader)).toMatchObject({
      status: 404,
      code: 'mailboxNotFound',
    });
  });
});
