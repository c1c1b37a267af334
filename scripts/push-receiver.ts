import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A push endpoint for emulated subscriptions: 204 when the receiver is through, 500 when it threw. */
export async function startPushReceiver() {
  const receivers = new Map<string, (body: string) => Promise<void>>();
  const server = createServer((request, response) => {
    void (async () => {
      const receive = receivers.get((request.url ?? '').slice(1));
      try {
        const body = await text(request);
        await receive?.(body);
        response.writeHead(receive ? 204 : 404).end();
      } catch {
        response.writeHead(500).end();
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    /** Returns the address to push to. */
    receive(name: string, receiver: (body: string) => Promise<void>): string {
      receivers.set(name, receiver);
      return `http://127.0.0.1:${port}/${name}`;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
