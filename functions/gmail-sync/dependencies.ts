import type { Mailboxes } from '../../shared/domain/mailbox';
import type { Clock, DocumentStore, EventBus, Random } from '../../shared/domain/ports';
import type { MailboxStore } from '../../shared/store/mailbox-store';
import type { EntrySettings } from './decide-entry';

export interface SyncSettings extends EntrySettings {
  readonly notificationsTopic: string;
  readonly eventsTopic: string;
  /** After so long an invocation hands the rest to a continuation. */
  readonly budgetMs: number;
  /** How long to wait, look after look, for history that a push has announced. */
  readonly lagWaitsMs: readonly number[];
  /** An announced id that is still not listed after so long is given up; reconciling covers it. */
  readonly lagAbandonMs: number;
  readonly fetchConcurrency: number;
  /** Messages fetched and committed at a time. */
  readonly chunkSize: number;
  readonly maxAttemptsPerMessage: number;
  readonly maxRefusals: number;
  readonly reconcileIntervalMs: number;
  /** How far a listing by date reaches back beyond the last good pass. */
  readonly overlapMs: number;
  /** Messages younger than this are not reconciled: their push may still be on its way. */
  readonly reconcileLagMs: number;
  /** A deferral where Google named no time. */
  readonly defaultDeferralMs: number;
}

/** Everything gmail-sync reaches the world through. */
export interface SyncDependencies {
  readonly store: DocumentStore;
  readonly mailboxStore: MailboxStore;
  readonly bus: EventBus;
  readonly mailboxes: Mailboxes;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: SyncSettings;
}

export const defaultSyncSettings: SyncSettings = {
  notificationsTopic: 'gmail-notifications',
  eventsTopic: 'agent-events',
  leaseMs: 90_000,
  redeliveryWindowMs: 120_000,
  shortDeferralMs: 60_000,
  budgetMs: 240_000,
  lagWaitsMs: [300, 700, 1_500],
  lagAbandonMs: 1_800_000,
  fetchConcurrency: 8,
  chunkSize: 25,
  maxAttemptsPerMessage: 5,
  maxRefusals: 5,
  reconcileIntervalMs: 6 * 3_600_000,
  overlapMs: 3_600_000,
  reconcileLagMs: 300_000,
  defaultDeferralMs: 30_000,
};
