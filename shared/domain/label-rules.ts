import type { HistoryRecord, LabelFilterBehavior } from './mailbox';

export interface WatchedLabels {
  readonly labelIds: readonly string[];
  readonly labelFilterBehavior: LabelFilterBehavior;
}

export type LabelVerdict = 'deliver' | 'draft' | 'spamOrTrash' | 'ownSentMail' | 'unwatchedLabel';

/**
 * Whether a message with these labels is news for an agent. Asked of the fetched message, not of the history record:
 * spam labelling and filters may follow the record. Drafts never; SPAM and TRASH only where they are watched by name;
 * own sent mail never, except mail to oneself, which also carries INBOX.
 */
export function judgeLabels(labelIds: readonly string[], watched: WatchedLabels): LabelVerdict {
  const has = (labelId: string) => labelIds.includes(labelId);
  const watchedByName = (labelId: string) =>
    watched.labelFilterBehavior === 'include' && watched.labelIds.includes(labelId);
  if (has('DRAFT')) return 'draft';
  if ((has('SPAM') && !watchedByName('SPAM')) || (has('TRASH') && !watchedByName('TRASH'))) return 'spamOrTrash';
  if (has('SENT') && !has('INBOX')) return 'ownSentMail';
  return matchesWatch(labelIds, watched) ? 'deliver' : 'unwatchedLabel';
}

export interface Candidates {
  /** New in the mailbox. */
  readonly added: readonly string[];
  /** Given a watched label; may have been delivered long ago. */
  readonly labelled: readonly string[];
}

/**
 * The messages of one history record that may be news: added ones, and ones that were given a watched label (mail
 * rescued from spam shows only so). A message that was added as a draft is left out: autosaves write one record each, and
 * when a draft becomes mail to oneself that is a record of its own.
 */
export function candidatesOf(record: HistoryRecord, watched: WatchedLabels): Candidates {
  const added = (record.messagesAdded ?? []).filter(({ message }) => !message.labelIds?.includes('DRAFT'));
  const labelled = (record.labelsAdded ?? []).filter(({ labelIds }) => matchesWatch(labelIds, watched));
  return { added: added.map(({ message }) => message.id), labelled: labelled.map(({ message }) => message.id) };
}

function matchesWatch(labelIds: readonly string[], watched: WatchedLabels): boolean {
  const overlaps = labelIds.some((labelId) => watched.labelIds.includes(labelId));
  return watched.labelFilterBehavior === 'include' ? watched.labelIds.length === 0 || overlaps : !overlaps;
}
