import { largestSkewMs, seededRandom, type Adversary, type Copy, type Fate } from './world';

/** Calm weather but for the I/Os named. */
export class ScriptedAdversary implements Adversary {
  readonly worstLatencyMs = 10;

  constructor(private readonly fates: Readonly<Record<number, Fate>>) {}

  fate(index: number): Fate {
    return this.fates[index] ?? 'ok';
  }
  latencyMs(): number {
    return this.worstLatencyMs;
  }
  /** When a lease has expired and its successor is done. */
  lateMs(): number {
    return 200_000;
  }
  copies(): readonly Copy[] {
    return once;
  }
  chooseInstance(): number {
    return 0;
  }
  skewMs(): number {
    return 0;
  }
}

export interface Weather {
  /** Chance of each kind of trouble, per I/O or push. */
  readonly kill: number;
  readonly fail: number;
  readonly stall: number;
  readonly drop: number;
  readonly double: number;
  readonly maxLatencyMs: number;
  readonly maxSkewMs: number;
}

/** Trouble by chance, from a seed, for the first ten minutes; then calm. */
export class RandomAdversary implements Adversary {
  private readonly random;
  private calmAtMs: number | undefined;

  constructor(
    seed: number,
    private readonly weather: Weather,
  ) {
    this.random = seededRandom(seed);
  }

  fate(_index: number, nowMs: number): Fate {
    if (!this.isStormy(nowMs)) return 'ok';
    const { kill, fail, stall } = this.weather;
    const dice = this.random.next();
    if (dice < kill) return this.pick('killBefore', 'killAfter', 'killLate');
    if (dice < kill + fail) return this.pick('failBefore', 'failAfter', 'failLate');
    return dice < kill + fail + stall ? this.pick('stallBefore', 'stallAfter') : 'ok';
  }

  get worstLatencyMs(): number {
    return this.weather.maxLatencyMs + 1;
  }

  latencyMs(): number {
    return 1 + Math.floor(this.random.next() ** 3 * this.weather.maxLatencyMs);
  }

  lateMs(): number {
    return Math.floor(this.random.next() ** 3 * 300_000);
  }

  copies(nowMs: number): readonly Copy[] {
    if (!this.isStormy(nowMs)) return once;
    const dice = this.random.next();
    if (dice < this.weather.drop) return [];
    if (dice >= this.weather.drop + this.weather.double) return once;
    const delayMs = Math.floor(this.random.next() ** 3 * 120_000);
    return [...once, { delayMs, hasOwnId: this.random.next() < 0.5 }];
  }

  chooseInstance(count: number): number {
    return Math.floor(this.random.next() * count);
  }

  skewMs(): number {
    return Math.round((this.random.next() - 0.5) * this.weather.maxSkewMs);
  }

  private pick(...fates: readonly Fate[]): Fate {
    return fates[Math.floor(this.random.next() * fates.length)] ?? 'ok';
  }

  private isStormy(nowMs: number): boolean {
    this.calmAtMs ??= nowMs + 600_000;
    return nowMs < this.calmAtMs;
  }
}

/** The weather of a seed: from calm with jitter to storms. */
export function weatherOf(seed: number): Weather {
  const random = seededRandom(seed ^ 0x5eed);
  const chance = (limit: number) => (random.next() < 0.4 ? 0 : random.next() * limit);
  return {
    kill: chance(0.15),
    fail: chance(0.2),
    stall: chance(0.05),
    drop: chance(0.5),
    double: chance(0.5),
    maxLatencyMs: 2 + Math.floor(random.next() ** 2 * 5_000),
    maxSkewMs: chance(2 * largestSkewMs),
  };
}

const once: readonly Copy[] = [{ delayMs: 0, hasOwnId: false }];
