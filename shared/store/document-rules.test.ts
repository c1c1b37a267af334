import type { Write } from '../domain/ports';
import { checkWrites, maxCommitBytes, maxDocumentBytes } from './document-rules';

function setText(length: number, text = 'x', id = 'a'): Write {
  return { op: 'set', path: `c/${id}`, data: { text: text.repeat(length) } };
}

describe('the size of what is written', () => {
  // Name c/a: 4 and 16 bytes; field: name and value each with one byte more; document: 32.
  const overhead = 4 + 48 + 'text'.length + 1 + 1;

  test('a document has at most 1 MiB of UTF-8, by the byte', () => {
    expect(() => checkWrites([setText(maxDocumentBytes - overhead)])).not.toThrow();
    expect(() => checkWrites([setText(maxDocumentBytes - overhead + 1)])).toThrow('1048577 bytes');
    expect(() => checkWrites([setText((maxDocumentBytes - overhead) / 3, '€')])).not.toThrow();
    expect(() => checkWrites([setText(maxDocumentBytes / 2, 'é')])).toThrow('more than 1048576');
  });

  test('a commit has at most 10 MiB, counted only as far as it has to be', () => {
    const many = (count: number, length: number): Write[] =>
      Array.from({ length: count }, (_, i) => setText(length, 'x', `${i}`));
    expect(() => checkWrites(many(11, 400_000))).not.toThrow();
    expect(() => checkWrites(many(10, 1_000_000))).not.toThrow();
    expect(() => checkWrites(many(11, 1_000_000))).toThrow(`is larger than ${maxCommitBytes}`);
  });

  test('errors name the collection and the field, but neither ids nor values', () => {
    const write: Write = { op: 'set', path: 'mailboxes/ana@example.com', data: { subject: 'secret \ud800' } };
    expect(() => checkWrites([write])).toThrow('mailboxes subject is not well-formed text');
    expect(() => checkWrites([{ ...write, path: 'mailboxes/ana@example.com/x' }])).toThrow(/^[^@]*$/);
  });

  test('objects with a class of their own are refused', () => {
    class Money {
      readonly [field: string]: number;
      readonly amount = 1;
    }
    const map = Object.assign(Object.create(null) as Record<string, number>, { a: 1 });
    expect(() => checkWrites([{ op: 'set', path: 'c/a', data: { price: { ...new Money() }, map } }])).not.toThrow();
    const data = { price: new Money() };
    expect(() => checkWrites([{ op: 'set', path: 'c/a', data }])).toThrow('a class of its own');
  });
});
