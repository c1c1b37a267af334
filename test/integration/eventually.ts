import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is something, and throws with what is missing when the time is over. */
export async function eventually<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  missing: () => string,
  timeoutMs: number,
): Promise<T> {
  for (const endMs = Date.now() + timeoutMs; ; await sleep(20)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > endMs) throw new Error(`After ${timeoutMs} ms: ${missing()}`);
  }
}
