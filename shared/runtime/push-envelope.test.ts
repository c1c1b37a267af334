import * as fc from 'fast-check';
import { parsePushEnvelope } from './push-envelope';

const data = '{"emailAddress":"ana@example.com","historyId":"7","note":"ü"}';
const push = {
  message: {
    data: Buffer.from(data).toString('base64'),
    messageId: '1',
    publishTime: '2026-11-22T10:00:00.5Z',
    attributes: { kind: 'test' },
    orderingKey: 'ana',
  },
  subscription: 'projects/p/subscriptions/s',
  deliveryAttempt: 3,
};
const delivery = {
  messageId: '1',
  dataBase64: push.message.data,
  data,
  attributes: { kind: 'test' },
  publishTimeMs: Date.UTC(2026, 10, 22, 10, 0, 0, 500),
  orderingKey: 'ana',
  deliveryAttempt: 3,
  subscription: 'projects/p/subscriptions/s',
};

test.each([
  ['Pub/Sub’s own envelope, and the body of a binary CloudEvent', push],
  ['a structured CloudEvent', { specversion: '1.0', id: '1', type: 't', source: 's', data: push }],
  [
    'a structured CloudEvent with encoded data',
    { specversion: '1.0', data_base64: Buffer.from(JSON.stringify(push)).toString('base64') },
  ],
])('the message is found in %s', (_, body) => {
  expect({ ...parsePushEnvelope(body) }).toEqual(delivery);
});

test('what the emulator leaves out is absent', () => {
  const body = { message: { messageId: '1', attributes: null }, subscription: 's' };
  expect(parsePushEnvelope(body)).toMatchObject({
    data: '',
    attributes: {},
    publishTimeMs: undefined,
    deliveryAttempt: undefined,
  });
});

test('base64url is read like base64', () => {
  const bytes = Buffer.from('??>>ÿÿ');
  const body = { message: { messageId: '1', data: bytes.toString('base64url') }, subscription: 's' };
  expect(parsePushEnvelope(body)?.data).toBe('??>>ÿÿ');
});

test.each([
  undefined,
  null,
  'text',
  [],
  {},
  { message: {} },
  { message: { messageId: '' }, subscription: 's' },
  { message: { messageId: '1' } },
  { message: { messageId: '1', data: 7 }, subscription: 's' },
  { specversion: '1.0', data: 'x' },
  { specversion: '1.0', data_base64: 'bm90IGpzb24=' },
])('%j is no push', (body) => {
  expect(parsePushEnvelope(body)).toBeUndefined();
});

test('nothing at all makes it throw', () => {
  fc.assert(fc.property(fc.jsonValue(), (body) => void parsePushEnvelope(body)));
});
