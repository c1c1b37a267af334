/** Texts for people, from what the API answers. Pure: the time of the moment comes in. */

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** `in 6 days`, `3 minutes ago`, `just now`. */
export function fromNow(instant: string, nowMs: number): string {
  const distanceMs = Date.parse(instant) - nowMs;
  const [unit, unitMs] = units.find(([, ms]) => Math.abs(distanceMs) >= ms) ?? [];
  return unit === undefined ? 'just now' : relative.format(Math.trunc(distanceMs / unitMs), unit);
}

/** `12 March 2026 at 09:00`, in this zone; in that of the browser where none is given. */
export function exactly(instant: string, timeZone?: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone }).format(
    Date.parse(instant),
  );
}

/** `1 task`, `2 tasks`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
