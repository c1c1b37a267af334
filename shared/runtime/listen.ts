import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from './serve-http';

/** Serves a handler on a bare node server of this machine, without functions-framework: tests and the local stack. */
export async function listen(handler: Handler, port = 0): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
