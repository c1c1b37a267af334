import type * as z from 'zod';
import type { mailbox } from '../functions/mailboxes/schema';
import { fromNow } from './format';

export type Mailbox = z.infer<typeof mailbox>;

export interface Finding {
  readonly tone: 'good' | 'warn' | 'bad';
  readonly text: string;
}

/** Gmail ends a watch after seven days, and it is renewed every day: with less left than this, renewing has failed. */
const watchWarningMs = 3 * 86_400_000;

export function watchHealth({ watch }: Pick<Mailbox, 'watch'>, nowMs: number): Finding {
  const { expiration, error } = watch;
  if (expiration === null) return { tone: 'bad', text: error === null ? 'none' : `none: ${error}` };
  const leftMs = Date.parse(expiration) - nowMs;
  if (leftMs <= 0) return { tone: 'bad', text: `ended ${fromNow(expiration, nowMs)}` };
  const text = `ends ${fromNow(expiration, nowMs)}`;
  if (error !== null) return { tone: 'warn', text: `${text}; renewing failed: ${error}` };
  return { tone: leftMs < watchWarningMs ? 'warn' : 'good', text };
}

/** How far reading is behind what Gmail has announced. */
export function lagHealth(mailbox: Mailbox, nowMs: number): Finding {
  const { behind, deferredUntil, lastNotificationAt, lastSyncedAt } = mailbox;
  if (deferredUntil !== null && Date.parse(deferredUntil) > nowMs) {
    return { tone: 'warn', text: `Google asked for quiet; goes on ${fromNow(deferredUntil, nowMs)}` };
  }
  if (behind) {
    return {
      tone: 'warn',
      text: lastNotificationAt === null ? 'behind' : `behind since ${fromNow(lastNotificationAt, nowMs)}`,
    };
  }
  return {
    tone: 'good',
    text: lastSyncedAt === null ? 'up to date' : `up to date, read ${fromNow(lastSyncedAt, nowMs)}`,
  };
}
