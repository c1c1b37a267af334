import { AttacheError } from '../../shared/domain/errors';
import type { Clock, Random } from '../../shared/domain/ports';

/**
 * What befalls one I/O. `kill` ends the process, `fail` answers `unavailable`, `stall` takes longer than a lease lives. The
 * `Before` kinds happen before its effect, the `After` kinds when its answer is on the way, and the `Late` kinds leave a
 * request under way that takes effect long after the caller has died or given up.
 */
export const troubles = [
  'killBefore',
  'killAfter',
  'killLate',
  'failBefore',
  'failAfter',
  'failLate',
  'stallBefore',
  'stallAfter',
] as const;
export type Trouble = (typeof troubles)[number];
export type Fate = 'ok' | Trouble;

/** One more arrival of a push of Gmail. */
export interface Copy {
  readonly delayMs: number;
  /** Published twice, instead of delivered twice. */
  readonly hasOwnId: boolean;
}

/** The adversary: decides what happens to every I/O and how long things take. */
export interface Adversary {
  /** `index` counts all I/Os of a schedule from 0. */
  fate(index: number, nowMs: number): Fate;
  latencyMs(): number;
  readonly worstLatencyMs: number;
  /** How long after its caller gave up a `Late` effect comes. */
  lateMs(): number;
  /** How often a push of Gmail arrives; none: it is lost. */
  copies(nowMs: number): readonly Copy[];
  /** Which of the instances takes a delivery. */
  chooseInstance(count: number): number;
  /** How far a new instance's clock is ahead. */
  skewMs(): number;
}

/** A process. When it is killed nothing it awaits ever answers. */
export interface Instance {
  readonly name: string;
  readonly skewMs: number;
  alive: boolean;
  onKill: (() => void)[];
}

/** The clocks of two processes differ by no more than twice this. */
export const largestSkewMs = 5_000;

/** Far above what any schedule needs; the process whose I/O is one too many waits for its answer for ever. */
const mostIos = 10_000;

const stallMs = 400_000;
const startMs = 1_800_000_000_000;

/**
 * Virtual time over real code: every I/O of an instance becomes two events in one queue, its effect and its answer, and
 * between two events all promises come to rest. With the same adversary the same schedule plays out.
 */
export class World {
  nowMs = startMs;
  /** What each I/O was, in order. */
  readonly ioLabels: string[] = [];
  kills = 0;
  faults = 0;
  readonly trace: string[] = [];
  private readonly queue: { readonly atMs: number; readonly run: () => void | Promise<void> }[] = [];
  private instanceCount = 0;

  constructor(
    readonly adversary: Adversary,
    private readonly traced: boolean,
  ) {}

  /** Events of the same time run in the order in which they were added. */
  at(atMs: number, run: () => void | Promise<void>): void {
    const { queue } = this;
    let index = queue.length;
    for (let earlier = queue[index - 1]; earlier && earlier.atMs > atMs; earlier = queue[index - 1]) index--;
    if (index === queue.length) queue.push({ atMs, run });
    else queue.splice(index, 0, { atMs, run });
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

  get isRunaway(): boolean {
    return this.ioLabels.length >= mostIos;
  }

  newInstance(): Instance {
    const name = `i${++this.instanceCount}`;
    return { name, skewMs: this.adversary.skewMs(), alive: true, onKill: [] };
  }

  kill(instance: Instance): void {
    this.kills += 1;
    instance.alive = false;
    this.note(instance.name, 'killed');
    for (const listener of instance.onKill.splice(0)) listener();
  }

  /**
   * One I/O of an instance: `effect` runs after a latency, its outcome is seen after another, or never. `isCut` tells an
   * effect that is made of parts that the answer will be a failure.
   */
  io<T>(instance: Instance, label: string, effect: (isCut: boolean) => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!instance.alive || this.isRunaway) return;
      const index = this.ioLabels.push(label) - 1;
      const fate = this.adversary.fate(index, this.nowMs);
      if (fate !== 'ok') this.faults += 1;
      this.note(instance.name, `#${index}`, label, fate);
      const fail = () => {
        if (instance.alive) reject(new AttacheError('unavailable', `${label} failed`, { code: 'injected' }));
      };
      const answerLater = async (): Promise<void> => {
        const answer = await settle(() => effect(fate === 'failAfter'));
        if (fate === 'killAfter') return this.kill(instance);
        this.after(this.adversary.latencyMs() + (fate === 'stallAfter' ? stallMs : 0), () => {
          if (!instance.alive) return;
          if (fate === 'failAfter') fail();
          else if ('error' in answer) reject(answer.error);
          else resolve(answer.value);
        });
      };
      this.after(this.adversary.latencyMs() + (fate === 'stallBefore' ? stallMs : 0), () => {
        if (!instance.alive) return;
        switch (fate) {
          case 'killBefore':
            return this.kill(instance);
          case 'failBefore':
            return fail();
          case 'killLate':
          case 'failLate':
            this.after(this.adversary.lateMs(), async () => {
              this.note(instance.name, `#${index}`, label, 'takes effect');
              await settle(() => effect(false));
            });
            return fate === 'failLate' ? fail() : this.kill(instance);
          default:
            return answerLater();
        }
      });
    });
  }

  clockOf(instance: Instance): Clock {
    return {
      now: () => this.nowMs + instance.skewMs,
      sleep: (ms) =>
        new Promise((resolve) => {
          this.after(Math.ceil(ms), () => {
            if (instance.alive) resolve();
          });
        }),
    };
  }

  /** A line of the trace: milliseconds since the start, and what happened. */
  note(...words: string[]): void {
    if (this.traced) this.trace.push(`${this.nowMs - startMs} ${words.join(' ')}`);
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

/** Called within a promise's continuation, where a tick begins when no microtask is left: nothing here waits for more. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
