import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { IncomingMessage } from 'node:http';

/**
 * functions-framework parses every body before the function sees the request: up to 1 GiB, inflating compressed ones, and
 * answering malformed JSON, or a path that cannot be decoded, with Express's HTML page and a stack trace. It has no switch
 * for that. Node publishes the start of each request before Express sees it; there we put aside what its parsers and its
 * router go by, so that nothing matches, and the function reads the stream itself.
 */
export function keepBodiesRaw(): void {
  if (isInstalled) return;
  isInstalled = true;
  subscribe('http.server.request.start', (message) => {
    if (typeof message !== 'object' || message === null || !('request' in message && 'server' in message)) return;
    const { request, server } = message;
    if (!(request instanceof IncomingMessage) || !runsExpress(server)) return;
    const marked: MarkedRequest = request;
    if (marked[putAside]) return;
    marked[putAside] = { contentType: request.headers['content-type'], url: request.url };
    delete request.headers['content-type'];
    request.url = '/';
  });
}

/** Puts back what `keepBodiesRaw` put aside. */
export function restoreRequest(request: IncomingMessage): void {
  const marked: MarkedRequest = request;
  const kept = marked[putAside];
  if (!kept) return;
  if (kept.contentType !== undefined) request.headers['content-type'] = kept.contentType;
  if (kept.url !== undefined) request.url = kept.url;
}

let isInstalled = false;

/** On the request, under a name of the whole process: a second copy of this module must find what the first has put aside. */
const putAside: unique symbol = Symbol.for('attache.putAside');

interface MarkedRequest extends IncomingMessage {
  [putAside]?: { readonly contentType: string | undefined; readonly url: string | undefined };
}

/** Other servers of the same process, such as those of the local stack, are left alone. */
function runsExpress(server: unknown): boolean {
  const listeners = server instanceof EventEmitter ? server.listeners('request') : [];
  return listeners.some((listener) => 'settings' in listener && 'handle' in listener);
}
