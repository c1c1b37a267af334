import type { NormalizedMessage, Verdict } from './event-schemas';
import { clip, cleanLine } from './clean-text';
import { stripComments, type HeaderField } from './header-values';

const verdicts: ReadonlySet<string> = new Set<NonNullable<Verdict>>([
  'pass',
  'fail',
  'softfail',
  'neutral',
  'none',
  'policy',
  'temperror',
  'permerror',
]);

/**
 * What Google's own mail server found. Only the topmost `Authentication-Results` with its id counts, and only where Google's
 * server stands in the trace: whatever lies below the hop by which the message reached Google was there before, so anybody
 * may have written it.
 */
export function readAuthentication(headers: readonly HeaderField[]): NormalizedMessage['authentication'] {
  const results = splitResults(findOwnResults(headers));
  const of = (method: string) => results.flatMap((result) => verdictOf(result, method));
  return { spf: only(of('spf')), dkim: best(of('dkim')), dmarc: only(of('dmarc')) };
}

function findOwnResults(headers: readonly HeaderField[]): string {
  let reachedGoogle = false;
  for (const { name, value } of headers) {
    if (name === 'received') {
      if (reachedGoogle) return '';
      reachedGoogle = /\bby mx\.google\.com\b/.test(clip(value, 2000));
    }
    if (name === 'authentication-results' && /^mx\.google\.com(?: 1)?\s*(?:;|$)/i.test(withoutComments(value)))
      return value;
  }
  return '';
}

function splitResults(value: string): string[] {
  return withoutComments(value).split(';').slice(1);
}

/**
 * Google quotes nothing of its own: what stands from the first quotation mark or backslash on is part of an address that the
 * sender chose, and could hold `; dmarc=pass`.
 */
function withoutComments(value: string): string {
  return cleanLine(stripComments(clip(value, 10_000).split(/["\\]/, 1).join('')));
}

function verdictOf(result: string, method: string): NonNullable<Verdict>[] {
  const [, name, verdict = ''] = /^ ?([a-z-]+) ?(?:\/ ?1 ?)?= ?([a-z]+)(?![^ ])/i.exec(result) ?? [];
  const lower = verdict.toLowerCase();
  return name?.toLowerCase() === method && isVerdict(lower) ? [lower] : [];
}

function isVerdict(value: string): value is NonNullable<Verdict> {
  return verdicts.has(value);
}

/** Google gives one; where there are two that differ, one is not Google's. */
function only(found: readonly NonNullable<Verdict>[]): Verdict {
  const [first = null] = found;
  return found.every((verdict) => verdict === first) ? first : null;
}

/** There is one for each signature, and one good signature is enough. */
function best(found: readonly NonNullable<Verdict>[]): Verdict {
  return found.includes('pass') ? 'pass' : (found[0] ?? null);
}
