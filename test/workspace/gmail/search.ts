import { DateTime } from 'luxon';
import { hasAttachment, headerOf, textOf } from './message-text';
import type { StoredMessage } from './mailbox';

export interface Search {
  readonly matches: (message: StoredMessage) => boolean;
  /** Whether the query itself asks for spam or trash, which are hidden otherwise. */
  readonly seesSpamTrash: boolean;
}

/**
 * Gmail's search syntax as far as it is used here: after, before (epoch seconds, or a date at midnight in California),
 * in, label, is, from, to, subject, rfc822msgid, has:attachment, words and "phrases", each negated by a leading `-`.
 * `labelIdOf` finds a label by its name.
 */
export function compileSearch(q: string, labelIdOf: (name: string) => string | undefined): Search {
  const terms = [...q.matchAll(/(-?)(?:([a-z0-9]+):)?(?:"([^"]*)"|(\S+))/gi)].map((match) => {
    const [, minus, operator = '', phrase, word = ''] = match;
    const value = (phrase ?? word).toLowerCase();
    const test = compileTerm(operator.toLowerCase(), value, labelIdOf);
    return { operator: operator.toLowerCase(), value, test: minus ? (m: StoredMessage) => !test(m) : test };
  });
  return {
    matches: (message) => terms.every((term) => term.test(message)),
    seesSpamTrash: terms.some(
      ({ operator, value }) => ['in', 'label', 'is'].includes(operator) && /^(spam|trash|anywhere)$/.test(value),
    ),
  };
}

function compileTerm(
  operator: string,
  value: string,
  labelIdOf: (name: string) => string | undefined,
): (message: StoredMessage) => boolean {
  const contains = (header: string) => (message: StoredMessage) =>
    headerOf(message.payload, header).toLowerCase().includes(value);
  switch (operator) {
    case 'after': {
      const timeMs = timeOf(value);
      return (message) => message.internalDateMs >= timeMs;
    }
    case 'before': {
      const timeMs = timeOf(value);
      return (message) => message.internalDateMs < timeMs;
    }
    case 'in':
    case 'label':
    case 'is': {
      if (value === 'anywhere') return () => true;
      if (value === 'read') return (message) => !message.labelIds.includes('UNREAD');
      const labelId = labelIdOf(value);
      return (message) => labelId !== undefined && message.labelIds.includes(labelId);
    }
    case 'from':
    case 'subject':
      return contains(operator);
    case 'to':
      return (message) => ['to', 'cc', 'bcc'].some((header) => contains(header)(message));
    case 'rfc822msgid': {
      const id = bare(value);
      return (message) => bare(headerOf(message.payload, 'message-id').toLowerCase()) === id;
    }
    case 'has':
      return value === 'attachment' ? (message) => hasAttachment(message.payload) : () => false;
    default: {
      const text = operator ? `${operator}:${value}` : value;
      return (message) => (message.searchText ??= searchTextOf(message)).includes(text);
    }
  }
}

function bare(messageId: string): string {
  return messageId.trim().replace(/^<|>$/g, '');
}

function timeOf(value: string): number {
  if (/^\d{9,}$/.test(value)) return Number(value) * 1_000;
  return DateTime.fromFormat(value.replace(/-/g, '/'), 'yyyy/M/d', { zone: 'America/Los_Angeles' }).toMillis();
}

function searchTextOf({ payload }: StoredMessage): string {
  return [...['subject', 'from', 'to', 'cc'].map((name) => headerOf(payload, name)), textOf(payload)]
    .join('\n')
    .toLowerCase();
}
