import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

export interface TextRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface TextAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One HTTP exchange on Node's own client, of text for text, at less than half of what `fetch` takes of a processor. What is
 * sent may sign in as any user: it goes to the address given and nowhere else. Fails as `fetch` does, with a TypeError
 * whose cause may have a network code, and with the signal's reason.
 */
export async function exchangeText(
  url: string | URL,
  { method = 'GET', headers = {}, body, signal }: TextRequest,
): Promise<TextAnswer> {
  const { protocol } = new URL(url);
  const request = protocol === 'http:' ? requestHttp : requestHttps;
  try {
    const [response, bytes] = await new Promise<[IncomingMessage, Buffer]>((resolve, reject) => {
      // All that goes wrong on the way is momentary, also where Node has a code for it that no network has.
      const fail = (cause: unknown) => reject(new TypeError('fetch failed', { cause }));
      request(url, { method, headers, ...(signal && { signal }) }, (answer) => {
        const chunks: Buffer[] = [];
        answer
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => resolve([answer, Buffer.concat(chunks)]))
          .on('error', fail);
      })
        .on('error', fail)
        // Of an answer in another protocol neither an end nor an error is heard, and no signal ends it.
        .on('upgrade', (_, socket) => {
          socket.destroy();
          fail(new Error('upgrade'));
        })
        .end(body);
    });
    const { statusCode: status = 0, headers: answered } = response;
    if (status >= 300 && status < 400) throw new TypeError('fetch failed');
    const isZipped = answered['content-encoding'] === 'gzip' && bytes.length > 0;
    const plain = isZipped ? await unzip(bytes) : bytes;
    return { status, headers: answered, text: plain.toString('utf8') };
  } catch (error) {
    // Whoever gave up knows why; Node says only that somebody did.
    throw signal?.aborted ? signal.reason : error;
  }
}

/** The same for clients that take a `fetch` of their own. The answer has no stream: its text is there. */
export const fetchText: typeof fetch = async (input, { method, headers, body, signal } = {}) => {
  if (typeof body !== 'string' && body != null) throw new TypeError('Only text can be sent.');
  const { status, text, ...answer } = await exchangeText(
    typeof input === 'string' || input instanceof URL ? input : input.url,
    {
      ...(method !== undefined && { method }),
      headers: Object.fromEntries(new Headers(headers)),
      ...(body != null && { body }),
      ...(signal && { signal }),
    },
  );
  const fields = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
  return Object.defineProperties(new Response(null, { status, headers: fields }), {
    text: { value: async () => text },
    bodyUsed: { value: true },
  });
};

async function unzip(bytes: Buffer): Promise<Buffer> {
  try {
    return await inflate(bytes);
  } catch (cause) {
    throw new TypeError('terminated', { cause });
  }
}

const inflate = promisify(gunzip);
