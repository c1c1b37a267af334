import type { Reservation, ReservedHost, ReserveOutcome } from '../../shared/domain/booking';
import { isAttacheError } from '../../shared/domain/errors';
import type { DocumentStore } from '../../shared/domain/ports';
import { clock, random } from '../../shared/runtime/system';
import { createBookingStore } from '../../shared/store/booking-store';

const minuteMs = 60_000;
const midnightMs = Date.parse('2026-03-10T00:00:00Z');
const ana = 'ana@example.com';
const ben = 'ben@example.com';

/** The suite that the bookings pass on every document store; `parallel` is how many want one day at the same time. */
export function describeBookingStore(title: string, createStore: () => DocumentStore, parallel = 50): void {
  describe(title, () => {
    const store = createStore();
    const bookings = createBookingStore({ store, clock, random });
    let number = 0;
    /** Every test has hosts of its own. */
    const own = (host: string) => `${number}.${host}`;
    beforeEach(() => {
      number += 1;
    });

    const host = (email: string, more: Partial<ReservedHost> = {}): ReservedHost => {
      return { email, bufferBeforeMs: 0, bufferAfterMs: 0, ...more };
    };
    /** Minutes after midnight of 10 March, UTC. */
    function reservation(meetingId: string, start: number, end: number, hosts = [host(own(ana))]): Reservation {
      return { meetingId, startMs: midnightMs + start * minuteMs, endMs: midnightMs + end * minuteMs, hosts };
    }
    /** A commit whose outcome is unknown may be asked for again: that is part of the contract. */
    async function reserveUntilAnswered(one: Reservation, triesLeft = 20): Promise<ReserveOutcome> {
      try {
        return await bookings.reserve(one);
      } catch (error) {
        if (!isAttacheError(error, 'unavailable') || triesLeft === 0) throw error;
        return reserveUntilAnswered(one, triesLeft - 1);
      }
    }

    const week = [midnightMs - 3 * 1440 * minuteMs, midnightMs + 4 * 1440 * minuteMs] as const;
    const held = async (host = own(ana)) => (await bookings.list(host, ...week)).map(({ meetingId }) => meetingId);

    it(`of ${parallel} that overlap by parts and come at once, no two overlap in the end, and some have won`, async () => {
      const wanted = Array.from({ length: parallel }, (_, i) =>
        reservation(`m${i}`, 600 + ((i * 7) % parallel) * 10, 630 + ((i * 7) % parallel) * 10),
      );
      const outcomes = await Promise.all(wanted.map((one) => reserveUntilAnswered(one)));
      const list = await bookings.list(own(ana), ...week);
      expect(list.length).toBeGreaterThan(parallel / 8);
      expect(list).toHaveLength(outcomes.filter(({ kind }) => kind === 'reserved').length);
      list.slice(1).forEach(({ startMs }, i) => expect(startMs).toBeGreaterThanOrEqual(list[i]!.endMs));
    }, 60_000);

    it('those that only touch all succeed, also at once', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, i) => reserveUntilAnswered(reservation(`m${i}`, 600 + i * 30, 630 + i * 30))),
      );
      expect(outcomes).toMatchObject(outcomes.map(() => ({ kind: 'reserved' })));
      expect(await held()).toHaveLength(10);
    }, 60_000);

    it('names what stands in the way, once, and writes nothing', async () => {
      await bookings.reserve(reservation('night', 1410, 1500));
      const path = `meetings/${number}-m`;
      const outcome = await bookings.reserve(reservation('other', 1430, 1450), [{ op: 'create', path, data: {} }]);
      const { startMs, endMs } = reservation('night', 1410, 1500);
      const conflict = { host: own(ana), reason: 'booked', meetingId: 'night', startMs, endMs };
      expect(outcome).toEqual({ kind: 'taken', conflicts: [conflict] });
      expect(await held()).toEqual(['night']);
      expect(await store.get(path)).toBeUndefined();
    });

    it('a meeting over midnight is seen from both days', async () => {
      await bookings.reserve(reservation('night', 1410, 1500));
      expect(await bookings.reserve(reservation('before', 1380, 1415))).toMatchObject({ kind: 'taken' });
      expect(await bookings.reserve(reservation('after', 1490, 1520))).toMatchObject({ kind: 'taken' });
      expect(await bookings.reserve(reservation('next', 1500, 1530))).toMatchObject({ kind: 'reserved' });
      expect(await held()).toEqual(['night', 'next']);
    });

    it('buffers must be free, over midnight too, and are not booked themselves', async () => {
      const buffers = { bufferBeforeMs: 30 * minuteMs, bufferAfterMs: 30 * minuteMs };
      const withBuffers = (meetingId: string, start: number, end: number) =>
        reservation(meetingId, start, end, [host(own(ana), buffers)]);
      await bookings.reserve(reservation('late', 1380, 1430));
      expect(await bookings.reserve(withBuffers('early', 1450, 1480))).toMatchObject({ kind: 'taken' });
      expect(await bookings.reserve(withBuffers('later', 1460, 1480))).toMatchObject({ kind: 'reserved' });
      expect(await bookings.reserve(reservation('in its buffer', 1480, 1490))).toMatchObject({ kind: 'reserved' });
    });

    it('takes all hosts or none', async () => {
      await bookings.reserve(reservation('bens', 600, 630, [host(own(ben))]));
      const hosts = [host(own(ana)), host(own(ben))];
      const both = reservation('both', 600, 630, hosts);
      expect(await bookings.reserve(both)).toMatchObject({ kind: 'taken', conflicts: [{ host: own(ben) }] });
      expect(await held()).toEqual([]);
      expect(await bookings.reserve(reservation('both', 630, 660, hosts))).toMatchObject({ kind: 'reserved' });
      expect([await held(), await held(own(ben))]).toEqual([['both'], ['bens', 'both']]);
    });

    it('buffers are each host’s own', async () => {
      await bookings.reserve(reservation('anas', 570, 600));
      await bookings.reserve(reservation('bens', 570, 600, [host(own(ben))]));
      const withBuffer = (email: string) => [host(email, { bufferBeforeMs: minuteMs })];
      expect(
        await bookings.reserve(reservation('m', 600, 630, [host(own(ana)), ...withBuffer(own(ben))])),
      ).toMatchObject({ kind: 'taken', conflicts: [{ host: own(ben) }] });
    });

    it('a day of the host’s zone takes so many meetings, also when they come at once', async () => {
      const dailyLimit = { timeZone: 'America/New_York', maxMeetingsPerDay: 2 };
      const limited = [host(own(ana), { dailyLimit })];
      // 00:30 UTC is still the evening before in New York.
      expect(await bookings.reserve(reservation('evening before', 30, 60, limited))).toMatchObject({
        kind: 'reserved',
      });
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, (_, i) =>
          reserveUntilAnswered(reservation(`m${i}`, 720 + i * 30, 750 + i * 30, limited)),
        ),
      );
      expect(outcomes.filter(({ kind }) => kind === 'reserved')).toHaveLength(2);
      const refused = outcomes.find((outcome) => outcome.kind === 'taken');
      expect(refused?.conflicts.map(({ reason }) => reason)).toEqual(['dailyLimit', 'dailyLimit']);
    }, 60_000);

    it('a meeting moves by taking the new time and giving the old one back', async () => {
      const before = reservation('m', 600, 660);
      const after = reservation('m', 630, 690);
      await bookings.reserve(before);
      expect(await bookings.reserve(after)).toMatchObject({ kind: 'reserved' });
      await bookings.release([own(ana)], [before]);
      const [only, ...more] = await bookings.list(own(ana), ...week);
      expect([only, more]).toEqual([{ meetingId: 'm', startMs: after.startMs, endMs: after.endMs }, []]);
      expect(await bookings.reserve(reservation('other', 600, 630))).toMatchObject({ kind: 'reserved' });
    });

    it('the same again changes nothing, neither taking nor giving back', async () => {
      const one = reservation('m', 600, 660);
      await bookings.reserve(one);
      expect(await bookings.reserve(one)).toMatchObject({ kind: 'reserved' });
      expect(await held()).toEqual(['m']);
      await bookings.release([own(ana)], [one]);
      await bookings.release([own(ana)], [one]);
      expect(await held()).toEqual([]);
    });

    it('books over others only when it is told to', async () => {
      await bookings.reserve(reservation('one', 600, 660));
      expect(await bookings.reserve(reservation('two', 610, 620), [], { allowConflicts: true })).toMatchObject({
        kind: 'reserved',
      });
      expect(await held()).toEqual(['one', 'two']);
    });

    it('a write that fails by itself fails the whole, at once and with its own error', async () => {
      const path = `meetings/${number}-m`;
      await store.commit([{ op: 'create', path, data: {} }]);
      const booked = bookings.reserve(reservation('m', 600, 660), [{ op: 'create', path, data: {} }]);
      await expect(booked).rejects.toMatchObject({ kind: 'conflict' });
      const stale = { op: 'update', path, data: {}, precondition: { updateTime: 'not this one' } } as const;
      await expect(bookings.reserve(reservation('m', 600, 660), [stale])).rejects.not.toMatchObject({
        code: 'contention',
      });
      expect(await held()).toEqual([]);
    });

    it('lists what overlaps the time asked for, by its start', async () => {
      await bookings.reserve(reservation('c', 700, 730));
      await bookings.reserve(reservation('a', 600, 630));
      await bookings.reserve(reservation('b', 630, 660));
      await bookings.reserve(reservation('other host', 600, 630, [host(own(ben))]));
      const at = (minute: number) => midnightMs + minute * minuteMs;
      const ids = async (from: number, to: number) =>
        (await bookings.list(own(ana), at(from), at(to))).map(({ meetingId }) => meetingId);
      expect(await ids(0, 1440)).toEqual(['a', 'b', 'c']);
      expect(await ids(630, 700)).toEqual(['b']);
      expect(await ids(660, 700)).toEqual([]);
    });
  });
}
