import type { HistoryRecord, LabelFilterBehavior } from './mailbox';

export interface WatchedLabels {
  readonly labelIds: readonly string[];
  readonly labelFilterBehavior: LabelFilterBehavior;
}

export type LabelVerdict = 'deliver' | 'draft' | 'spamOrTrash' | 'ownSentMail' | 'unwatchedLabel';

/**
 * Whether a message with these labels is news for an agent. Asked of the fetched message, not of the history record:
 * spam labelling may follow the record. Drafts never; SPAM and TRASH only where they are watched by name; own sent mail
 * never, except mail to oneself, which also carries INBOX. A message that history saw entering a watched label
 * (`enteredWatched`) is news even if somebody has archived it before it could be fetched.
 */
export function judgeLabels(
  labelIds: readonly string[],
  watched: WatchedLabels,
  enteredWatched: boolean,
): LabelVerdict {
  const has = (labelId: string) => labelIds.includes(labelId);
  const watchedByName = (labelId: string) =>
    watched.labelFilterBehavior === 'include' && watched.labelIds.includes(labelId);
  if (has('DRAFT')) return 'draft';
  if ((has('SPAM') && !watchedByName('SPAM')) || (has('TRASH') && !watchedByName('TRASH'))) return 'spamOrTrash';
  if (has('SENT') && !has('INBOX')) return 'ownSentMail';
  return enteredWatched || matchesWatch(labelIds, watched) ? 'deliver' : 'unwatchedLabel';
}

export interface Candidate {
  readonly messageId: string;
  /** Added to the mailbox; otherwise it was given a label, and may have been delivered long ago. */
  readonly isNew: boolean;
  /** The record itself shows it under a watched label. */
  readonly enteredWatched: boolean;
}

/**
 * The messages of one history record that may be news: added ones, and ones that were given a watched label (mail
 * rescued from spam shows only so). A message that was added as a draft is left out: autosaves write one record each, and
 * when a draft becomes mail to oneself that is a record of its own.
 */
export function candidatesOf(record: HistoryRecord, watched: WatchedLabels): Candidate[] {
  const added = (record.messagesAdded ?? [])
    .filter(({ message }) => !message.labelIds?.includes('DRAFT'))
    .map(({ message }) => ({
      messageId: message.id,
      isNew: true,
      enteredWatched: message.labelIds !== undefined && matchesWatch(message.labelIds, watched),
    }));
  const labelled = (record.labelsAdded ?? [])
    .filter(({ labelIds }) => entersWatch(labelIds, watched))
    .map(({ message }) => ({ messageId: message.id, isNew: false, enteredWatched: true }));
  return [...added, ...labelled];
}

/** Where everything but some labels is watched, a star is no arrival: only a return to the inbox (out of spam) is. */
function entersWatch(addedLabelIds: readonly string[], watched: WatchedLabels): boolean {
  const byName = watched.labelFilterBehavior === 'include' && watched.labelIds.length > 0;
  return (byName || addedLabelIds.includes('INBOX')) && matchesWatch(addedLabelIds, watched);
}

function matchesWatch(labelIds: readonly string[], watched: WatchedLabels): boolean {
  const overlaps = labelIds.some((labelId) => watched.labelIds.includes(labelId));
  return watched.labelFilterBehavior === 'include' ? watched.labelIds.length === 0 || overlaps : !overlaps;
}
