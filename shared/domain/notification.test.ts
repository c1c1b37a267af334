import * as fc from 'fast-check';
import { decodeNotification, encodeNotification } from './notification';

const ann = 'ann@example.com';
const encode = (text: string) => Buffer.from(text).toString('base64');
const withId = (historyId: string) => encode(`{"emailAddress":"${ann}","historyId":${historyId}}`);

describe('the history id', () => {
  test.each([
    ['a string', '"1234"', '1234'],
    ['a number', '1234', '1234'],
    ['zero', '0', '0'],
    ['a number above 2^53', '9007199254740993', '9007199254740993'],
    ['the largest number', '18446744073709551615', '18446744073709551615'],
    ['the largest string', '"18446744073709551615"', '18446744073709551615'],
    ['a string with leading zeros', '"0012"', '12'],
    ['a whole number in exponent notation, as some encoders write it', '1e3', '1000'],
    ['a whole number with a fraction of zero', '12.0', '12'],
  ])('may be %s', (_, written, historyId) => {
    expect(decodeNotification(withId(written))).toEqual({ emailAddress: ann, historyId });
  });

  test.each([
    ['one above the largest number', '18446744073709551616'],
    ['one above the largest string', '"18446744073709551616"'],
    ['negative', '-1'],
    ['a negative string', '"-1"'],
    ['a fraction', '1.5'],
    ['a number whose digits JSON.parse would lose, in another notation', '9007199254740993.0'],
    ['a large number in exponent notation', '1e19'],
    ['a string in exponent notation', '"1e3"'],
    ['empty', '""'],
    ['padded', '" 1"'],
    ['null', 'null'],
    ['a boolean', 'true'],
    ['a list', '[1]'],
    ['an object', '{"historyId":1}'],
    ['a million digits long', '1'.repeat(1_000_000)],
    ['a string of a million digits', `"${'1'.repeat(1_000_000)}"`],
  ])('must not be %s', (_, written) => {
    expect(decodeNotification(withId(written))).toBeUndefined();
  });

  test('every 64-bit number survives, as a number and as a string, and comes back as it was encoded', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id) => {
        const expected = { emailAddress: ann, historyId: `${id}` };
        expect(decodeNotification(withId(`${id}`))).toEqual(expected);
        expect(decodeNotification(withId(` \n"${id}"\t`))).toEqual(expected);
        expect(decodeNotification(encode(encodeNotification(expected)))).toEqual(expected);
      }),
    );
  });

  test.each([
    ['within another string', `{"emailAddress":"${ann}","note":"\\"historyId\\":5,","historyId":7}`],
    ['within another object', `{"emailAddress":"${ann}","other":{"historyId":5},"historyId":7}`],
    ['twice: the last one counts, as in any JSON', `{"emailAddress":"${ann}","historyId":5,"historyId":7}`],
    ['as the end of another name', `{"emailAddress":"${ann}","x_historyId":5,"historyId":7}`],
  ])('is not mistaken when its name stands %s', (_, json) => {
    expect(decodeNotification(encode(json))).toEqual({ emailAddress: ann, historyId: '7' });
  });

  test('an escaped name does not smuggle in a number that lost its digits', () => {
    expect(decodeNotification(encode(`{"emailAddress":"${ann}","history\\u0049d":9007199254740993}`))).toBeUndefined();
  });
});

describe('the encoding', () => {
  // With bytes whose base64 has a plus and a slash, and whose length asks for padding.
  const json = `{"emailAddress":"${ann}","historyId":1,"x":"~~~???>>>ÿÿ"}`;
  const standard = encode(json);

  test('the sample tells the alphabets apart', () => {
    expect(standard).toMatch(/[+/].*=$/);
  });

  test.each([
    ['standard', standard],
    ['URL-safe', standard.replaceAll('+', '-').replaceAll('/', '_')],
    ['without padding', standard.replace(/=+$/, '')],
    ['URL-safe without padding', Buffer.from(json).toString('base64url')],
    ['with white space around it', ` ${standard}\n`],
  ])('may be %s', (_, data) => {
    expect(decodeNotification(data)).toEqual({ emailAddress: ann, historyId: '1' });
  });

  test.each([
    ['empty', ''],
    ['JSON as it is', json],
    ['of other characters', `${standard.slice(0, -2)}*=`],
    ['padded in the middle', `${standard.slice(0, 8)}==${standard.slice(8)}`],
    ['cut off', standard.slice(0, 40)],
    ['of bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]).toString('base64')],
  ])('must not be %s', (_, data) => {
    expect(decodeNotification(data)).toBeUndefined();
  });
});

describe('the rest of the payload', () => {
  test('addresses are lower case; other fields are nobody’s business', () => {
    const json = '{"emailAddress":"Ann.O\'Hara+x@EXAMPLE.com","historyId":"1","__proto__":{"a":1},"new":[]}';
    expect(decodeNotification(encode(json))).toEqual({ emailAddress: "ann.o'hara+x@example.com", historyId: '1' });
  });

  test.each([
    'null',
    '[]',
    '"text"',
    '7',
    '{}',
    '{"historyId":1}',
    `{"emailAddress":"${ann}"}`,
    '{"emailAddress":7,"historyId":1}',
    '{"emailAddress":"","historyId":1}',
    '{"emailAddress":"ann","historyId":1}',
    '{"emailAddress":"ann@example.com, bob@example.com","historyId":1}',
    '{"emailAddress":"ann@example.com/../bob@example.com","historyId":1}',
    `{"emailAddress":"${ann}","historyId":1`,
    `{"emailAddress":"${ann}","historyId":1} {}`,
    `\u{feff}{"emailAddress":"${ann}","historyId":1}`,
    `{"emailAddress":"${'a'.repeat(1_500)}@example.com","historyId":1}`,
    `{"emailAddress":"${'a.'.repeat(500_000)}","historyId":1}`,
    '['.repeat(500_000),
  ])('%.60s is no notification', (json) => {
    expect(decodeNotification(encode(json))).toBeUndefined();
  });

  test('whatever arrives is a notification or undefined, never an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json().map(encode), fc.base64String()), (data) => {
        expect(() => decodeNotification(data)).not.toThrow();
      }),
    );
  });
});
