import { ana, createMeetingsWorld, type MeetingsWorld } from './meetings-world';

let world: MeetingsWorld;
beforeEach(() => {
  world = createMeetingsWorld();
});

const noon = '2026-11-24T12:00:00+01:00';

describe('a refusal that follows an attempt whose answer was lost', () => {
  it('does not give up an event that was made: the same key finds it', async () => {
    world.trouble('calendar.insertEvent', 'failAfter', 'throttled');
    expect(await world.create({})).toMatchObject({ status: 503 });
    const again = await world.create({});
    expect(again).toMatchObject({ status: 201 });
    expect(world.eventsOf(ana)).toMatchObject([{ id: again.body.id }]);
    expect(await world.bookingsOf(ana)).toHaveLength(1);
    expect(world.typesOf()).toEqual(['meeting.created']);
  });

  it('does not give it up either where it is the look at the event that is refused', async () => {
    world.trouble('calendar.insertEvent', 'failAfter');
    world.trouble('calendar.getEvent', 'throttled');
    expect(await world.create({})).toMatchObject({ status: 503 });
    world.clock.nowMs += 600_000;
    await world.sweep();
    expect(await world.create({})).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' } });
    expect(world.eventsOf(ana)).toHaveLength(1);
  });

  it('does not take back a change that was made: the sweep finishes it', async () => {
    const { body } = await world.create({});
    const id = body.id as string;
    world.trouble('calendar.patchEvent', 'failAfter', 'throttled');
    expect(await world.change(id, { start: noon })).toMatchObject({ status: 503 });
    world.clock.nowMs += 600_000;
    await world.sweep();
    expect(await world.read(id)).toMatchObject({ body: { start: '2026-11-24T11:00:00.000Z' } });
    expect(await world.bookingsOf(ana)).toMatchObject([{ startMs: Date.parse(noon) }]);
  });

  it('does not pass off what another change wrote as the change that was asked for', async () => {
    const { body } = await world.create({});
    const id = body.id as string;
    const { record } = (await world.deps.meetings.load(id))!;
    // As a change that was taken back and reached Google all the same.
    world.model.events.patch(ana, ana, id, {
      summary: 'Stray',
      extendedProperties: { private: { attacheMeetingId: id, attacheMeetingVersion: String(record.version + 1) } },
    });
    expect(await world.change(id, { summary: 'Wanted' }, '"1"')).toMatchObject({
      status: 412,
      body: { current: { summary: 'Stray' } },
    });
    expect(await world.change(id, { summary: 'Wanted' })).toMatchObject({ status: 200, body: { summary: 'Wanted' } });
  });
});
