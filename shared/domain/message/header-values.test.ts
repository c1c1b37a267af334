import {
  readAddresses,
  readHeaders,
  readLine,
  readMessageIds,
  readParameter,
  readToken,
  stripComments,
} from './header-values';

describe('readLine', () => {
  it.each([
    ['Q encoding', '=?iso-8859-1?Q?Nicolas_Fouch=E9?=', 'Nicolas Fouché'],
    ['B encoding', '=?UTF-8?B?0J/RgNC40LLQtdGC?=', 'Привет'],
    ['a character split over two words', '=?UTF-8?B?4pw=?= =?UTF-8?B?lA==?=', '✔'],
    ['a character split over two Q words', '=?utf-8?Q?=E2=9C?= =?utf-8?Q?=94_ok?=', '✔ ok'],
    ['a stateful charset', '=?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=', 'テスト'],
    ['folded words', '=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=', 'ab'],
    ['padded words that split a character twice', '=?utf-8?B?YeKc?= =?utf-8?B?lOKc?= =?utf-8?B?lGI=?=', 'a✔✔b'],
    ['windows-1252 punctuation', '=?windows-1252?Q?=93Acme=94=99?=', '“Acme”™'],
    ['an empty word', 'x =?UTF-8?B??=', 'x'],
    ['a charset nobody knows', '=?x-nonsense?Q?caf=E9?=', 'café'],
    ['what is decoded already', 'Grüße 日本', 'Grüße 日本'],
    ['UTF-8 read as Latin-1', Buffer.from('Säying Hello').toString('latin1'), 'Säying Hello'],
    ['a line end inside an encoded word', '=?utf-8?Q?Hi=0D=0ABcc:_eve@evil.test?=', 'Hi Bcc: eve@evil.test'],
    ['an override inside an encoded word', '=?utf-8?B?4oCuZmRwLmV4ZQ==?=', 'fdp.exe'],
  ])('reads %s', (_, raw, text) => {
    expect(readLine(raw)).toBe(text);
  });

  it('leaves Latin-1 text alone that is not UTF-8', () => {
    expect(readLine('Ã la carte')).toBe('Ã la carte');
  });
});

describe('readAddresses', () => {
  it.each([
    ['plain', 'a@b.test', [{ name: '', address: 'a@b.test' }]],
    ['quoted name with a comma', '"Doe, John" <j@d.test>', [{ name: 'Doe, John', address: 'j@d.test' }]],
    [
      'encoded name with a comma',
      '=?utf-8?Q?Doe=2C_J=C3=B6hn?= <j@d.test>',
      [{ name: 'Doe, Jöhn', address: 'j@d.test' }],
    ],
    ['unquoted name with a dot', 'Sandy M. <s@m.test>', [{ name: 'Sandy M.', address: 's@m.test' }]],
    ['name that looks like an address', 'Mikel@Lindsaar <r@g.test>', [{ name: 'Mikel@Lindsaar', address: 'r@g.test' }]],
    ['comment for a name', 'j@d.test (John Doe)', [{ name: 'John Doe', address: 'j@d.test' }]],
    ['comment inside the address', 'J <jd@machine(x).  example>', [{ name: 'J', address: 'jd@machine.example' }]],
    ['empty group', 'Undisclosed recipients:;', []],
    ['leading comma', ', a@b.test', [{ name: '', address: 'a@b.test' }]],
    ['name without an address', '"KLAUS" <>', [{ name: 'KLAUS', address: '' }]],
    ['nothing', '', []],
  ])('reads %s', (_, raw, addresses) => {
    expect(readAddresses(raw)).toEqual(addresses);
  });

  it('flattens groups among other addresses', () => {
    expect(readAddresses('A Group:Chris <c@a.test>,joe@w.test; , z@z.test').map(({ address }) => address)).toEqual([
      'c@a.test',
      'joe@w.test',
      'z@z.test',
    ]);
  });

  it('never takes an address out of quotes', () => {
    expect(readAddresses('"ceo@example.com" <eve@evil.test>')).toEqual([
      { name: 'ceo@example.com', address: 'eve@evil.test' },
    ]);
  });

  it('lets no line end or invisible character through', () => {
    expect(readAddresses('=?utf-8?Q?Bob=0D=0ABcc=3A_x=E2=80=AE?= <b@\r\n b.test>')).toEqual([
      { name: 'Bob Bcc: x', address: 'b@b.test' },
    ]);
  });
});

describe('readMessageIds', () => {
  it('finds ids however they are spaced, commented or separated', () => {
    expect(readMessageIds('<a@b> (why?) <c@d>,<e@f>\r\n\t<1 @ local(x).machine >')).toEqual([
      '<a@b>',
      '<c@d>',
      '<e@f>',
      '<1@local.machine>',
    ]);
  });

  it('gives a bare id its brackets and drops what is no id', () => {
    expect(readMessageIds('a.b@c')).toEqual(['<a.b@c>']);
    expect(readMessageIds('your message of Monday')).toEqual([]);
    expect(readMessageIds(`<${'a'.repeat(2000)}@b>`)).toEqual([]);
  });
});

describe('parameters', () => {
  it.each([
    ['text/plain; charset="utf-8"', 'charset', 'utf-8'],
    ['text/plain;charset=utf-8;format=flowed', 'charset', 'utf-8'],
    ['attachment; filename=This is a test.txt', 'filename', 'This is a test.txt'],
    ['attachment; filename="a;b.txt"; size=3', 'filename', 'a;b.txt'],
    ['attachment; filename="open', 'filename', 'open'],
    ['text/plain; xcharset=no', 'charset', ''],
    ['text/plain', 'charset', ''],
  ])('%s → %s', (value, name, expected) => {
    expect(readParameter(value, name)).toBe(expected);
  });

  it('reads the token before them', () => {
    expect(readToken(' Inline (comment) ; filename=x')).toBe('inline');
    expect(stripComments('a (b (c) d) "(e)" \\( f')).toBe('a  "(e)" \\( f');
  });
});

describe('readHeaders', () => {
  it('leaves out what is not text', () => {
    const odd = JSON.parse('[{"name":"A ","value":"1"},{"name":"B"},{"name":3,"value":"x"}]') as {
      name: string;
      value: string;
    }[];
    expect(readHeaders({ headers: odd })).toEqual([{ name: 'a', value: '1' }]);
  });
});
