import type { IncomingMessage } from 'node:http';
import { AttacheError } from '../domain/errors';

export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The request's body, never holding more than `maxBytes` of it. Throws AttacheError `invalid` with code
 * `payloadTooLarge` or `unsupportedMediaType` (any content encoding: a few bytes could inflate to gigabytes), and
 * `unavailable` with code `clientClosedRequest` where the upload breaks off.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw unsupportedMediaType('Compressed bodies are not accepted.', 'Send the body without Content-Encoding.');
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw payloadTooLarge(maxBytes);
  if (request.readableEnded) return alreadyRead(request, maxBytes);

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else settle(() => reject(payloadTooLarge(maxBytes)));
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const onBreak = (cause?: unknown): void => settle(() => reject(clientClosedRequest(cause)));
    // The stream is left flowing: Node discards what still comes, so that a client in the middle of an upload gets its answer.
    const settle = (finish: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onBreak);
      finish();
    };
    request.on('data', onData).on('end', onEnd).on('close', onBreak).on('error', onBreak);
    if (request.destroyed) onBreak();
  });
}

/**
 * JSON of the body; undefined where it is empty. Throws AttacheError `invalid` with code `malformedJson`, with
 * `requireType` also `unsupportedMediaType` unless the body is declared as JSON in UTF-8, and what `readBody` throws.
 */
export async function readJson(
  request: IncomingMessage,
  maxBytes: number,
  { requireType = false }: { readonly requireType?: boolean } = {},
): Promise<unknown> {
  const body = await readBody(request, maxBytes);
  if (body.length === 0) return undefined;
  if (requireType && !isJsonType(request.headers['content-type'] ?? '')) {
    throw unsupportedMediaType('The body must be JSON in UTF-8.', 'Send Content-Type: application/json.');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's message quotes the body, which has no place in a log.
    throw new AttacheError('invalid', 'The body is not valid JSON in UTF-8.', {
      code: 'malformedJson',
      errors: [{ path: 'body', message: 'expected JSON in UTF-8' }],
      fix: 'Send one JSON value, encoded in UTF-8.',
    });
  }
}

function isJsonType(contentType: string): boolean {
  return /^application\/([\w.-]+\+)?json\s*(;\s*charset="?utf-?8"?\s*)?$/i.test(contentType.trim());
}

/** Where functions-framework's parsers came first after all, they kept the bytes. */
function alreadyRead(request: IncomingMessage, maxBytes: number): Buffer {
  const body = 'rawBody' in request && Buffer.isBuffer(request.rawBody) ? request.rawBody : Buffer.alloc(0);
  if (body.length > maxBytes) throw payloadTooLarge(maxBytes);
  return body;
}

function payloadTooLarge(maxBytes: number): AttacheError {
  return new AttacheError('invalid', `The body is larger than ${maxBytes} bytes.`, {
    code: 'payloadTooLarge',
    fix: 'Send less in one request.',
  });
}

function unsupportedMediaType(message: string, fix: string): AttacheError {
  return new AttacheError('invalid', message, { code: 'unsupportedMediaType', fix });
}

export function clientClosedRequest(cause?: unknown): AttacheError {
  return new AttacheError('unavailable', 'The client went away.', { code: 'clientClosedRequest', cause });
}
