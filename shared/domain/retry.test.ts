import { AttacheError, type ErrorKind } from './errors';
import { retry, type RetryPolicy } from './retry';

const policy: RetryPolicy = { maxAttempts: 5, baseDelayMs: 100, maxDelayMs: 500, deadlineMs: 10_000 };

/** Runs an operation that throws these in turn, then succeeds with the number of its call. Each call takes `callMs`. */
function run(
  errors: readonly Error[],
  { dice = 1, callMs = 0, ...changed }: Partial<RetryPolicy> & { dice?: number; callMs?: number } = {},
) {
  let nowMs = 0;
  let calls = 0;
  const sleeps: number[] = [];
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      nowMs += ms;
    },
  };
  const operation = async () => {
    nowMs += callMs;
    const error = errors[calls++];
    if (error !== undefined) throw error;
    return calls;
  };
  const result = retry(operation, { ...policy, ...changed }, { clock, random: { next: () => dice } });
  return { result, sleeps, calls: () => calls };
}

const unavailable = (message = 'no') => new AttacheError('unavailable', message);

test('what succeeds at once is called once', async () => {
  const { result, sleeps } = run([]);
  expect(await result).toBe(1);
  expect(sleeps).toEqual([]);
});

test('waits double from the base up to the most, and are scattered by the dice', async () => {
  const four = [1, 2, 3, 4].map(() => unavailable());
  const longest = run(four);
  expect(await longest.result).toBe(5);
  expect(longest.sleeps).toEqual([100, 200, 400, 500]);

  const halved = run(four, { dice: 0.5 });
  await halved.result;
  expect(halved.sleeps).toEqual([50, 100, 200, 250]);
});

test('the last error is thrown when the attempts are used up', async () => {
  const errors = ['1', '2', '3'].map(unavailable);
  const { result, calls } = run(errors, { maxAttempts: 3 });
  await expect(result).rejects.toBe(errors[2]);
  expect(calls()).toBe(3);
});

test.each<ErrorKind>([
  'invalid',
  'unauthorized',
  'forbidden',
  'notFound',
  'conflict',
  'preconditionFailed',
  'checkpointExpired',
  'rateLimited',
  'bug',
])('%s is thrown at once', async (kind) => {
  const error = new AttacheError(kind, 'no');
  const { result, calls } = run([error]);
  await expect(result).rejects.toBe(error);
  expect(calls()).toBe(1);
});

test('what nobody translated is a bug and thrown at once', async () => {
  const { result, calls } = run([new TypeError('x is not a function')]);
  await expect(result).rejects.toMatchObject({ kind: 'bug', message: 'x is not a function' });
  expect(calls()).toBe(1);
});

test('no attempt begins after the deadline', async () => {
  const errors = [1, 2, 3, 4].map(() => unavailable());
  const { result, calls } = run(errors, { callMs: 1_000, deadlineMs: 2_300 });
  await expect(result).rejects.toMatchObject({ kind: 'unavailable' });
  // The second ends at 2,100 ms, and the third would begin at 2,300 ms at the soonest, which is just in time.
  expect(calls()).toBe(3);
});
