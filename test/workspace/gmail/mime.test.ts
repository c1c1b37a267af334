import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { headerOf, snippetOf } from './message-text';
import { parseMessage } from './mime';

type Part = gmail_v1.Schema$MessagePart;

const fixtures = join(__dirname, '../../fixtures/mail');
const corpus = join(__dirname, '../../../../shared/mail-corpus');

const parseFixture = (name: string, options = {}) => parseMessage(readFileSync(join(fixtures, name)), options);
const parseText = (text: string) => parseMessage(Buffer.from(text));
const textOf = (part: Part | undefined) => Buffer.from(part?.body?.data ?? '', 'base64url').toString();

/** `partId mimeType filename`, depth first; `+` marks what has to be fetched as an attachment. */
function outline(part: Part): string[] {
  const filename = part.filename ? ` ${part.filename}` : '';
  const line = `${part.partId} ${part.mimeType}${filename}${part.body?.attachmentId ? ' +' : ''}`;
  return [line, ...(part.parts ?? []).flatMap(outline)];
}

test('a plain message is one part without a part id, with its headers in order', async () => {
  const { payload } = await parseFixture('plain-utf8.eml');
  expect(outline(payload)).toEqual([' text/plain']);
  expect(payload.headers?.map(({ name }) => name).slice(0, 4)).toEqual([
    'Delivered-To',
    'Received',
    'Authentication-Results',
    'From',
  ]);
  expect(headerOf(payload, 'subject')).toBe('Café on Thursday?');
  expect(textOf(payload)).toContain('Łąkowa street has good coffee – and cake.');
  expect(payload.body?.size).toBe(Buffer.byteLength(textOf(payload)));
});

test('header values are unfolded but not decoded', async () => {
  const { payload } = await parseFixture('japanese.eml');
  expect(headerOf(payload, 'Subject')).toMatch(/^=\?UTF-8\?B\?[^?]+\?= =\?UTF-8\?B\?[^?]+\?=$/);
  const reply = await parseFixture('alternative-reply.eml');
  expect(headerOf(reply.payload, 'References')).toBe('<numbers-0@example.com> <numbers-1@example.com>');
});

test('text keeps the sender’s bytes, or becomes UTF-8 when asked for', async () => {
  const original = await parseFixture('latin1-quoted-printable.eml');
  const bytes = Buffer.from(original.payload.body?.data ?? '', 'base64url');
  expect(bytes.toString('latin1')).toContain('Könnten Sie uns bitte eine korrigierte Fassung über 1.190,00 EUR = ');
  const converted = await parseFixture('latin1-quoted-printable.eml', { bodyCharset: 'utf-8' });
  expect(textOf(converted.payload)).toBe(bytes.toString('latin1'));
  expect(headerOf(converted.payload, 'Content-Type')).toBe('text/plain; charset=iso-8859-1');
  expect(snippetOf(converted.payload)).toBe(snippetOf(original.payload));
});

test('parts are numbered from 0, each level after a dot', async () => {
  const { payload, attachments } = await parseFixture('attachments-base64.eml');
  expect(outline(payload)).toEqual([
    ' multipart/mixed',
    '0 multipart/related',
    '0.0 multipart/alternative',
    '0.0.0 text/plain',
    '0.0.1 text/html',
    '0.1 image/png logo.png +',
    '1 text/csv Umsatz für Februar.csv +',
  ]);
  const csv = payload.parts?.[1]?.body;
  const content = Buffer.from(attachments.get(csv?.attachmentId ?? '') ?? '', 'base64url');
  expect(content.toString()).toBe('region;amount\nNorth;1200\nSouth;980\nÜbersee;415\n');
  expect(csv).toEqual({ attachmentId: csv?.attachmentId, size: content.length });
});

test('the returned original of a bounce is a part with its own parts', async () => {
  const { payload } = await parseFixture('bounce.eml');
  expect(outline(payload)).toEqual([
    ' multipart/report',
    '0 text/plain',
    '1 message/delivery-status +',
    '2 message/rfc822 +',
    '2.0 text/plain',
  ]);
  expect(headerOf(payload.parts?.[2]?.parts?.[0] ?? {}, 'Message-ID')).toBe('<offer-88@example.com>');
});

test('an invitation shows its calendar part as text', async () => {
  const { payload } = await parseFixture('invitation.eml');
  expect(outline(payload)).toContain('0.2 text/calendar');
  expect(textOf(payload.parts?.[0]?.parts?.[2])).toContain('METHOD:REQUEST');
  expect(outline(payload).at(-1)).toBe('1 application/ics invite.ics +');
});

test.each([
  ['japanese.eml', /^エイダ様 来週の会議は火曜日の十時からでよろしいでしょうか。 佐藤$/],
  ['mailing-list-auto-reply.eml', /^I am away until 16 March and will read your message afterwards\. _+ announce/],
  ['alternative-reply.eml', /wrote: &gt; Hi Grace, &gt; &gt; the numbers/],
])('the snippet of %s is readable text, escaped for HTML', async (name, expected) => {
  const { payload } = await parseFixture(name);
  expect(snippetOf(payload)).toMatch(expected);
});

test('large text is fetched like an attachment', async () => {
  const { payload } = await parseText(`Subject: long\n\n${'0123456789abcde\n'.repeat(70_000)}`);
  expect(payload.body).toEqual({ attachmentId: expect.any(String) as string, size: 16 * 70_000 });
});

test.each([
  ['nothing', '', [' text/plain']],
  ['only a body', '\nhello', [' text/plain']],
  ['only headers', 'Subject: x', [' text/plain']],
  ['a multipart without boundary', 'Content-Type: multipart/mixed\n\nhello', [' text/plain']],
  ['a multipart without parts', 'Content-Type: multipart/mixed; boundary=x\n\nhello', [' text/plain']],
  ['a type that is none', 'Content-Type: nonsense\n\nhello', [' text/plain']],
  ['a raw UTF-8 filename', 'Content-Disposition: attachment; filename="né.txt"\n\nx', [' text/plain né.txt +']],
  ['broken base64', 'Content-Transfer-Encoding: base64\n\n!!!!', [' text/plain']],
  ['an unknown charset', 'Content-Type: text/plain; charset=x-none\n\n\xe9', [' text/plain']],
])('%s is accepted', async (_, text, expected) => {
  expect(outline((await parseMessage(Buffer.from(text, 'utf8'), { bodyCharset: 'utf-8' })).payload)).toEqual(expected);
});

// A folder of real, broken mail beside the repository, which others wrote and which is therefore not in it.
const corpusFiles = existsSync(corpus) ? readdirSync(corpus).filter((name) => name.endsWith('.eml')) : [];

test.each([
  ...readdirSync(fixtures).map((name) => ({ name, folder: fixtures })),
  ...corpusFiles.map((name) => ({ name, folder: corpus })),
])('$name keeps its bytes, and every attachment that it names can be read', async ({ name, folder }) => {
  const bytes = readFileSync(join(folder, name));
  const { payload, attachments, raw } = await parseMessage(bytes, { bodyCharset: 'utf-8' });
  expect(Buffer.from(raw, 'base64url').equals(bytes)).toBe(true);
  const parts = (part: Part): Part[] => [part, ...(part.parts ?? []).flatMap(parts)];
  for (const { body, mimeType } of parts(payload)) {
    expect(mimeType).toMatch(/^[^/\s]+\/[^/\s]+$/);
    const data = body?.attachmentId ? attachments.get(body.attachmentId) : (body?.data ?? '');
    expect(Buffer.byteLength(data ?? 'missing', 'base64url')).toBe(body?.size);
  }
});
