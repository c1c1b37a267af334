import type { Booking, Reservation, ReserveOutcome } from '../booking';
import type { MeetingRecord, StoredMeeting } from './meeting-record';
import type { MeetingEventType } from './meeting-view';

export interface MeetingTransition {
  readonly patch: Partial<MeetingRecord>;
  /** Times given back with it. */
  readonly giveBack?: readonly Booking[];
  /** Recorded with it and published after it; where that fails, by the sweep. */
  readonly event?: MeetingEventType;
  /** The meeting as it then is becomes the answer under its idempotency key. */
  readonly answersKey?: boolean;
}

export type HoldOutcome =
  { readonly kind: 'held'; readonly stored: StoredMeeting } | Extract<ReserveOutcome, { readonly kind: 'taken' }>;

/**
 * Meetings with the times they hold. Every write is one atomic commit that names the version it replaces.
 * Errors: `preconditionFailed` when somebody else has changed the meeting, `unavailable` (the outcome is then unknown).
 */
export interface MeetingStore {
  load(id: string): Promise<StoredMeeting | undefined>;
  /** In the order of `ids`. */
  loadAll(ids: readonly string[]): Promise<(StoredMeeting | undefined)[]>;
  /** Takes the time and writes the meeting, or neither. `replaced` is undefined for a new one. */
  hold(
    record: MeetingRecord,
    reservation: Reservation,
    options: { readonly replaced: StoredMeeting | undefined; readonly allowConflicts: boolean },
  ): Promise<HoldOutcome>;
  /** Takes a time without a question: it is so in the calendar already. */
  take(reservation: Reservation): Promise<void>;
  transition(stored: StoredMeeting, transition: MeetingTransition): Promise<StoredMeeting>;
  /** Has the sweep look at it later; the meeting itself does not change by it. */
  postpone(stored: StoredMeeting, settleAtMs: number): Promise<void>;
  /** Gives everything back, and forgets the meeting and its idempotency key. */
  discard(stored: StoredMeeting): Promise<void>;
  /** Publishes events that transitions have recorded and nobody has published since. */
  publishRecorded(): Promise<number>;
  /** Meetings whose `settleAtMs` has come, the longest overdue first. */
  listDue(nowMs: number, limit: number): Promise<StoredMeeting[]>;
}
