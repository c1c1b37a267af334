import { ana, createMeetingsWorld, type MeetingAnswer, type MeetingsWorld, type Plan } from './meetings-world';

/** A request of an agent that is killed half-way and asks again, as agents do: later, and with the same key or etag. */
interface Scenario {
  readonly name: string;
  /** Whoever comes to it early, when the link is still pending, tells agents once more. */
  readonly linkMayBeLate?: boolean;
  readonly hasZoom?: boolean;
  /** Resolves with the id of the meeting that the request is about, if there is one yet. */
  readonly prepare: (world: MeetingsWorld) => Promise<string>;
  readonly request: (world: MeetingsWorld, id: string) => Promise<MeetingAnswer>;
  /** What is true once the request has been answered, or `before`, where nobody has asked again. */
  readonly after: { readonly status: number; readonly starts: readonly string[]; readonly types: readonly string[] };
  readonly before: { readonly starts: readonly string[]; readonly types: readonly string[] };
}

const createOne = async (world: MeetingsWorld) => String((await world.create({})).body.id);
const morning = '2026-11-24T09:00:00.000Z';
const noon = '2026-11-24T11:00:00.000Z';

const scenarios: Scenario[] = [
  {
    name: 'create',
    prepare: async () => '',
    request: (world) => world.create({}),
    after: { status: 201, starts: [morning], types: ['meeting.created'] },
    before: { starts: [], types: [] },
  },
  {
    name: 'create for two hosts, with a link that takes time',
    linkMayBeLate: true,
    prepare: async (world) => {
      world.model.settings.conferencePendingReads = 2;
      await world.putRules(ana, { maxMeetingsPerDay: 3 });
      return '';
    },
    request: (world) => world.create({ host: undefined, hosts: [ana, 'ben@example.com'] }),
    after: { status: 201, starts: [morning], types: ['meeting.created'] },
    before: { starts: [], types: [] },
  },
  {
    name: 'create with Zoom',
    hasZoom: true,
    prepare: async () => '',
    request: (world) => world.create({ conference: 'zoom' }),
    after: { status: 201, starts: [morning], types: ['meeting.created'] },
    before: { starts: [], types: [] },
  },
  {
    name: 'move',
    prepare: createOne,
    request: (world, id) => world.change(id, { start: '2026-11-24T12:00:00+01:00' }, '"1"'),
    after: { status: 200, starts: [noon], types: ['meeting.created', 'meeting.updated'] },
    before: { starts: [morning], types: ['meeting.created'] },
  },
  {
    name: 'move by less than its length, while guests answer',
    prepare: async (world) => {
      const id = await createOne(world);
      const attendees = [{ email: 'guest@customer.example', responseStatus: 'accepted' as const }];
      world.model.events.patch(ana, ana, id, { attendees });
      return id;
    },
    request: (world, id) => world.change(id, { start: '2026-11-24T10:15:00+01:00', summary: 'Later' }, '"1"'),
    after: { status: 200, starts: ['2026-11-24T09:15:00.000Z'], types: ['meeting.created', 'meeting.updated'] },
    before: { starts: [morning], types: ['meeting.created'] },
  },
  {
    name: 'cancel with Zoom',
    hasZoom: true,
    prepare: async (world) => String((await world.create({ conference: 'zoom' })).body.id),
    request: (world, id) => world.cancel(id),
    after: { status: 200, starts: [], types: ['meeting.created', 'meeting.cancelled'] },
    before: { starts: [morning], types: ['meeting.created'] },
  },
];

const fates = ['killBefore', 'killAfter', 'failBefore', 'failAfter'] as const;

async function countIos({ prepare, request }: Scenario): Promise<number> {
  const world = createMeetingsWorld();
  const id = await prepare(world);
  world.planFor(undefined);
  await request(world, id);
  return world.labels.length;
}

/** Minutes pass, and the sweep runs in each few of them. */
async function settle(world: MeetingsWorld): Promise<void> {
  for (let sweep = 0; sweep < 5; sweep++) {
    world.clock.nowMs += 300_000;
    await world.sweep();
  }
}

async function askAgain(world: MeetingsWorld, { request }: Scenario, id: string): Promise<MeetingAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await request(world, id);
    if (answer.status < 300 || tries === 4) return answer;
    world.clock.nowMs += Number(answer.headers['retry-after'] ?? 1) * 1_000;
  }
}

/** Calendar, bookings, records and what agents were told all say the same. */
async function stateOf(world: MeetingsWorld, { linkMayBeLate = false }: Scenario) {
  const events = world.eventsOf(ana);
  const bookings = await world.bookingsOf(ana);
  const records = await world.store.query({ collection: 'meetings', limit: 100 });
  const confirmed = records.filter(({ data }) => data.status === 'confirmed');
  const startsOf = (times: readonly number[]) => times.map((ms) => new Date(ms).toISOString()).sort();
  const starts = startsOf(events.map(({ start }) => Date.parse(start?.dateTime ?? '')));
  const told = [...new Map(world.published.map(({ attributes }) => [attributes?.id, attributes?.type])).values()];
  return {
    starts,
    booked: startsOf(bookings.map(({ startMs }) => startMs)),
    confirmed: startsOf(confirmed.map(({ data }) => Number(data.startMs))),
    zoom: startsOf([...world.zoomMeetings.values()].map(({ startMs }) => startMs)),
    // A confirmed meeting is looked at now and then until it is over.
    undecided: records.filter(
      ({ data }) => data.change !== null || (data.settleAtMs !== null && data.status !== 'confirmed'),
    ).length,
    told: told.filter((type) => !linkMayBeLate || type !== 'meeting.updated'),
  };
}

const restingAt = (
  { starts, types }: { readonly starts: readonly string[]; readonly types: readonly string[] },
  { hasZoom = false }: Scenario,
) => ({
  starts,
  zoom: hasZoom ? starts : [],
  booked: starts,
  confirmed: starts,
  undecided: 0,
  told: types,
});

async function runOnce(scenario: Scenario, plan: Plan) {
  const world = createMeetingsWorld();
  const id = await scenario.prepare(world);
  world.planFor(plan);
  const answer = await world.killable(() => scenario.request(world, id));
  world.planFor(undefined);
  return { world, id, answer };
}

describe.each(scenarios)('$name', (scenario) => {
  const { after, before } = scenario;

  it.each(fates)('%s at every I/O, then asked again: it has happened once', async (fate) => {
    const count = await countIos(scenario);
    expect(count).toBeGreaterThan(3);
    for (let at = 0; at < count; at++) {
      const { world, id } = await runOnce(scenario, { at, fate });
      const answer = await askAgain(world, scenario, id);
      await settle(world);
      expect({ at, status: answer.status, ...(await stateOf(world, scenario)) }).toEqual({
        at,
        status: after.status,
        ...restingAt(after, scenario),
      });
    }
  });

  it.each(fates)(
    '%s at every I/O, and nobody asks again: it has happened or not, and nothing is left',
    async (fate) => {
      const count = await countIos(scenario);
      for (let at = 0; at < count; at++) {
        const { world } = await runOnce(scenario, { at, fate });
        await settle(world);
        const state = await stateOf(world, scenario);
        expect([restingAt(before, scenario), restingAt(after, scenario)]).toContainEqual(state);
      }
    },
  );

  it('killed again at every I/O of the second try, then left to the sweep', async () => {
    const count = await countIos(scenario);
    for (let first = 0; first < count; first++) {
      for (let second = 0; ; second++) {
        const { world, id } = await runOnce(scenario, { at: first, fate: 'killAfter' });
        world.clock.nowMs += 61_000;
        world.planFor({ at: second, fate: 'killAfter' });
        await world.killable(() => scenario.request(world, id));
        const isPast = world.labels.length <= second;
        world.planFor(undefined);
        await settle(world);
        expect([restingAt(before, scenario), restingAt(after, scenario)]).toContainEqual(
          await stateOf(world, scenario),
        );
        if (isPast) break;
      }
    }
  });

  it('killed at every I/O of the sweep that mends it', async () => {
    const count = await countIos(scenario);
    for (let first = 0; first < count; first++) {
      for (let second = 0; ; second++) {
        const { world } = await runOnce(scenario, { at: first, fate: 'killAfter' });
        world.clock.nowMs += 200_000;
        world.planFor({ at: second, fate: 'killAfter' });
        await world.killable(() => world.sweep());
        const isPast = world.labels.length <= second;
        world.planFor(undefined);
        await settle(world);
        expect([restingAt(before, scenario), restingAt(after, scenario)]).toContainEqual(
          await stateOf(world, scenario),
        );
        if (isPast) break;
      }
    }
  });
});
