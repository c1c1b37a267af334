import { createHash } from 'node:crypto';

/**
 * A stable stand-in for an address in logs and metrics: `mbx_` and twelve hex digits. The same mailbox has the same one
 * in every function, however its address is written. It hides the address from a reader, not from one who can guess it.
 */
export function hashAddress(email: string): string {
  return `mbx_${createHash('sha256').update(email.trim().toLowerCase()).digest('hex').slice(0, 12)}`;
}
