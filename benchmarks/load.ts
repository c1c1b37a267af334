import { quantile } from './report';

export interface LoadResult {
  readonly perSecond: number;
  /** Of a processor that does nothing else; what a busy machine leaves alone. */
  readonly perProcessorSecond: number;
  /** Milliseconds from the push to its acknowledgement. */
  readonly acknowledged: Percentiles;
  /** Milliseconds from the push to the event on the bus. */
  readonly published: Percentiles;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface Load {
  readonly mailboxes: readonly string[];
  readonly notifications: number;
  /** As many pushes are under way at any time: what Cloud Run lets one instance have. */
  readonly concurrency: number;
  /** Resolves with the acknowledgement. */
  readonly push: (mailbox: string) => Promise<void>;
  /** Seconds that the process under load has had of a processor so far. */
  readonly processorSeconds: () => number;
}

/**
 * Pushes to one mailbox after another, the next as soon as one is acknowledged. The first tenth is not counted: by then the code is
 * compiled. `onEvent` is to be called when the bus has an event.
 */
export class LoadRun {
  readonly #startedAtMs = new Map<string, number>();
  #acknowledgedMs: number[] = [];
  #publishedMs: number[] = [];

  onEvent(mailbox: string): void {
    const startedAtMs = this.#startedAtMs.get(mailbox);
    if (startedAtMs !== undefined) this.#publishedMs.push(performance.now() - startedAtMs);
  }

  async run({ mailboxes, notifications, concurrency, push, processorSeconds }: Load): Promise<LoadResult> {
    const warmUp = Math.ceil(notifications / 10);
    let begun = 0;
    let countedSinceMs = performance.now();
    let usedBefore = processorSeconds();
    const worker = async () => {
      while (begun < warmUp + notifications) {
        const mailbox = mailboxes[begun++ % mailboxes.length] ?? '';
        if (begun === warmUp) {
          countedSinceMs = performance.now();
          usedBefore = processorSeconds();
          this.#acknowledgedMs = [];
          this.#publishedMs = [];
        }
        const startedAtMs = performance.now();
        this.#startedAtMs.set(mailbox, startedAtMs);
        await push(mailbox);
        this.#acknowledgedMs.push(performance.now() - startedAtMs);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    const seconds = (performance.now() - countedSinceMs) / 1_000;
    if (this.#publishedMs.length < notifications) {
      throw new Error(`Of ${notifications} notifications only ${this.#publishedMs.length} became an event.`);
    }
    return {
      perSecond: this.#acknowledgedMs.length / seconds,
      perProcessorSecond: this.#acknowledgedMs.length / (processorSeconds() - usedBefore),
      acknowledged: percentilesOf(this.#acknowledgedMs),
      published: percentilesOf(this.#publishedMs),
    };
  }
}

function percentilesOf(values: readonly number[]): Percentiles {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99) };
}
