import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createFirestoreStore, type FirestoreStore } from './firestore';

const operations: [string, (store: FirestoreStore) => Promise<unknown>][] = [
  ['get', (store) => store.get('c/a')],
  ['query', (store) => store.query({ collection: 'c', limit: 1 })],
  ['commit', (store) => store.commit([{ op: 'delete', path: 'c/a' }])],
  ['runTransaction', (store) => store.runTransaction((transaction) => transaction.get('c/a'))],
];

describe('where Firestore does not answer', () => {
  let server: Server;
  let emulatorHost: string;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    server = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    emulatorHost = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test.each(operations)('%s ends with its deadline at a host that says nothing', async (_name, operate) => {
    const store = createFirestoreStore({ projectId: 'p', emulatorHost, timeoutMs: 200 });
    await expect(operate(store)).rejects.toMatchObject({ kind: 'unavailable', code: 'storeUnavailable' });
    await store.close();
  });

  test.each(operations)(
    '%s fails by itself where nobody listens, long before the deadline',
    async (_name, operate) => {
      const closed = createServer().listen(0, '127.0.0.1');
      await once(closed, 'listening');
      const { port } = closed.address() as AddressInfo;
      closed.close();
      const store = createFirestoreStore({ projectId: 'p', emulatorHost: `127.0.0.1:${port}`, timeoutMs: 600_000 });
      await expect(operate(store)).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'storeUnavailable',
        cause: expect.objectContaining({ code: 14 }) as unknown,
      });
      await store.close();
    },
    30_000,
  );
});

test('a store that was never used closes at once', async () => {
  await createFirestoreStore({ projectId: 'p' }).close();
});
