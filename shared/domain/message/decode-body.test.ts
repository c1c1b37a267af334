import { decodeBody } from './decode-body';

const bytes = (...values: number[]) => Uint8Array.from(values);
const latin1 = (text: string) => Buffer.from(text, 'latin1');

it.each([
  ['UTF-8', Buffer.from('Grüße'), 'utf-8', 'Grüße'],
  ['UTF-8 that is declared as something else', Buffer.from('Grüße'), 'iso-8859-1', 'Grüße'],
  ['UTF-8 that is not declared', Buffer.from('Grüße'), '', 'Grüße'],
  ['ASCII of whatever charset', Buffer.from('plain'), 'big5', 'plain'],
  ['Latin-1', latin1('Grüße'), 'ISO-8859-1', 'Grüße'],
  ['windows-1252 that is called Latin-1', bytes(0x93, 0x41, 0x94, 0x80), 'iso-8859-1', '“A”€'],
  ['a quoted label', latin1('é'), '"iso-8859-1"', 'é'],
  ['KS C 5601', bytes(0xbd, 0xba, 0xc6, 0xbc, 0xc7, 0xd8), 'ks_c_5601-1987', '스티해'],
  ['cp949', bytes(0xbd, 0xba, 0xc6, 0xbc), 'cp949', '스티'],
  ['cp932', bytes(0x83, 0x65, 0x83, 0x58), 'CP932', 'テス'],
  ['GB 2312', bytes(0xc4, 0xe3, 0xba, 0xc3), 'gb2312', '你好'],
  ['KOI8-R', bytes(0xf0, 0xd2, 0xc9), 'koi8-r', 'При'],
  ['ISO-2022-JP', latin1('\x1B$B%F%9%H\x1B(B'), 'iso-2022-jp', 'テスト'],
  ['ISO-2022-JP that is not declared', latin1('\x1B$B%F%9%H\x1B(B'), '', 'テスト'],
  ['UTF-8 that is declared as ISO-2022-JP', Buffer.from('テスト'), 'iso-2022-jp', 'テスト'],
  ['UTF-16', Buffer.from('hé', 'utf16le'), 'utf-16', 'hé'],
  ['a byte order mark', Buffer.from('\uFEFFx'), 'utf-8', 'x'],
  ['nothing', bytes(), 'utf-8', ''],
])('reads %s without a warning', (_, body, charset, text) => {
  expect(decodeBody(body, charset)).toEqual({ text });
});

it.each([
  ['8-bit text without a charset', latin1('café'), '', 'café', /windows-1252/],
  ['8-bit text called us-ascii', latin1('café'), 'us-ascii', 'café', /"us-ascii"/],
  ['8-bit text called x-unknown', latin1('café'), 'X-UNKNOWN', 'café', /windows-1252/],
  ['Latin-1 called UTF-8', latin1('café'), 'utf8', 'café', /"utf8"/],
  ['a charset that does not exist', latin1('café'), 'klingon', 'café', /"klingon"/],
  ['UTF-8 with one broken byte', Buffer.concat([Buffer.from('Grüße'), bytes(0xff)]), 'utf-8', 'Grüße\uFFFD', /UTF-8/],
  ['bytes that the charset does not have', bytes(0x41, 0x80, 0xff), 'gb18030', /^A/, /gb18030/],
  ['a stateful charset we cannot read', Buffer.from('Hi +AGE-'), 'utf-7', 'Hi +AGE-', /utf-7/],
])('reads %s as well as it can, and says so', (_, body, charset, text, warning) => {
  const decoded = decodeBody(body, charset);
  expect(decoded.text).toEqual(typeof text === 'string' ? text : expect.stringMatching(text));
  expect(decoded.warning).toMatch(warning);
});
