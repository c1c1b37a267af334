import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

const envelope = z.object({ message: z.object({ messageId: z.string() }) });

/**
 * Cloud Run's front door in small: hands every push to the next instance, with the identity token that Pub/Sub would have
 * put there (its emulator does not). An instance that dies over a push makes it a 502, so that it is delivered again.
 */
export async function startRoundRobin(instances: () => readonly string[], identityToken: string) {
  let next = 0;
  let broken = 0;
  const acknowledged = new Set<string>();

  async function forward(body: string): Promise<number> {
    const urls = instances();
    const url = urls[next++ % urls.length];
    if (url === undefined) return 503;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${identityToken}` },
        body,
      });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      broken += 1;
      return 502;
    }
  }

  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const status = await forward(body);
      if (status === 204) acknowledged.add(envelope.parse(JSON.parse(body)).message.messageId);
      response.writeHead(status).end();
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** The ids of all messages that an instance has answered with 204. */
    acknowledged,
    /** How many pushes an instance took and never answered. */
    broken: () => broken,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
