import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentStore } from '../../shared/domain/ports';
import { ana, createMeetingsWorld, type MeetingAnswer, type MeetingsWorld } from './meetings-world';

/** Many agents at once, on any document store: of those who want an instant of one host, one gets it. */
export function describeParallelMeetings(title: string, store?: () => DocumentStore, parallel = 50): void {
  describe(title, () => {
    let world: MeetingsWorld;
    beforeEach(() => {
      world = createMeetingsWorld(store && { store });
      world.clock.whileAsleep = (ms) => sleep(ms);
    });

    /** As agents do: what could not be decided is asked again with the same key. */
    async function createUntilDecided(body: object, key: string): Promise<MeetingAnswer> {
      for (;;) {
        const answer = await world.create(body, key);
        if (answer.status !== 503) return answer;
      }
    }

    it(`of ${parallel} meetings that overlap by parts, exactly one is made`, async () => {
      const answers = await Promise.all(
        Array.from({ length: parallel }, (_, i) => {
          const minute = String(i).padStart(2, '0');
          return createUntilDecided({ start: `2026-11-24T10:${minute}:00+01:00`, durationMinutes: 60 }, `k${i}`);
        }),
      );
      const counts = (status: number) => answers.filter((answer) => answer.status === status).length;
      expect([counts(201), counts(409)]).toEqual([1, parallel - 1]);
      expect(world.eventsOf(ana)).toHaveLength(1);
      expect(await world.bookingsOf(ana)).toHaveLength(1);
    }, 60_000);

    it('meetings that only touch are all made', async () => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          createUntilDecided(
            { start: new Date(Date.parse('2026-11-24T09:00:00Z') + i * 1_800_000).toISOString(), durationMinutes: 30 },
            `touching${i}`,
          ),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(201));
      expect(world.eventsOf(ana)).toHaveLength(12);
    }, 60_000);

    it('one request sent twenty times at once makes one meeting', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => createUntilDecided({}, 'same')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]));
      for (const { body } of answers.filter(({ status }) => status === 409))
        expect(body.code).toBe('requestInProgress');
      expect(await world.create({}, 'same')).toMatchObject({
        status: 201,
        headers: { 'idempotency-replayed': 'true' },
      });
      expect(world.eventsOf(ana)).toHaveLength(1);
    }, 60_000);

    it('changes and a cancellation at once leave one state everywhere', async () => {
      const id = String((await createUntilDecided({}, 'changed')).body.id);
      const starts = ['11:00', '12:00', '13:00', '14:00'].map((time) => `2026-11-24T${time}:00+01:00`);
      await Promise.all([
        ...starts.map((start) => world.change(id, { start })),
        world.change(id, { summary: 'Other' }),
      ]);
      for (let sweep = 0; sweep < 3; sweep++) {
        world.clock.nowMs += 300_000;
        await world.sweep();
      }
      const [event, ...more] = world.eventsOf(ana);
      const { body } = await world.read(id);
      expect(more).toEqual([]);
      expect(Date.parse(event?.start?.dateTime ?? '')).toBe(Date.parse(String(body.start)));
      expect(await world.bookingsOf(ana)).toMatchObject([{ startMs: Date.parse(String(body.start)) }]);
      await Promise.all([world.cancel(id), world.change(id, { summary: 'Last' }), world.cancel(id)]);
      world.clock.nowMs += 300_000;
      await world.sweep();
      expect(world.eventsOf(ana)).toEqual([]);
      expect(await world.bookingsOf(ana)).toEqual([]);
    }, 60_000);
  });
}
