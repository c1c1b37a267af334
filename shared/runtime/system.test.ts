import { clock, random } from './system';

test('sleep ends when its time has passed, and leaves no listener on the signal', async () => {
  const controller = new AbortController();
  const removed = jest.spyOn(controller.signal, 'removeEventListener');
  await expect(clock.sleep(1, controller.signal)).resolves.toBeUndefined();
  expect(removed).toHaveBeenCalledTimes(1);
});

test('sleep rejects with the reason of the signal, before or during the sleep', async () => {
  const reason = new Error('enough');
  await expect(clock.sleep(1e6, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const sleeping = clock.sleep(1e6, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

test('random numbers lie in [0, 1) and differ', () => {
  const numbers = Array.from({ length: 100 }, () => random.next());
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(new Set(numbers).size).toBeGreaterThan(90);
});
