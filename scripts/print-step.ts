const startedAtMs = Date.now();
let lastAtMs = startedAtMs;

/** One line: since the start, since the line before, who, what, which mailbox. */
export function printStep(actor: string, what: string, mailbox: string): void {
  const nowMs = Date.now();
  const total = `${((nowMs - startedAtMs) / 1_000).toFixed(3)} s`.padStart(10);
  const step = `+${nowMs - lastAtMs} ms`.padStart(9);
  lastAtMs = nowMs;
  console.log(`${total} ${step}  ${actor.padEnd(10)}  ${mailbox.padEnd(16)}  ${what}`);
}
