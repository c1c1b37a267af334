import { AttacheError } from '../../shared/domain/errors';
import type { Clock, Random } from '../../shared/domain/ports';

/** What befalls one I/O. The `after` kinds happen when its effect is done and its answer still on the way. */
export type Fate = 'ok' | 'killBefore' | 'killAfter' | 'failBefore' | 'failAfter' | 'stall';

export interface Io {
  /** Counts all I/Os of a schedule from 0. */
  readonly index: number;
  readonly label: string;
}

/** The adversary: decides what happens to every I/O and how long things take. */
export interface Adversary {
  fate(io: Io, nowMs: number): Fate;
  latencyMs(): number;
  readonly worstLatencyMs: number;
  /** How often a push of Gmail arrives: 0 = dropped, 2 = doubled. */
  copies(nowMs: number): number;
  /** Which of two instances takes a delivery. */
  chooseInstance(count: number): number;
}

/** A process. When it is killed nothing it awaits ever answers. */
export interface Instance {
  readonly name: string;
  alive: boolean;
  onKill: (() => void)[];
}

const stallMs = 400_000;

/**
 * Virtual time over real code: every I/O of an instance becomes two events in one queue, its effect and its answer, and
 * between two events all promises come to rest. With the same adversary the same schedule plays out.
 */
export class World {
  nowMs = 1_800_000_000_000;
  ioCount = 0;
  kills = 0;
  faults = 0;
  readonly trace: string[] = [];
  private queue: { readonly atMs: number; readonly order: number; readonly run: () => void | Promise<void> }[] = [];
  private order = 0;

  constructor(
    readonly adversary: Adversary,
    private readonly traced: boolean,
  ) {}

  at(atMs: number, run: () => void | Promise<void>): void {
    const event = { atMs, order: this.order++, run };
    let index = this.queue.length;
    while (index > 0 && before(event, this.queue[index - 1])) index--;
    this.queue.splice(index, 0, event);
  }

  after(delayMs: number, run: () => void | Promise<void>): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** Plays everything that is due until then. */
  async runUntil(endMs: number): Promise<void> {
    for (let event = this.queue[0]; event && event.atMs <= endMs; event = this.queue[0]) {
      this.queue.shift();
      this.nowMs = event.atMs;
      await event.run();
      await promisesSettled();
    }
    this.nowMs = endMs;
  }

  newInstance(name: string): Instance {
    return { name, alive: true, onKill: [] };
  }

  kill(instance: Instance): void {
    this.kills += 1;
    instance.alive = false;
    this.note(`${instance.name} killed`);
    for (const listener of instance.onKill.splice(0)) listener();
  }

  /** One I/O of an instance: `effect` runs after a latency, its outcome is seen after another, or never. */
  io<T>(instance: Instance, label: string, effect: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!instance.alive) return;
      const fate = this.adversary.fate({ index: this.ioCount++, label }, this.nowMs);
      if (fate !== 'ok') this.faults += 1;
      this.note(`${instance.name} ${label} ${fate}`);
      const unavailable = () => reject(new AttacheError('unavailable', `${label} failed`, { code: 'injected' }));
      this.after(this.adversary.latencyMs() + (fate === 'stall' ? stallMs : 0), async () => {
        if (!instance.alive) return;
        if (fate === 'killBefore') return this.kill(instance);
        if (fate === 'failBefore') return unavailable();
        const answer = await settle(effect);
        if (fate === 'killAfter') return this.kill(instance);
        this.after(this.adversary.latencyMs(), () => {
          if (!instance.alive) return;
          if (fate === 'failAfter') unavailable();
          else if ('error' in answer) reject(answer.error);
          else resolve(answer.value);
        });
      });
    });
  }

  clockOf(instance: Instance): Clock {
    return {
      now: () => this.nowMs,
      sleep: (ms) =>
        new Promise((resolve) => {
          this.after(ms, () => {
            if (instance.alive) resolve();
          });
        }),
    };
  }

  note(line: string): void {
    if (this.traced) this.trace.push(`${this.nowMs - 1_800_000_000_000} ${line}`);
  }
}

/** A small, well distributed generator (mulberry32), so that a seed means the same schedule everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

type Answer<T> = { readonly value: T } | { readonly error: Error };

async function settle<T>(effect: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await effect() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function before(a: { atMs: number; order: number }, b: { atMs: number; order: number } | undefined): boolean {
  return b !== undefined && (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order));
}

/** The next turn of the event loop begins when no microtask is left. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
