import type { HistoryRecord } from './mailbox';
import { candidatesOf, judgeLabels, type LabelVerdict, type WatchedLabels } from './label-rules';

const include = (...labelIds: string[]): WatchedLabels => ({ labelIds, labelFilterBehavior: 'include' });
const exclude = (...labelIds: string[]): WatchedLabels => ({ labelIds, labelFilterBehavior: 'exclude' });
const inbox = include('INBOX');
const all = include();
const work = include('Label_1');

describe('a fetched message', () => {
  test.each<[string, string[], WatchedLabels, boolean, LabelVerdict]>([
    ['in the inbox', ['INBOX', 'UNREAD'], inbox, false, 'deliver'],
    ['under another label', ['Label_1'], inbox, false, 'unwatchedLabel'],
    ['under no label', [], inbox, false, 'unwatchedLabel'],
    ['archived after it came in', [], inbox, true, 'deliver'],
    ['under no label, where all are watched', [], all, false, 'deliver'],
    ['under the watched label', ['Label_1'], work, false, 'deliver'],
    ['under a label whose id begins like the watched one', ['Label_10'], work, false, 'unwatchedLabel'],

    ['a draft', ['DRAFT'], all, true, 'draft'],
    ['a draft, where drafts are watched', ['DRAFT', 'INBOX'], include('DRAFT'), true, 'draft'],

    ['spam', ['SPAM'], all, false, 'spamOrTrash'],
    ['spam that was in the inbox first', ['SPAM', 'INBOX'], inbox, true, 'spamOrTrash'],
    ['spam under the watched label', ['SPAM', 'Label_1'], work, true, 'spamOrTrash'],
    ['spam, where spam is watched', ['SPAM'], include('SPAM'), false, 'deliver'],
    ['spam, where only trash is watched', ['SPAM', 'TRASH'], include('TRASH'), false, 'spamOrTrash'],
    ['spam, where other labels are excluded', ['SPAM'], exclude('Label_1'), true, 'spamOrTrash'],
    ['spam, where trash is excluded', ['SPAM'], exclude('TRASH'), true, 'spamOrTrash'],
    ['trash', ['TRASH'], all, true, 'spamOrTrash'],
    ['trash, where trash is watched', ['TRASH'], include('INBOX', 'TRASH'), false, 'deliver'],

    ['own sent mail', ['SENT'], all, true, 'ownSentMail'],
    ['own sent mail, where sent mail is watched', ['SENT'], include('SENT'), true, 'ownSentMail'],
    ['own sent mail under the watched label', ['SENT', 'Label_1'], work, true, 'ownSentMail'],
    ['mail to oneself', ['SENT', 'INBOX'], inbox, false, 'deliver'],

    ['excluded', ['INBOX', 'Label_1'], exclude('Label_1', 'Label_2'), false, 'unwatchedLabel'],
    ['not excluded', ['INBOX'], exclude('Label_1'), false, 'deliver'],
    ['under no label, where some are excluded', [], exclude('Label_1'), false, 'deliver'],
    ['excluded only after it came in', ['Label_1'], exclude('Label_1'), true, 'deliver'],
  ])('%s: %p', (_, labelIds, watched, enteredWatched, verdict) => {
    expect(judgeLabels(labelIds, watched, enteredWatched)).toBe(verdict);
  });
});

describe('a history record', () => {
  const added = (labelIds?: string[]): HistoryRecord => ({
    id: '1',
    messagesAdded: [{ message: { id: 'm', ...(labelIds && { labelIds }) } }],
  });
  const labelled = (...labelIds: string[]): HistoryRecord => ({
    id: '1',
    labelsAdded: [{ message: { id: 'm' }, labelIds }],
  });
  const entered = { isNew: true, enteredWatched: true };
  const elsewhere = { isNew: true, enteredWatched: false };
  const moved = { isNew: false, enteredWatched: true };

  test.each<[string, HistoryRecord, WatchedLabels, object | undefined]>([
    ['new in the inbox', added(['INBOX']), inbox, entered],
    ['new elsewhere, to be judged when it is fetched', added(['SPAM']), inbox, elsewhere],
    ['new under labels that the record does not name', added(), inbox, elsewhere],
    ['new, where all is watched', added([]), all, entered],
    ['new under an excluded label', added(['Label_1']), exclude('Label_1'), elsewhere],
    ['a draft', added(['DRAFT']), all, undefined],

    ['moved to the inbox', labelled('INBOX'), inbox, moved],
    ['given the watched label among others', labelled('STARRED', 'Label_1'), work, moved],
    ['given another label', labelled('STARRED'), inbox, undefined],
    ['given a star, where all is watched', labelled('STARRED'), all, undefined],
    ['rescued from spam, where all is watched', labelled('INBOX'), all, moved],
    ['rescued from spam, where some labels are excluded', labelled('INBOX'), exclude('Label_1'), moved],
    ['given a star, where some labels are excluded', labelled('STARRED'), exclude('Label_1'), undefined],
    ['given an excluded label', labelled('INBOX', 'Label_1'), exclude('Label_1'), undefined],
    ['thrown away, where trash is watched', labelled('TRASH'), include('TRASH'), moved],
    ['empty', { id: '1' }, inbox, undefined],
  ])('%s', (_, record, watched, candidate) => {
    expect(candidatesOf(record, watched)).toEqual(candidate ? [{ messageId: 'm', ...candidate }] : []);
  });

  test('may name several messages', () => {
    const record: HistoryRecord = {
      id: '1',
      messagesAdded: [{ message: { id: 'a', labelIds: ['INBOX'] } }, { message: { id: 'b', labelIds: ['DRAFT'] } }],
      labelsAdded: [{ message: { id: 'c' }, labelIds: ['INBOX'] }],
    };
    expect(candidatesOf(record, inbox).map(({ messageId }) => messageId)).toEqual(['a', 'c']);
  });
});
