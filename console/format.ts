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

/** A consent's way back: what is to be said, from the query that the API has added. */
export function consentOutcome(
  query: URLSearchParams,
): { readonly text: string; readonly failed: boolean } | undefined {
  const error = query.get('error');
  if (error !== null)
    return { text: consentErrors[error] ?? `The account could not be connected (${error}).`, failed: true };
  const missing = query.get('missing');
  if (missing !== null) {
    const features = missing.split(',').join(' and ');
    return {
      text: `Connected, but without ${features}: that scope was not granted. Connect again to add it.`,
      failed: true,
    };
  }
  if (query.has('connection')) return { text: 'The account is connected.', failed: false };
  if (query.has('zoomAccount')) return { text: 'The Zoom account is connected.', failed: false };
  return undefined;
}

const consentErrors: Readonly<Record<string, string>> = {
  consentDenied: 'The consent was not given, so nothing was connected.',
  scopesNotGranted: 'None of the scopes was granted, so nothing was connected. Tick the boxes on the consent page.',
  userDenied: 'This user is never acted for: the deployment excludes the account.',
  oauthAppRefused: 'Google refuses the OAuth app: check its client id and secret under Setup.',
  invalidGrant: 'The consent took too long or was used twice. Connect again.',
};
