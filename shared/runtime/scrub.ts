import { hashAddress } from '../domain/hash-address';

/**
 * Text as it may stand in a log: addresses become their `mbx_…` stand-ins, and whatever looks like a credential is cut
 * out. The last line of defence; fields are allow-listed before it.
 */
export function scrub(text: string): string {
  const standIn = (address: string): string => hashAddress(address.replace(/%40/i, '@'));
  return text
    .slice(0, MAX_LENGTH)
    .replace(CREDENTIALS, '[secret]')
    .replace(ADDRESS, standIn)
    .replace(ODD_ADDRESS, standIn);
}

export function cutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '[secret]');
}

/** Longer text says no more, and Cloud Logging cuts it anyway. */
const MAX_LENGTH = 8192;

/**
 * The characters of real addresses, so that `users/ana@…` and `user=ana@…` keep what is before the address. A match
 * starts only where a run of them starts, which keeps the search linear.
 */
const ADDRESS = /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/giu;
/** The rest of what RFC 5322 allows. */
const ODD_ADDRESS = /(?<![^\s@<>"(),;:])[^\s@<>"(),;:]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/giu;

const CREDENTIALS = new RegExp(
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/,
    /\b(?:Bearer|Basic)\s+[\w.~+/=-]+/,
    // A JWT, even one that lost its signature.
    /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/,
    // Google's access tokens, refresh tokens, client secrets and API keys; our own API keys and webhook secrets.
    /\bya29\.[\w-]+/,
    /\b1\/\/[\w-]{10,}/,
    /\bGOCSPX-[\w-]+/,
    /\bAIza[\w-]{20,}/,
    /\batk_[\w-]+/,
    /\bwhsec_[\w+/=-]+/,
    /(?<=[?&](?:code|state|key)=)[^\s"'&]+/,
    /(?<=\b(?:access_token|refresh_token|id_token|client_secret|assertion|password)["']?[=:]\s*["']?)[^\s"'&,;]+/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
);
