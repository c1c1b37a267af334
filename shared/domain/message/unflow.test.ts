import { unflow } from './unflow';

it('joins the lines of a paragraph and keeps their space', () => {
  expect(unflow('One two \r\nthree.\r\n\r\nNew', false)).toBe('One two three.\n\nNew');
});

it('drops the space where the sender asked for it', () => {
  expect(unflow('https://a.test/very- \nlong', true)).toBe('https://a.test/very-long');
});

it('joins quoted lines of the same depth only', () => {
  expect(unflow('> a \n> b\n>> c \nd', false)).toBe('> a b\n>> c \nd');
});

it('keeps the signature mark, removes stuffing and ends well', () => {
  expect(unflow('Bye \n-- \nBob \n From here ', false)).toBe('Bye \n-- \nBob From here ');
});

it('is not kept busy by a million lines', () => {
  expect(unflow('a \n'.repeat(1_000_000), false)).toHaveLength(2_000_000);
});
