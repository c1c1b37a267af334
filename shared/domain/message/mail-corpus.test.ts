import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMessage } from '../../../test/workspace/gmail/mime';
import type { MessagePart } from '../mailbox';
import { messageEvent, type NormalizedMessage } from './event-schemas';
import { gmailMessage } from './gmail-message.fixture';
import { maxEventBytes, toMessageEvent } from './message-event';

/** Real, often broken messages that lie beside the repository on some machines and are never copied into it. */
const corpus = join(__dirname, '../../../../shared/mail-corpus');
const names = existsSync(corpus) ? readdirSync(corpus).filter((name) => name.endsWith('.eml')) : [];

const knownWarnings =
  /^(?:The date is missing|The message names 2 senders|Charset "[\w-]+" does not fit; read as windows-1252)/;

const text = (pattern: RegExp): string => expect.stringMatching(pattern) as string;
const filenames = (...given: string[]) => given.map((filename): unknown => expect.objectContaining({ filename }));

const readings: Readonly<Record<string, { readonly [Field in keyof NormalizedMessage]?: unknown }>> = {
  'attachment_nonascii_filename.eml': { text: 'This is the first part.', attachments: filenames('ciële.txt') },
  'attachment_only_email.eml': { text: '', attachments: filenames('blah.gz'), date: '2003-10-23T22:40:49-07:00' },
  'attachment_with_unquoted_name.eml': { attachments: filenames('This is a test.txt') },
  'bad_date_header2.eml': { date: null, from: { name: 'Free-Quilting.com', address: 'enews@Free-Quilting.com' } },
  'bad_subject.eml': {
    subject: 'MySurvey.com: You have a survey waiting! 91123105',
    from: { name: 'MySurvey.com & Carol Adams', address: 'carol@mysurvey.com' },
  },
  'basic_email.eml': {
    authentication: { spf: 'neutral', dkim: null, dmarc: null },
    text: text(/^Plain email\.\n\nHope/),
  },
  'content_transfer_encoding_text-html.eml': { text: text(/^Hello,\n\nYou have qualified/) },
  'content_transfer_encoding_x_uuencode.eml': { replyText: 'Attached are the comments of the Public Generating Pool.' },
  'empty_group_lists.eml': { to: [] },
  'empty_in_reply_to.eml': { inReplyTo: null, automated: { autoSubmitted: false, bulk: true, bounce: false } },
  'encoding_madness.eml': { subject: text(/^eBay Bid - 2008 Ford .* Stock# XXXX$/), replyTo: [] },
  'example04.eml': { to: { length: 3 }, cc: [], date: '1969-02-13T23:32:54-03:30' },
  'example13.eml': {
    from: { name: 'John Doe', address: 'jdoe@machine.example' },
    date: '1997-11-21T09:55:06-06:00',
    rfc822MessageId: '<1234@local.machine.example>',
  },
  'example14.eml': { subject: 'Re: TEST テストテスト' },
  'header_fields_with_empty_values.eml': { from: { name: 'Jørn Støylen' }, replyText: '' },
  'ks_c_5601-1987.eml': { text: '스티해' },
  'multipart_report_multiple_status.eml': { automated: { autoSubmitted: true, bulk: false, bounce: true } },
  'nested.eml': { text: 'Dear Sir,\n\nGood evening.\n\nThe footer', html: text(/Good evening[^]*The footer/) },
  'new_line_in_to_header.eml': { to: { length: 6 } },
  'nodemailer.eml': {
    subject: text(/unicode friendly ✔/),
    authentication: { spf: 'pass', dkim: 'pass', dmarc: 'fail' },
    attachments: filenames('image.png', 'nyan cat ✔.gif', 'notes.txt'),
  },
  'raw_email10.eml': { text: text(/Envoyé par .* Bell Mobilité\./), replyText: 'Test test. Hi. Waving. m' },
  'raw_email2.eml': { replyText: text(/^We should not[^]*Forwarded message[^]*exclusions list\?$/) },
  'raw_email_encoded_stack_level_too_deep.eml': { to: [{ name: 'Nicolas Fouché', address: 'a.b@gmail.com' }] },
  'raw_email_with_at_display_name.eml': { to: { 1: { name: 'Mikel@Lindsaar', address: 'raasdnil@gmail.com' } } },
  'raw_email_with_illegal_boundary.eml': { text: 'Hello\nThis is an outlook test\n\nSo there.\n\nMe.' },
  'raw_email_with_mimepart_without_content_type.eml': {
    automated: { bounce: true },
    text: text(/WARNING MESSAGE ONLY/),
  },
  'spam.eml': { text: text(/„asozialer Penner“/) },
  'utf8_headers.eml': { subject: 'Säying Hello', from: { name: 'Jöhn Doe', address: 'jdöe@mächine.example' } },
  'weird_to_header.eml': { to: { length: 2 } },
};

if (names.length === 0) {
  it.skip('the corpus of real messages is not on this machine (../shared/mail-corpus)', () => {});
} else {
  describe.each(['original', 'utf-8'] as const)('real messages, bodies as %s', (bodyCharset) => {
    it.each(names)('%s becomes a valid event', async (name) => {
      const event = toMessageEvent('ann@example.com', await load(name, bodyCharset));
      expect(messageEvent.strict().parse(event)).toEqual(event);
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(maxEventBytes);
      expect(event.data.parseWarnings.filter((warning) => !knownWarnings.test(warning))).toEqual([]);
      expect(`${event.data.subject}${event.data.from?.name ?? ''}`).not.toMatch(/=\?|[\r\n]/);
    });

    it.each(Object.entries(readings))('%s reads as a person would read it', async (name, reading) => {
      const { data } = toMessageEvent('ann@example.com', await load(name, bodyCharset));
      expect(data).toMatchObject(reading);
    });
  });
}

async function load(name: string, bodyCharset: 'original' | 'utf-8') {
  const { payload } = await parseMessage(readFileSync(join(corpus, name)), { bodyCharset });
  // The model speaks Google's types, in which everything may be null.
  return gmailMessage(JSON.parse(JSON.stringify(payload)) as MessagePart);
}
