/**
 * `npx tsx benchmarks/slots.ts`: how long `computeSlots` takes, and how that grows, beside a peer that looks at every
 * busy block for every slot. The work, the same for both: parse the busy times, expand the rules, and answer with the
 * slots as ISO strings; 30-minute slots every 15 minutes, Monday to Friday 09–17 in New York.
 *
 * Results of both are compared before anything is timed.
 */
import { DateTime } from 'luxon';
import type { SlotHost, SlotQuestion } from '../shared/domain/slot-question';
import { type Slot, computeSlots } from '../shared/domain/slots';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const FROM = Date.UTC(2025, 0, 1);
const TIME_ZONE = 'America/New_York';
const [OPENS, CLOSES] = [9, 17];

/**
 * `count` blocks of 10 to 60 minutes, spread evenly over the 365 days and in no order: one begins in each of `count` equal
 * parts of the year, at a minute of it that a fixed generator picks; every host has other ones.
 */
function busyBlocks(count: number, host: number): SlotHost['busy'] {
  const random = generator(host + 1);
  const part = (365 * DAY) / count;
  const blocks = Array.from({ length: count }, (_, i) => {
    const start = FROM + Math.floor((i * part + random() * part) / MINUTE) * MINUTE;
    const end = start + (10 + Math.floor(random() * 51)) * MINUTE;
    return { order: random(), start: new Date(start).toISOString(), end: new Date(end).toISOString() };
  });
  return blocks.sort((a, b) => a.order - b.order).map(({ start, end }) => ({ start, end }));
}

function generator(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 3_266_489_917);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

function questionOf(hosts: number, blocks: number, days: number, mode: SlotQuestion['mode']): SlotQuestion {
  const hours = { start: `0${OPENS}:00`, end: `${CLOSES}:00` };
  return {
    hosts: Array.from({ length: hosts }, (_, i) => ({
      id: `host${i}`,
      rules: { timeZone: TIME_ZONE, weekly: [{ ...hours, days: [1, 2, 3, 4, 5] }], overrides: [] },
      busy: busyBlocks(blocks, i),
    })),
    mode,
    timeMin: new Date(FROM).toISOString(),
    timeMax: new Date(FROM + days * DAY).toISOString(),
    durationMinutes: 30,
    slotIntervalMinutes: 15,
    bufferBeforeMinutes: 0,
    bufferAfterMinutes: 0,
    minimumNoticeMinutes: 0,
    now: new Date(FROM).toISOString(),
  };
}

/** The peer: the rules by luxon, and then every busy block of every host for every slot. Collective, these rules only. */
function naiveSlots(question: SlotQuestion): Slot[] {
  const hosts = question.hosts.map(({ id }) => id);
  const busy = question.hosts.map((host) =>
    host.busy.map(({ start, end }) => ({ start: Date.parse(start), end: Date.parse(end) })),
  );
  const [timeMin, timeMax] = [Date.parse(question.timeMin), Date.parse(question.timeMax)];
  const slots: Slot[] = [];
  let day = DateTime.fromMillis(timeMin, { zone: TIME_ZONE }).startOf('day');
  for (; day.toMillis() < timeMax; day = day.plus({ days: 1 })) {
    if (day.weekday > 5) continue;
    const closes = Math.min(day.set({ hour: CLOSES }).toMillis(), timeMax);
    let start = day.set({ hour: OPENS }).toMillis();
    for (; start + question.durationMinutes * MINUTE <= closes; start += question.slotIntervalMinutes * MINUTE) {
      const end = start + question.durationMinutes * MINUTE;
      if (start < timeMin) continue;
      if (busy.some((blocks) => blocks.some((block) => block.start < end && start < block.end))) continue;
      slots.push({ start: new Date(start).toISOString(), end: new Date(end).toISOString(), hosts });
    }
  }
  return slots;
}

/** Warm: runs before timing until the compiler has seen enough of it. */
function medianMs(run: () => unknown, budgetMs: number): { median: number; fastest: number } {
  const times: number[] = [];
  const began = performance.now();
  while (times.length < 15 || (times.length < 101 && performance.now() - began < budgetMs)) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  const warm = times.slice(Math.min(10, Math.floor(times.length / 3))).sort((a, b) => a - b);
  return { median: warm[Math.floor(warm.length / 2)]!, fastest: warm[0]! };
}

const BLOCKS = [0, 100, 1_000, 10_000];
console.log(
  `Node ${process.version}, zone data ${process.versions.tz}. Medians in milliseconds, warm, one thread. A median`,
);
console.log('far above the fastest run means that the machine was doing something else.');
console.log(
  'Busy: blocks of 10–60 minutes, one in each of n equal parts of 2025, in no order; every host has other ones.',
);
console.log('Also in a window of 30 days every host brings the busy times of the whole year.\n');
console.log('mode        hosts  days  blocks/host   slots  computeSlots  fastest   growth     naive  naive/ours');
for (const mode of ['collective', 'roundRobin'] as const) {
  for (const hosts of mode === 'collective' ? [1, 10] : [10]) {
    for (const days of [30, 365]) {
      let previous: number | undefined;
      for (const blocks of BLOCKS) {
        const question = questionOf(hosts, blocks, days, mode);
        const { slots } = computeSlots(question);
        const { median: ours, fastest } = medianMs(() => computeSlots(question), 1_500);
        let naive = '';
        if (mode === 'collective') {
          if (JSON.stringify(naiveSlots(question)) !== JSON.stringify(slots)) throw new Error('The two disagree.');
          const peer = medianMs(() => naiveSlots(question), 1_500).median;
          naive = `${peer.toFixed(2).padStart(9)}  ${`${(peer / ours).toFixed(0)} ×`.padStart(9)}`;
        }
        console.log(
          `${mode.padEnd(10)}  ${String(hosts).padStart(5)}  ${String(days).padStart(4)}  ${String(blocks).padStart(11)}  ` +
            `${String(slots.length).padStart(6)}  ${ours.toFixed(2).padStart(12)}  ${fastest.toFixed(2).padStart(7)}  ` +
            `${(previous === undefined ? '' : `× ${(ours / previous).toFixed(1)}`).padStart(7)}  ${naive}`.trimEnd(),
        );
        previous = ours;
      }
    }
  }
}
