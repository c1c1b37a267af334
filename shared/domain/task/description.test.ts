import fc from 'fast-check';
import { joinDescription, renderBlock, withoutBlock, type BlockContent } from './description';

const block = (content: Partial<BlockContent> = {}, managedBy = 'Attaché') =>
  renderBlock(
    {
      zoomJoinUrl: null,
      notes: '',
      type: 'Call',
      priority: 'High',
      status: 'In progress',
      contact: null,
      deal: null,
      ...content,
    },
    managedBy,
  );

const visible = (text: string) => text.replaceAll('\u2063', '');

test('the block has every part in its order', () => {
  const full = block({ zoomJoinUrl: 'https://zoom.us/j/1', notes: 'Bring cake', contact: 'Ada\nL.', deal: 'Engine' });
  expect(visible(joinDescription('Hello', full))).toBe(
    [
      'Hello',
      '📹 Zoom Meeting:\nhttps://zoom.us/j/1',
      '📝 Notes:\nBring cake',
      '---\nType: Call\nPriority: High\nStatus: In progress\nContact: Ada L.\nDeal: Engine',
      '🔗 Managed by Attaché',
    ].join('\n\n'),
  );
  expect(visible(joinDescription('', block()))).toBe(
    '---\nType: Call\nPriority: High\nStatus: In progress\n\n🔗 Managed by Attaché',
  );
});

const line = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('---', '🔗 Managed by Attaché', '📝 Notes:', 'Type: Call\nPriority: Low', '', '<br>', block()),
);
const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'));

test('ten round trips leave any description byte for byte as it was, whatever the notes say', () => {
  fc.assert(
    fc.property(text, text, text, (description, notes, contact) => {
      let current = description;
      for (let trip = 0; trip < 10; trip++)
        current = withoutBlock(joinDescription(current, block({ notes, contact, zoomJoinUrl: 'https://zoom.us/j/1' })));
      expect(current).toBe(description);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a line the user drew', 'One\n\n---\n\nTwo'],
  ['whitespace at its end', 'One  \n\n'],
  ['nothing', ''],
  ['only blank lines', '\n\n\n'],
  ['a copied block', `One\n\n${block({ notes: 'Old' })}`],
])('a description of %s stays', (_, description) => {
  expect(withoutBlock(joinDescription(description, block({ notes: 'New' })))).toBe(description);
});

test.each([
  ['notes', '🔗 🔗 Managed byManaged by'],
  ['contact', '🔗\nManaged by'],
  ['deal', '🔗 🔗\tManaged byManaged by'],
])('%s that make a closing line when they are cleaned do not end the block', (name, text) => {
  expect(withoutBlock(joinDescription('Above', block({ [name]: text })))).toBe('Above');
});

test('what people write below the block or in it is told from it', () => {
  const joined = joinDescription('Above', block({ notes: 'Notes' }));
  expect(withoutBlock(`${joined}\n\nBelow`)).toBe('Above\n\nBelow');
  expect(withoutBlock(joined.replace('Notes\n\n---', 'Other notes\n\n---'))).toBe('Above');
  expect(withoutBlock(joined.replace('Above', 'Changed'))).toBe('Changed');
});

test('a block is known without its marker, and as HTML', () => {
  const joined = visible(joinDescription('Above', block()));
  expect(withoutBlock(joined)).toBe('Above');
  expect(withoutBlock(joined.replaceAll('\n', '<br>'))).toBe('Above');
  expect(withoutBlock(joinDescription('Above', block()).replaceAll('\n', '<br>'))).toBe('Above');
});

test('a text that only speaks of us is left alone', () => {
  expect(withoutBlock('See 🔗 Managed by Attaché')).toBe('See 🔗 Managed by Attaché');
});

test('the longest description with the longest notes fits into an event', () => {
  const long = (length: number) => '😀'.repeat(length / 2);
  const joined = joinDescription(long(5_000), block({ notes: long(5_000), contact: long(254), deal: long(254) }));
  expect(joined.length).toBeLessThan(8_192);
  expect(joined).not.toMatch(/\p{Surrogate}/u);
});
