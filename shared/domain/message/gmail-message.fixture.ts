import type { GmailMessage, MessagePart } from '../mailbox';

/** A message as `messages.get` gives it, with only what a test cares about spelled out. */
export function gmailMessage(payload: MessagePart, message: Partial<Omit<GmailMessage, 'payload'>> = {}): GmailMessage {
  return {
    id: '18c2f0a1b2c3d4e5',
    threadId: '18c2f0a1b2c3d4e5',
    labelIds: ['INBOX'],
    historyId: '987654321098765',
    internalDate: '1767225600000',
    ...message,
    payload,
  };
}

/** A leaf; a string body is UTF-8. */
export function part(
  headers: Readonly<Record<string, string | readonly string[]>>,
  body: string | Uint8Array = '',
): MessagePart {
  const contentType = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const data = Buffer.from(body);
  return {
    mimeType: String(contentType ?? 'text/plain')
      .split(';', 1)
      .join(''),
    filename: '',
    headers: fields(headers),
    body: { size: data.length, data: data.toString('base64url') },
  };
}

export function multipart(
  mimeType: string,
  parts: readonly MessagePart[],
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): MessagePart {
  return {
    mimeType,
    filename: '',
    headers: fields({ 'Content-Type': mimeType, ...headers }),
    body: { size: 0 },
    parts,
  };
}

export function file(filename: string, mimeType: string, headers: Readonly<Record<string, string>> = {}): MessagePart {
  return {
    mimeType,
    filename,
    headers: fields({ 'Content-Type': mimeType, ...headers }),
    body: { attachmentId: 'att-1', size: 1234 },
  };
}

function fields(headers: Readonly<Record<string, string | readonly string[]>>): { name: string; value: string }[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => ({ name, value: String(value) })),
  );
}
