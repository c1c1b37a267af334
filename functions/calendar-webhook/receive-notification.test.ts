import { createHash } from 'node:crypto';
import type { BusMessage } from '../../shared/domain/ports';
import { channelPath, createChannelRecord } from '../../shared/store/channel-store';
import { createMemoryStore } from '../../shared/store/memory';
import { receiveNotification } from './receive-notification';

const channelId = '0b4c2c3e-8f4e-4f43-9a64-0f2f3a1c7d55';
const headers = {
  'x-goog-channel-id': channelId,
  'x-goog-channel-token': 'right',
  'x-goog-resource-id': 'resource',
  'x-goog-resource-state': 'exists',
  'x-goog-message-number': '7',
};

let sent: BusMessage[];
let store: ReturnType<typeof createMemoryStore>;
const receive = (changes: Record<string, string | undefined> = {}) =>
  receiveNotification(
    { store, syncTopic: 'task-sync', bus: { publish: async (_, messages) => (sent.push(...messages), []) } },
    { ...headers, ...changes },
  );

beforeEach(async () => {
  sent = [];
  store = createMemoryStore({ now: () => 0 });
  const tokenHash = createHash('sha256').update('right').digest('hex');
  const record = { channelId, connectionId: 'con_1', calendarId: 'ann@example.com', tokenHash, resourceId: 'resource' };
  await store.commit([createChannelRecord(record, 0)]);
});

test.each(['exists', 'not_exists'])('%s sends one job for the calendar', async (state) => {
  expect(await receive({ 'x-goog-resource-state': state })).toBe('announced');
  expect(sent.map(({ data }) => JSON.parse(data) as unknown)).toEqual([
    { kind: 'pullCalendar', connectionId: 'con_1', calendarId: 'ann@example.com' },
  ]);
});

test.each<[string, Record<string, string | undefined>]>([
  ['another token', { 'x-goog-channel-token': 'wrong' }],
  ['no token', { 'x-goog-channel-token': undefined }],
  ['the hash for a token', { 'x-goog-channel-token': createHash('sha256').update('right').digest('hex') }],
  ['another resource', { 'x-goog-resource-id': 'other' }],
  ['no resource', { 'x-goog-resource-id': undefined }],
  ['another channel', { 'x-goog-channel-id': '0b4c2c3e-8f4e-4f43-9a64-0f2f3a1c7d56' }],
  ['a channel that is none', { 'x-goog-channel-id': '../connections/con_1' }],
  ['no channel', { 'x-goog-channel-id': undefined }],
  ['a wrong token to the first message', { 'x-goog-channel-token': 'wrong', 'x-goog-resource-state': 'sync' }],
])('%s is refused like any other, and nothing is sent', async (_, changes) => {
  await expect(receive(changes)).rejects.toMatchObject({ kind: 'notFound', code: 'channelNotFound' });
  expect(sent).toEqual([]);
});

describe('before Google has answered', () => {
  beforeEach(() => store.commit([{ op: 'update', path: channelPath(channelId), data: { resourceId: null } }]));

  test('the first message is acknowledged', async () => {
    expect(await receive({ 'x-goog-resource-state': 'sync' })).toBe('acknowledged');
    expect(sent).toEqual([]);
  });

  test('any other is refused: its resource is not known', async () => {
    await expect(receive()).rejects.toMatchObject({ kind: 'notFound' });
  });
});

test('states that nobody knows yet are acknowledged and send nothing', async () => {
  expect(await receive({ 'x-goog-resource-state': 'sync' })).toBe('acknowledged');
  expect(await receive({ 'x-goog-resource-state': 'paused' })).toBe('acknowledged');
  expect(sent).toEqual([]);
});
