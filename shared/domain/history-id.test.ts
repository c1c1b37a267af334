import * as fc from 'fast-check';
import { compareHistoryIds, earlierHistoryId, historyIdSchema, laterHistoryId } from './history-id';

const unsigned64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

test.each([
  ['0', '0'],
  ['1', '1'],
  ['9007199254740993', '9007199254740993'],
  ['18446744073709551615', '18446744073709551615'],
  ['007', '7'],
  ['00000000000000000000', '0'],
])('%p is the id %p', (text, id) => {
  expect(historyIdSchema.parse(text)).toBe(id);
});

test.each([
  '',
  ' ',
  ' 1',
  '1 ',
  '1\n',
  '-1',
  '+1',
  '1.0',
  '1e3',
  '0x10',
  '1_000',
  '1,000',
  '١٢٣',
  'NaN',
  '18446744073709551616',
  '99999999999999999999',
  '000000000000000000001',
  '9'.repeat(100_000),
  1,
  1n,
  null,
  undefined,
  ['1'],
])('%p is no id', (value) => {
  expect(historyIdSchema.safeParse(value).success).toBe(false);
});

test('ids compare as the numbers they stand for', () => {
  fc.assert(
    fc.property(unsigned64, unsigned64, (a, b) => {
      expect(Math.sign(compareHistoryIds(`${a}`, `${b}`))).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect(laterHistoryId(`${a}`, `${b}`)).toBe(`${a > b ? a : b}`);
      expect(earlierHistoryId(`${a}`, `${b}`)).toBe(`${a < b ? a : b}`);
    }),
  );
});

test.each([null, undefined])('any id is later than %p', (nothing) => {
  expect(laterHistoryId('0', nothing)).toBe('0');
});
