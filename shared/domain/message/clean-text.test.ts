import fc from 'fast-check';
import { cleanLine, cleanText, clip } from './clean-text';

describe('cleanText', () => {
  it.each([
    ['zero-width space', 'pay\u200B now', 'pay now'],
    ['word joiner and byte order mark', '\uFEFFa\u2060b', 'ab'],
    ['soft hyphen', 'in\u00ADvoice', 'invoice'],
    ['bidirectional override', 'invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['bidirectional isolates and marks', '\u2066a\u2069\u200E\u200F\u061C', 'a'],
    ['tag characters', 'hi\u{E0049}\u{E0067}\u{E007F}', 'hi'],
    ['variation selectors that carry data', 'a\uFE0F\uFE01\u{E0100}\u{E01EF}', 'a'],
    ['fillers', 'a\u115F\u1160\u3164\uFFA0b', 'ab'],
    ['combining grapheme joiner', 'a\u034Fb', 'ab'],
    ['annotation marks', 'a\uFFF9b\uFFFAc\uFFFB', 'abc'],
    ['control characters', 'a\u0000\u0007\u001B[31mb\u007F\u0085c', 'a[31mb\nc'],
    ['lone surrogates', 'a\uD83Db\uDE00', 'ab'],
    ['a joiner between Latin letters', 'pass\u200Cword', 'password'],
    ['a run of joiners between Arabic letters', '\u0645\u200C\u200D\u200C\u06CC', '\u0645\u06CC'],
    ['a joiner between an emoji and a word', '\u{1F600}\u200Da', '\u{1F600}a'],
  ])('removes %s', (_, dirty, clean) => {
    expect(cleanText(dirty)).toBe(clean);
  });

  it.each([
    ['a family', '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'],
    ['a skin tone in a sequence', '\u{1F469}\u{1F3FD}\u200D\u{1F4BB}'],
    ['a rainbow flag', '\u{1F3F3}\uFE0F\u200D\u{1F308}'],
    ['a red heart', '\u2764\uFE0F'],
    ['a keycap', '1\uFE0F\u20E3'],
    ['Persian', '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645'],
    ['Persian with a vowel mark', '\u0628\u064E\u200C\u0647\u0627'],
    ['Hindi', '\u0915\u094D\u200D\u0937'],
    ['Mongolian', '\u1820\u180B'],
    ['tabs and line ends', 'a\tb\nc'],
    ['accents written as marks', 'e\u0301'],
  ])('keeps %s whole', (_, text) => {
    expect(cleanText(text)).toBe(text);
  });

  it('makes all line ends one kind', () => {
    expect(cleanText('a\r\nb\rc\u2028d\u2029e\vf\fg')).toBe('a\nb\nc\nd\ne\nf\ng');
  });

  it('leaves nothing more to remove', () => {
    const troublesome = fc.constantFrom(
      ...'\u200B\u200C\u200D\uFE0F\u202E\u00AD\u{E0041}\u{1F468}\u0645\u09151a\u20E3\uD800\n\r',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(troublesome, fc.string({ unit: 'binary' }))), (pieces) => {
        const once = cleanText(pieces.join(''));
        expect(cleanText(once)).toBe(once);
        expect(once).not.toMatch(
          /[\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u00AD\uFEFF\u{E0000}-\u{E0FFF}\p{Cs}\r]/u,
        );
      }),
    );
  });
});

describe('cleanLine', () => {
  it('cannot be made to start a new line', () => {
    expect(cleanLine(' Hello\r\nBcc: eve@evil.test\u2028 x\t y ')).toBe('Hello Bcc: eve@evil.test x y');
  });
});

describe('clip', () => {
  it('never leaves half a character', () => {
    expect(clip('ab\u{1F600}', 3)).toBe('ab');
    expect(clip('ab\u{1F600}', 4)).toBe('ab\u{1F600}');
    expect(clip('abc', 2)).toBe('ab');
  });
});
