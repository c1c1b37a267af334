import { createRateLimit } from './rate-limit';

function setUp() {
  let nowMs = 1_000_000;
  const limit = createRateLimit(() => nowMs);
  const allowed = (callerId: string, ratePerMinute = 60): boolean => {
    try {
      limit(callerId, ratePerMinute);
      return true;
    } catch {
      return false;
    }
  };
  return { limit, allowed, pass: (ms: number) => (nowMs += ms) };
}

test('a minute’s worth passes at once, and one more is refused with the time of the next', () => {
  const { allowed, limit } = setUp();
  expect(Array.from({ length: 60 }, () => allowed('a'))).not.toContain(false);
  expect(() => limit('a', 60)).toThrow(
    expect.objectContaining({ kind: 'rateLimited', retryAfterMs: 1_001_000 }) as Error,
  );
});

test('tokens come back evenly, and never more than a minute’s worth', () => {
  const { allowed, pass } = setUp();
  while (allowed('a'));
  pass(999);
  expect(allowed('a')).toBe(false);
  pass(1);
  expect([allowed('a'), allowed('a')]).toEqual([true, false]);
  pass(3_600_000);
  let count = 0;
  while (allowed('a')) count++;
  expect(count).toBe(60);
});

test('one caller’s haste is not another’s', () => {
  const { allowed } = setUp();
  while (allowed('a'));
  expect(allowed('b')).toBe(true);
});
