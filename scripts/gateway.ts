import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

const requestStart = channel('http.server.request.start');

const hostingConfig = z.object({
  hosting: z.object({
    headers: z.array(
      z.object({ source: z.string(), headers: z.array(z.object({ key: z.string(), value: z.string() })) }),
    ),
    rewrites: z.array(z.object({ source: z.string(), run: z.object({ serviceId: z.string() }) })),
  }),
});

/** Prefix under which every function answers at its own address, as each Cloud Run service does. */
export const ownAddressPrefix = '/functions/';

/**
 * One base URL in front of all functions, by the rewrites of firebase.json, and of static files by name, with its headers.
 * `/functions/<name>/…` stands for a function's own address, which Pub/Sub and the scheduler call.
 */
export async function startGateway(
  functions: ReadonlyMap<string, Server>,
  firebaseJson: unknown,
  port: number,
  files: ReadonlyMap<string, string> = new Map(),
): Promise<{ url: string; close(): Promise<void> }> {
  const { rewrites, headers } = hostingConfig.parse(firebaseJson).hosting;
  const routes = rewrites.map(({ source, run }) => ({ pattern: toPattern(source), name: run.serviceId }));

  const gateway = createServer((request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const own = /^\/functions\/([\w-]+)(\/.*)?$/.exec(path);
    const name = own?.[1] ?? routes.find(({ pattern }) => pattern.test(path))?.name;
    const target = name === undefined ? undefined : functions.get(name);
    const file = target ? undefined : files.get(path.slice(1) || 'index.html');
    if (file !== undefined) {
      const sent = headers.filter(({ source }) => toPattern(source).test(path)).flatMap((one) => one.headers);
      const type = contentTypes[/\.(\w+)$/.exec(path)?.[1] ?? 'html'] ?? 'application/octet-stream';
      response.writeHead(200, [...sent.flatMap(({ key, value }) => [key, value]), 'Content-Type', type]);
      response.end(request.method === 'HEAD' ? undefined : file);
      return;
    }
    if (!target) {
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify({
          type: 'urn:attache:error:routeNotFound',
          title: 'Not Found',
          status: 404,
          detail: `Nothing answers at ${path}.`,
          code: 'routeNotFound',
          fix: 'GET /openapi.json lists every path.',
          requestId: randomUUID(),
        }),
      );
      return;
    }
    if (own) request.url = (request.url ?? '').slice(`${ownAddressPrefix}${name}`.length) || '/';
    // As node announces a request that arrives at the function's own server: shared/runtime/raw-body.ts listens there.
    requestStart.publish({ request, response, socket: request.socket, server: target });
    target.emit('request', request, response);
  });
  await new Promise<void>((resolve, reject) => {
    gateway.once('error', reject);
    gateway.listen(port, '127.0.0.1', resolve);
  });
  const { port: boundPort } = gateway.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${boundPort}`,
    close: () =>
      new Promise((resolve) => {
        gateway.close(() => resolve());
        gateway.closeAllConnections();
      }),
  };
}

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json',
};

/** Hosting's globs as far as firebase.json uses them: `*` within a path segment, `**` over any number of them. */
function toPattern(source: string): RegExp {
  const parts = source.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '.*';
    return part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
