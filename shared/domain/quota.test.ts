import type { Mailbox, Mailboxes } from './mailbox';
import { governQuota, gmailUnitCosts, type QuotaGovernorOptions } from './quota';

const minuteMs = 60_000;

/** Governed mailboxes whose calls note when they were let through, on a clock that passes while somebody sleeps. */
function governed(options: Partial<QuotaGovernorOptions> = {}) {
  let nowMs = 1_000_000;
  const passed: string[] = [];
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const note = (emailAddress: string, method: string) => async () => {
    passed.push(`${emailAddress} ${method}`);
    return undefined as never;
  };
  const mailboxes: Mailboxes = (emailAddress) => ({
    emailAddress,
    getProfile: note(emailAddress, 'getProfile'),
    listHistory: note(emailAddress, 'listHistory'),
    getMessage: note(emailAddress, 'getMessage'),
    listMessages: note(emailAddress, 'listMessages'),
    getAttachment: note(emailAddress, 'getAttachment'),
    watch: note(emailAddress, 'watch'),
    stop: note(emailAddress, 'stop'),
  });
  const of = governQuota(mailboxes, {
    clock,
    mailboxUnitsPerMinute: 600,
    projectUnitsPerMinute: 6_000,
    maxWaitMs: 20_000,
    ...options,
  });
  return { of, passed, now: () => nowMs, pass: (ms: number) => (nowMs += ms) };
}

const everyCall: [keyof typeof gmailUnitCosts, (mailbox: Mailbox) => Promise<unknown>][] = [
  ['getProfile', (m) => m.getProfile()],
  ['listHistory', (m) => m.listHistory({ startHistoryId: '1' })],
  ['getMessage', (m) => m.getMessage('m')],
  ['listMessages', (m) => m.listMessages({})],
  ['getAttachment', (m) => m.getAttachment('m', 'a')],
  ['watch', (m) => m.watch({ topicName: 't', labelIds: [], labelFilterBehavior: 'include' })],
  ['stop', (m) => m.stop()],
];

test.each(everyCall)('%s passes through and costs its units', async (method, call) => {
  const { of, passed, now } = governed({ maxWaitMs: Infinity });
  const startMs = now();
  // The first ten minutes' worth is what the bucket holds and nine refills.
  const count = Math.floor(6_000 / gmailUnitCosts[method]);
  for (let i = 0; i < count; i++) await call(of('ann@example.com'));
  expect(passed).toEqual(Array<string>(count).fill(`ann@example.com ${method}`));
  expect(now() - startMs).toBeCloseTo(((count * gmailUnitCosts[method] - 600) / 600) * minuteMs, 3);
});

test('a minute’s worth goes through at once; then calls wait for their units', async () => {
  const { of, now } = governed();
  const startMs = now();
  const ann = of('ann@example.com');
  for (let i = 0; i < 30; i++) await ann.getMessage('m');
  expect(now()).toBe(startMs);
  await ann.getMessage('m');
  expect(now() - startMs).toBeCloseTo(2_000, 6);
});

test('callers at the same moment wait one behind the other, as far as the wait is bearable', async () => {
  const sleeps: number[] = [];
  const clock = { now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
  const ann = governed({ clock }).of('ann@example.com');
  const calls = Array.from({ length: 41 }, () => ann.getMessage('m'));
  await expect(calls.pop()).rejects.toMatchObject({ kind: 'rateLimited', retryAfterMs: 22_000 });
  await Promise.all(calls);
  expect(sleeps).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20].map((seconds) => seconds * 1_000));
});

test('a call that would have to wait too long is refused with the time when it would not, and costs nothing', async () => {
  const { of, passed, now, pass } = governed({ maxWaitMs: 1_000 });
  const ann = of('ann@example.com');
  for (let i = 0; i < 30; i++) await ann.getMessage('m');
  for (let i = 0; i < 5; i++) {
    await expect(ann.getMessage('m')).rejects.toMatchObject({
      kind: 'rateLimited',
      code: 'quotaGoverned',
      retryAfterMs: now() + 2_000,
    });
  }
  expect(passed).toHaveLength(30);
  pass(2_000);
  await ann.getMessage('m');
  expect(passed).toHaveLength(31);
});

test('unused units are not saved up beyond a minute', async () => {
  const { of, now, pass } = governed();
  const ann = of('ann@example.com');
  await ann.getProfile();
  pass(60 * minuteMs);
  const startMs = now();
  for (let i = 0; i < 30; i++) await ann.getMessage('m');
  expect(now()).toBe(startMs);
  await ann.getMessage('m');
  expect(now()).toBeGreaterThan(startMs);
});

test('one mailbox does not spend the units of another; all together keep to the project’s', async () => {
  const { of, now } = governed({ projectUnitsPerMinute: 1_200 });
  const startMs = now();
  for (const emailAddress of ['ann@example.com', 'bob@example.com'])
    for (let i = 0; i < 30; i++) await of(emailAddress).getMessage('m');
  expect(now()).toBe(startMs);
  await of('cy@example.com').getMessage('m');
  expect(now() - startMs).toBeCloseTo(1_000, 6);
});

test('a budget smaller than one call delays it, and does not stop it for ever', async () => {
  const { of, passed } = governed({ mailboxUnitsPerMinute: 60, maxWaitMs: minuteMs });
  await of('ann@example.com').watch({ topicName: 't', labelIds: [], labelFilterBehavior: 'include' });
  expect(passed).toHaveLength(1);
});

test('a clock that is set back takes no units away', async () => {
  const { of, now, pass } = governed();
  const ann = of('ann@example.com');
  await ann.getProfile();
  pass(-60 * minuteMs);
  const startMs = now();
  await ann.getMessage('m');
  expect(now()).toBe(startMs);
});
