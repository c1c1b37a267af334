/** The workspace's time: that of `base`, moved forward by hand. All of Google's deadlines are measured by it. */
export class WorkspaceClock {
  #advancedMs = 0;

  /** `base` gives epoch milliseconds and is the time of those who call: what they sign is dated by it. */
  constructor(readonly base: () => number) {}

  readonly now = (): number => this.base() + this.#advancedMs;

  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`The clock only goes forward, not by ${ms} ms.`);
    this.#advancedMs += ms;
  }
}
