import { CalendarModel } from './model';
import type { CalendarModelOptions } from './model';
import type { ChannelNotification } from './channels';

const ada = 'ada@example.com';
const grace = 'grace@example.com';

/** The model without a server, on a clock of its own. */
function start(options: Partial<CalendarModelOptions> = {}) {
  const time = { nowMs: Date.parse('2026-03-02T12:00:00Z') };
  const notified: ChannelNotification[] = [];
  const notify = (notification: ChannelNotification) => void notified.push(notification);
  const calendar = new CalendarModel({ now: () => time.nowMs, notify, ...options });
  for (const email of [ada, grace]) calendar.createUser(email);
  return { calendar, time, notified };
}

const at = (hour: number) => ({
  summary: `At ${hour}`,
  start: { dateTime: `2026-03-03T${hour}:00:00Z` },
  end: { dateTime: `2026-03-03T${hour + 1}:00:00Z` },
});
const channel = { id: 'c', type: 'web_hook', address: 'https://hooks.example.com/', token: 't' };

test('everything happens before a call returns, notifications too', () => {
  const { calendar, notified } = start();
  calendar.watchEvents({ actor: ada, projectId: 'p' }, 'primary', channel);
  expect(notified.map(({ state }) => state)).toEqual(['sync']);
  const { id } = calendar.events.insert(ada, 'primary', at(10));
  expect(notified.map(({ state }) => state)).toEqual(['sync', 'exists']);
  expect(notified[1]).toMatchObject({
    channelId: 'c',
    address: channel.address,
    headers: { 'X-Goog-Channel-Token': 't' },
  });
  expect(() => calendar.events.insert(ada, 'primary', { ...at(12), id: id ?? '' })).toThrow('already exists');
  expect(notified).toHaveLength(2);
});

test('the same calls at the same times give the same answers', () => {
  const play = () => {
    const { calendar, time, notified } = start({ conferencePendingMs: 1_000 });
    const createRequest = { requestId: 'r', conferenceSolutionKey: { type: 'hangoutsMeet' } };
    const request = { ...at(10), attendees: [{ email: grace }], conferenceData: { createRequest } };
    const { id } = calendar.events.insert(ada, 'primary', request, { conferenceDataVersion: 1, sendUpdates: 'all' });
    time.nowMs += 1_000;
    calendar.events.delete(grace, 'primary', id ?? '');
    return [
      calendar.events.list(ada, 'primary'),
      calendar.events.list(grace, 'primary', { showDeleted: true }),
      calendar.mails,
      notified,
    ];
  };
  expect(play()).toEqual(play());
});

test('time makes conferences, which nobody has to read for channels to say so', () => {
  const { calendar, time, notified } = start({ conferencePendingMs: 1_000 });
  const createRequest = { requestId: 'r', conferenceSolutionKey: { type: 'hangoutsMeet' } };
  calendar.watchEvents({ actor: ada, projectId: 'p' }, 'primary', channel);
  calendar.events.insert(
    ada,
    'primary',
    { ...at(10), conferenceData: { createRequest } },
    { conferenceDataVersion: 1 },
  );
  time.nowMs += 1_000;
  calendar.queryFreeBusy(grace, { timeMin: '2026-03-03T00:00:00Z', timeMax: '2026-03-04T00:00:00Z' });
  expect(notified.map(({ state }) => state)).toEqual(['sync', 'exists', 'exists']);
});

test('only what is charged counts, each call as one', () => {
  const { calendar } = start({ unitsPerMinutePerUser: 1 });
  calendar.events.insert(ada, 'primary', at(10));
  calendar.events.list(ada, 'primary');
  calendar.charge(ada, 'calendar.events.list');
  expect(() => calendar.charge('Ada@example.com', 'calendar.events.list')).toThrow('Rate Limit Exceeded');
  calendar.charge(grace, 'calendar.events.list');
});

test('an answer does not change when the event does', () => {
  const { calendar } = start();
  const event = calendar.events.insert(ada, 'primary', { ...at(10), extendedProperties: { private: { a: '1' } } });
  const before = JSON.stringify(event);
  calendar.events.patch(ada, 'primary', event.id ?? '', { extendedProperties: { private: { a: null, b: '2' } } });
  expect(JSON.stringify(event)).toBe(before);
  expect(calendar.events.get(ada, 'primary', event.id ?? '').extendedProperties).toEqual({ private: { b: '2' } });
});
