import { hashAddress } from './hash-address';

test('one mailbox has one id, however its address is written', () => {
  expect(hashAddress('Ana@Example.com ')).toBe(hashAddress('ana@example.com'));
  expect(hashAddress('ana@example.com')).toMatch(/^mbx_[0-9a-f]{12}$/);
});

test('two mailboxes have two ids, and neither contains the address', () => {
  expect(hashAddress('ana@example.com')).not.toBe(hashAddress('bob@example.com'));
  expect(hashAddress('ana@example.com')).not.toContain('ana');
});
