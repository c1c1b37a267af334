import { readAutomated } from './automated';

const read = (fields: Readonly<Record<string, string>>) =>
  readAutomated(Object.entries(fields).map(([name, value]) => ({ name, value })));
const person = { autoSubmitted: false, bulk: false, bounce: false };

it.each([
  [{ 'auto-submitted': 'auto-replied' }, { autoSubmitted: true }],
  [{ 'auto-submitted': 'Auto-Generated; owner-email="x@y"' }, { autoSubmitted: true }],
  [{ 'auto-submitted': 'no' }, {}],
  [{ 'auto-submitted': ' No (really)' }, {}],
  [{ 'x-auto-response-suppress': 'OOF, AutoReply' }, { autoSubmitted: true }],
  [{ 'x-auto-response-suppress': 'None' }, {}],
  [{ 'x-autoreply': 'yes' }, { autoSubmitted: true }],
  [{ precedence: 'auto_reply' }, { autoSubmitted: true }],
  [{ precedence: 'Bulk' }, { bulk: true }],
  [{ precedence: 'list' }, { bulk: true }],
  [{ precedence: 'first-class' }, {}],
  [{ 'list-id': '<dev.example.com>' }, { bulk: true }],
  [{ 'list-unsubscribe': '<https://example.com/u>' }, { bulk: true }],
  [{ 'list-id': ' ' }, {}],
  [{ 'return-path': '<>' }, { bounce: true }],
  [{ 'return-path': ' < > ' }, { bounce: true }],
  [{ 'return-path': '<a@b.test>' }, {}],
  [{ 'x-failed-recipients': 'a@b.test' }, { bounce: true }],
  [
    { 'content-type': 'multipart/report; report-type="delivery-status"; boundary=x' },
    { autoSubmitted: true, bounce: true },
  ],
  [{ 'content-type': 'multipart/report; report-type=disposition-notification' }, { autoSubmitted: true }],
  [{ 'content-type': 'multipart/mixed; boundary=x' }, {}],
  [{}, {}],
])('%j → %j', (fields, found) => {
  expect(read(fields)).toEqual({ ...person, ...found });
});

it('sees an empty return path among several', () => {
  const headers = ['<a@b.test>', '<>'].map((value) => ({ name: 'return-path', value }));
  expect(readAutomated(headers).bounce).toBe(true);
});
