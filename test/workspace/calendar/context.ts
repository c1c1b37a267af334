import type { QuotaSettings } from '../quota';
import type { Conferences, ConferenceSettings } from './conferences';
import type { Directory } from './directory';
import type { Invitations } from './invitations';

/** Google's rules, changeable at any time. */
export interface CalendarSettings extends QuotaSettings, ConferenceSettings {
  /** Upper bound of every page, whatever `maxResults` says. */
  pageSizeLimit: number;
  /** Puts a page that has a token and no items before each page of events. */
  emptyListPages: boolean;
  /** The longest range that `freeBusy` takes. */
  maxFreeBusyDays: number;
  /** How long a channel lives where its request does not ask for less. */
  maxChannelLifetimeMs: number;
}

/** What the API's collections share. */
export interface CalendarContext {
  readonly settings: CalendarSettings;
  readonly directory: Directory;
  readonly conferences: Conferences;
  readonly invitations: Invitations;
  readonly nextEventId: () => string;
  /** Makes the conferences that are due, in the guests' copies too. */
  settleConferences(): void;
  /** Runs one call: what has become due first, then its work, then one notification for each calendar it changed. */
  run<Result>(work: () => Result): Result;
}
