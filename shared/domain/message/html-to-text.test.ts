import fc from 'fast-check';
import { htmlToText } from './html-to-text';

// Megabytes of hostile input take their time on a busy machine.
jest.setTimeout(60_000);

it.each([
  ['paragraphs', '<p>One</p><p>Two</p>', 'One\n\nTwo'],
  ['lines', 'One<br>Two<br/><br>Three', 'One\nTwo\n\nThree'],
  ['the lines of Gmail', '<div>One</div><div><br></div><div>Two<br></div><div>Three</div>', 'One\n\nTwo\nThree'],
  ['white space', '  One \n\t two&nbsp;&nbsp;three  ', 'One two  three'],
  ['white space between elements', '<b>One</b> <i>two</i>three', 'One twothree'],
  ['entities', 'Fish &amp; Chips &lt;5&euro; &#8211; caf&eacute; &#x1F600;', 'Fish & Chips <5€ – café \u{1F600}'],
  ['headings and rules', '<h1>Title</h1>Text<hr>More', 'Title\n\nText\n\n---\n\nMore'],
  ['lists', '<ul><li>One<li>Two<ol start=3><li>Deep</ol></ul>', '- One\n- Two\n  3. Deep'],
  ['paragraphs in lists', '<ol><li><p>One</p></li><li><p>Two</p></li></ol>', '1. One\n\n2. Two'],
  ['tables', '<table><tr><td>A</td><td>B</td></tr><tr><th>C<th>D</table>', 'A\tB\nC\tD'],
  ['preformatted text', '<pre>if x:\n    y\n\nz</pre>', 'if x:\n    y\n\nz'],
  [
    'links',
    'See <a href="https://a.test/?x=1&amp;y=2">our <b>page</b></a>.',
    'See our page <https://a.test/?x=1&y=2>.',
  ],
  ['links that show where they go', '<a href="https://a.test/">a.test</a>', 'a.test'],
  ['mail links', '<a href="mailto:a@b.test">a@b.test</a> <a href=mailto:a@b.test>us</a>', 'a@b.test us <a@b.test>'],
  ['links that lead nowhere', '<a href="#top">Up</a> <a href="javascript:alert(1)">Go</a> <a>x</a>', 'Up Go x'],
  ['pictures', '<img src="x.png" alt="Our logo"><img src="pixel.gif">', 'Our logo'],
  [
    'quotations',
    'Yes.<blockquote>Shall we?<blockquote>Tea?</blockquote></blockquote>OK',
    'Yes.\n\n> Shall we?\n>\n> > Tea?\n\nOK',
  ],
  ['indentation', 'A<blockquote style="margin:0 0 0 40px;border:none;padding:0px">B</blockquote>', 'A\n\nB'],
  ['an unclosed head', '<html><head><body>Text</body>', 'Text'],
  ['what is no text', '<title>T</title><style>p{}</style><script>x<y</script><!-- c --><![CDATA[d]]>Text', 'Text'],
  ['capitals', '<P>One</P><DIV>Two</DIV>', 'One\n\nTwo'],
  ['what only looks like a tag', 'a < b <3', 'a < b <3'],
  ['an unclosed attribute', 'a <a href="x', 'a'],
  ['nothing', '', ''],
])('shows %s', (_, html, text) => {
  expect(htmlToText(html)).toBe(text);
});

it.each([
  ['display', '<div style="display: none">secret</div>'],
  ['display among other styles', '<span style="color:red;DISPLAY:NONE!important;">secret</span>'],
  ['visibility', '<p style="visibility:hidden">secret</p>'],
  ['opacity', '<p style="opacity:0">secret</p>'],
  ['the hidden attribute', '<div hidden><div>sec</div>ret</div>'],
  ['an unclosed paragraph', '<p style="display:none">secret<p>'],
  ['elements within', '<table style="display:none"><tr><td>secret<img alt=secret></table>'],
])('leaves out what is hidden by %s', (_, html) => {
  expect(htmlToText(`<div>before</div>${html}<div>after</div>`)).toMatch(/^before\n{1,2}after$/);
});

it('keeps what only looks hidden', () => {
  expect(htmlToText('<p style="opacity:0.9;font-size:0">a</p><input hidden><p data-display="display:none">b</p>')).toBe(
    'a\n\nb',
  );
});

describe('hostile input of megabytes', () => {
  const size = 1_000_000;
  const fill = (unit: string) => unit.repeat(size / unit.length);

  it('is read to its end however deep it is nested', () => {
    expect(htmlToText(`${fill('<b>')}x${fill('</i>')}y`)).toBe('xy');
    expect(htmlToText(`${fill('<blockquote>')}deep`)).toBe('> > > > > deep');
    expect(htmlToText(`${fill('<ul><li>')}x`)).toBe('          - x');
    expect(htmlToText(`${fill('<div style="display:none">')}x`)).toBe('');
  });

  it('is read to its end whatever is left open', () => {
    expect(htmlToText(fill('<'))).toHaveLength(size);
    expect(htmlToText(`${fill('<a ')}>x`)).toBe('x');
    expect(htmlToText(`<p ${fill('a=" ')}">x`)).toBe('x');
    expect(htmlToText(fill('<!--'))).toBe('');
    expect(htmlToText(fill('<style>'))).toBe('');
    expect(htmlToText(`a${fill(' ')}b`)).toBe('a b');
    expect(htmlToText(`a${fill('&nbsp;')}`)).toBe('a');
    expect(htmlToText(fill('<a href="https://a.test">x'))).toMatch(/^x <https:\/\/a\.test>x </);
    expect(htmlToText(`<pre>${fill('\n')}x`)).toBe('x');
  });
});

it('never throws', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '</',
    'a',
    ' ',
    '"',
    '=',
    '&',
    '#',
    ';',
    'li',
    'ol',
    'style',
    'pre',
    'hidden',
    '<!--',
    'x',
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => typeof htmlToText(pieces.join('')) === 'string'));
});
