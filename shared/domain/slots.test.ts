import { AttacheError } from './errors';
import type { SlotHost, SlotQuestion } from './slot-question';
import { computeSlots } from './slots';

/** Monday 2 June 2025. */
const NINE_TO_TWELVE: SlotHost = {
  id: 'ana',
  rules: { timeZone: 'UTC', weekly: [{ days: [1, 2, 3, 4, 5], start: '09:00', end: '12:00' }], overrides: [] },
  busy: [],
};
const QUESTION: SlotQuestion = {
  hosts: [NINE_TO_TWELVE],
  mode: 'collective',
  timeMin: '2025-06-02T00:00:00Z',
  timeMax: '2025-06-03T00:00:00Z',
  durationMinutes: 60,
  slotIntervalMinutes: 60,
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  minimumNoticeMinutes: 0,
  now: '2025-06-01T00:00:00Z',
};

function host(id: string, start: string, end: string, ...busy: SlotHost['busy']): SlotHost {
  const weekly = [{ days: [1, 2, 3, 4, 5, 6, 7], start, end }];
  return { id, rules: { ...NINE_TO_TWELVE.rules, weekly }, busy };
}

function block(start: string, end: string): SlotHost['busy'][number] {
  return { start: `2025-06-02T${start}Z`, end: `2025-06-02T${end}Z` };
}

/** The starts, as HH:MM in UTC. */
function starts(question: Partial<SlotQuestion>): string[] {
  return computeSlots({ ...QUESTION, ...question }).slots.map(({ start }) => start.slice(11, 16));
}

function startsWhenBusy(busy: SlotHost['busy'], question: Partial<SlotQuestion> = {}): string[] {
  return starts({ hosts: [{ ...NINE_TO_TWELVE, busy }], ...question });
}

test('slots fill the working time and are written in UTC with milliseconds', () => {
  expect(computeSlots(QUESTION)).toEqual({
    slots: [
      { start: '2025-06-02T09:00:00.000Z', end: '2025-06-02T10:00:00.000Z', hosts: ['ana'] },
      { start: '2025-06-02T10:00:00.000Z', end: '2025-06-02T11:00:00.000Z', hosts: ['ana'] },
      { start: '2025-06-02T11:00:00.000Z', end: '2025-06-02T12:00:00.000Z', hosts: ['ana'] },
    ],
  });
});

describe('busy time', () => {
  test('touching is not overlapping', () => {
    expect(startsWhenBusy([block('08:00', '09:00'), block('10:00', '11:00')])).toEqual(['09:00', '11:00']);
  });

  test('a second and a millisecond count', () => {
    expect(startsWhenBusy([block('09:00', '10:00:30')])).toEqual(['11:00']);
    expect(startsWhenBusy([block('10:59:59.999', '11:00')])).toEqual(['09:00', '11:00']);
  });

  test('a block without length counts for nothing', () => {
    expect(startsWhenBusy([block('10:30', '10:30')], { bufferAfterMinutes: 30 })).toEqual(['09:00', '10:00', '11:00']);
  });

  test('may come unsorted and overlapping, and is left as it was', () => {
    const busy = Object.freeze([block('11:30', '14:00'), block('07:00', '09:01'), block('08:00', '09:30')]);
    expect(startsWhenBusy(busy)).toEqual(['10:00']);
    expect(busy[0]).toEqual(block('11:30', '14:00'));
  });

  test('around the whole window leaves nothing', () => {
    expect(startsWhenBusy([{ start: '2025-01-01T00:00:00Z', end: '2026-01-01T00:00:00Z' }])).toEqual([]);
  });
});

describe('buffers', () => {
  test('keep a distance from busy time, and may just touch it', () => {
    const busy = [block('10:10', '10:50')];
    const fine = { durationMinutes: 10, slotIntervalMinutes: 10 };
    const near = startsWhenBusy(busy, { ...fine, bufferBeforeMinutes: 20, bufferAfterMinutes: 30 });
    expect(near.slice(near.indexOf('09:30'), near.indexOf('11:10') + 1)).toEqual(['09:30', '11:10']);
  });

  test('reach outside working hours and the window, and busy time there counts', () => {
    const busy = [block('08:30', '08:50'), block('12:10', '12:20')];
    const window = { timeMin: '2025-06-02T09:00:00Z', timeMax: '2025-06-02T12:00:00Z' };
    expect(startsWhenBusy(busy, { ...window, bufferBeforeMinutes: 15 })).toEqual(['10:00', '11:00']);
    expect(startsWhenBusy(busy, { ...window, bufferAfterMinutes: 15 })).toEqual(['09:00', '10:00']);
    expect(startsWhenBusy(busy, { ...window, bufferBeforeMinutes: 10, bufferAfterMinutes: 10 })).toHaveLength(3);
  });
});

describe('the grid', () => {
  test('is not moved by the window', () => {
    const window = { timeMin: '2025-06-02T09:00:00.001Z', timeMax: '2025-06-02T11:59:59Z' };
    expect(starts(window)).toEqual(['10:00']);
  });

  test('is not moved by the notice, which a slot may just keep', () => {
    expect(starts({ now: '2025-06-02T08:00:00Z', minimumNoticeMinutes: 120 })).toEqual(['10:00', '11:00']);
    expect(starts({ now: '2025-06-02T08:00:01Z', minimumNoticeMinutes: 120 })).toEqual(['11:00']);
  });

  test('is not moved by busy time', () => {
    expect(startsWhenBusy([block('09:00', '09:15')])).toEqual(['10:00', '11:00']);
  });

  test('begins with each stretch of working time', () => {
    const morningAndAfternoon = {
      ...NINE_TO_TWELVE.rules,
      weekly: [
        { days: [1], start: '09:00', end: '10:30' },
        { days: [1], start: '13:10', end: '14:30' },
      ],
    };
    expect(starts({ hosts: [{ ...NINE_TO_TWELVE, rules: morningAndAfternoon }] })).toEqual(['09:00', '13:10']);
  });

  test('goes on where hours touch or overlap, also across midnight', () => {
    const weekly = [
      { days: [1], start: '21:00', end: '22:30' },
      { days: [1], start: '22:15', end: '24:00' },
      { days: [2], start: '00:00', end: '01:30' },
    ];
    const hosts = [{ ...NINE_TO_TWELVE, rules: { ...NINE_TO_TWELVE.rules, weekly } }];
    const question = { hosts, timeMax: '2025-06-04T00:00:00Z', slotIntervalMinutes: 50 };
    expect(starts(question)).toEqual(['21:00', '21:50', '22:40', '23:30', '00:20']);
  });

  test('begins anew with every local day where time is open around the clock, and slots may run across', () => {
    const hosts = [host('ana', '00:00', '24:00')];
    const window = { timeMin: '2025-06-02T21:30:00Z', timeMax: '2025-06-03T02:00:00Z' };
    expect(starts({ hosts, ...window, slotIntervalMinutes: 50 })).toEqual([
      '21:40',
      '22:30',
      '23:20',
      '00:00',
      '00:50',
    ]);
  });

  test('steps by real time through a change of the clocks', () => {
    const rules = { ...NINE_TO_TWELVE.rules, timeZone: 'America/New_York' };
    const weekly = [{ days: [7], start: '00:30', end: '04:00' }];
    const question = { hosts: [{ ...NINE_TO_TWELVE, rules: { ...rules, weekly } }] };
    const spring = {
      ...question,
      timeMin: '2025-03-09T00:00:00Z',
      timeMax: '2025-03-10T00:00:00Z',
      now: '2025-01-01T00:00:00Z',
    };
    expect(starts(spring)).toEqual(['05:30', '06:30']);
    const autumn = { ...question, timeMin: '2025-11-02T00:00:00Z', timeMax: '2025-11-03T00:00:00Z' };
    expect(starts(autumn)).toEqual(['04:30', '05:30', '06:30', '07:30']);
  });
});

describe('collective', () => {
  test('offers what is free for all, within the time all work, on the grid of that time', () => {
    const hosts = [host('ana', '09:00', '12:00', block('11:10', '11:20')), host('ben', '09:40', '15:00')];
    expect(starts({ hosts, durationMinutes: 30, slotIntervalMinutes: 30 })).toEqual(['09:40', '10:10', '10:40']);
  });

  test('names all hosts in the order given, whoever is busier', () => {
    const hosts = [host('zoe', '09:00', '12:00', block('08:00', '09:00')), host('ana', '09:00', '10:00')];
    expect(computeSlots({ ...QUESTION, hosts }).slots.map((slot) => slot.hosts)).toEqual([['zoe', 'ana']]);
  });
});

describe('roundRobin', () => {
  const hostsByStart = (hosts: SlotHost[]): Record<string, readonly string[]> =>
    Object.fromEntries(
      computeSlots({ ...QUESTION, mode: 'roundRobin', hosts }).slots.map((slot) => [
        slot.start.slice(11, 16),
        slot.hosts,
      ]),
    );

  test('offers what is free for at least one, each on a grid of their own, and names who', () => {
    expect(
      hostsByStart([
        host('ana', '09:00', '12:00', block('10:00', '10:05')),
        host('ben', '11:00', '13:00', block('12:00', '12:05')),
        host('cat', '10:30', '11:30'),
      ]),
    ).toEqual({ '09:00': ['ana'], '10:30': ['cat'], '11:00': ['ana', 'ben'] });
  });

  test('names the least booked first, by busy time in the window with overlaps counted once', () => {
    expect(
      hostsByStart([
        host('booked for 3 h', '09:00', '10:00', block('13:00', '16:00')),
        host('for 2 h, entered twice', '09:00', '10:00', block('13:00', '15:00'), block('13:00', '15:00')),
        host(
          'for 1 h, and 8 h outside the window',
          '09:00',
          '10:00',
          { start: '2025-06-01T20:00:00Z', end: '2025-06-02T00:30:00Z' },
          { start: '2025-06-02T23:30:00Z', end: '2025-06-03T04:00:00Z' },
        ),
      ])['09:00'],
    ).toEqual(['for 1 h, and 8 h outside the window', 'for 2 h, entered twice', 'booked for 3 h']);
  });

  test('names equally booked hosts in the order given', () => {
    const hosts = [
      host('zoe', '09:00', '10:00', block('20:00', '21:00')),
      host('ana', '09:00', '10:00', block('13:00', '14:00')),
    ];
    expect(hostsByStart(hosts)).toEqual({ '09:00': ['zoe', 'ana'] });
  });
});

describe('a bad question', () => {
  function refused(question: Partial<SlotQuestion>): AttacheError {
    try {
      computeSlots({ ...QUESTION, ...question });
    } catch (error) {
      if (error instanceof AttacheError) return error;
      throw error;
    }
    throw new Error('It was answered.');
  }

  test.each<[string, Partial<SlotQuestion>]>([
    ['hosts', { hosts: [] }],
    ['timeMin', { timeMin: '2025-06-02' }],
    ['timeMax', { timeMax: 'tomorrow' }],
    ['timeMax', { timeMax: QUESTION.timeMin }],
    ['now', { now: '2025-06-02T09:00:00' }],
    ['durationMinutes', { durationMinutes: 0 }],
    ['durationMinutes', { durationMinutes: NaN }],
    ['slotIntervalMinutes', { slotIntervalMinutes: -15 }],
    ['slotIntervalMinutes', { slotIntervalMinutes: 0.001 }],
    ['bufferBeforeMinutes', { bufferBeforeMinutes: -1 }],
    ['bufferAfterMinutes', { bufferAfterMinutes: Infinity }],
    ['minimumNoticeMinutes', { minimumNoticeMinutes: -1 }],
    [
      'hosts[0].busy[1].start',
      { hosts: [host('ana', '09:00', '12:00', block('09:00', '10:00'), block('x', '10:00'))] },
    ],
    ['hosts[0].busy[0].end', { hosts: [host('ana', '09:00', '12:00', block('09:00', ''))] }],
    ['hosts[0].busy[0].end', { hosts: [host('ana', '09:00', '12:00', block('10:00', '09:59'))] }],
    ['hosts[1].rules.weekly[0].end', { hosts: [NINE_TO_TWELVE, host('ana', '09:00', '24:30')] }],
    ['hosts[0].rules.timeZone', { hosts: [{ ...NINE_TO_TWELVE, rules: { ...NINE_TO_TWELVE.rules, timeZone: 'EU' } }] }],
  ])('is refused naming %s', (path, question) => {
    const error = refused(question);
    expect(error.kind).toBe('invalid');
    expect(error.errors.map((field) => field.path)).toEqual([path]);
    expect(error.fix).toContain(path);
    expect(error.message).toContain(path);
  });

  test('is refused naming every wrong field at once', () => {
    const error = refused({ now: 'now', durationMinutes: -1, bufferAfterMinutes: 0.5 });
    expect(error.errors.map(({ path }) => path).sort()).toEqual(['bufferAfterMinutes', 'durationMinutes', 'now']);
  });

  test('is refused where the mode is none of the two', () => {
    // @ts-expect-error what an untyped caller may send
    const error = refused({ mode: 'anyone' });
    expect(error.errors).toEqual([{ path: 'mode', message: 'must be collective or roundRobin' }]);
  });
});
