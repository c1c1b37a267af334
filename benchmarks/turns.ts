/** One round trip is one turn: calls that are under way at the same time take a turn together. */
export class Turns {
  count = 0;
  #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) > 1) return;
      // By then everything has been asked for that does not depend on an answer of this turn.
      setImmediate(() => {
        this.count += 1;
        for (const answer of this.#waiting.splice(0)) answer();
      });
    });
  }
}
