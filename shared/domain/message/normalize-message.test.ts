import fc from 'fast-check';
import type { GmailMessage, MessagePart } from '../mailbox';
import { normalizedMessage } from './event-schemas';
import { file, gmailMessage, multipart, part } from './gmail-message.fixture';
import { normalizeMessage } from './normalize-message';

// Megabytes of hostile input take their time on a busy machine.
jest.setTimeout(60_000);

const read = (payload: MessagePart, message: Partial<GmailMessage> = {}) =>
  normalizeMessage('ann@example.com', gmailMessage(payload, message));
const plain = (body: string | Uint8Array, contentType = 'text/plain; charset=utf-8') =>
  part({ 'Content-Type': contentType }, body);
const html = (body: string | Uint8Array, contentType = 'text/html; charset=utf-8') =>
  part({ 'Content-Type': contentType }, body);

it('gives every field of an ordinary message', () => {
  const message = read(
    multipart(
      'multipart/mixed',
      [
        multipart('multipart/alternative', [plain('Yes.\r\n\r\n> Tea?\r\n'), html('<p>Yes.</p>')]),
        file('Plan – März.pdf', 'application/pdf', { 'Content-Disposition': 'attachment' }),
        file('logo.png', 'image/png', { 'Content-ID': '<logo>' }),
      ],
      {
        Received: 'from x by mx.google.com',
        'Authentication-Results':
          'mx.google.com; spf=pass smtp.mailfrom=b; dkim=pass header.i=@b; dmarc=pass header.from=b',
        From: '=?utf-8?Q?B=C3=B6b?= <b@b.test>',
        To: 'Ann <ann@example.com>, c@c.test',
        CC: 'd@d.test',
        'Reply-To': 'list@b.test',
        Subject: 'Re: =?utf-8?B?VGVlPw==?=',
        Date: 'Thu, 1 Jan 2026 01:00:00 +0100',
        'Message-ID': '<2@b.test>',
        'In-Reply-To': '<1@b.test>',
        References: '<0@b.test> <1@b.test>',
        'List-Id': '<l.b.test>',
      },
    ),
    { snippet: 'Yes. &gt; Tea? I&#39;d like &amp;amp; &lt;b&gt;\u200B', labelIds: ['INBOX', 'UNREAD'], threadId: 't1' },
  );
  expect(message).toEqual({
    mailbox: 'ann@example.com',
    messageId: '18c2f0a1b2c3d4e5',
    threadId: 't1',
    historyId: '987654321098765',
    rfc822MessageId: '<2@b.test>',
    inReplyTo: '<1@b.test>',
    references: ['<0@b.test>', '<1@b.test>'],
    from: { name: 'Böb', address: 'b@b.test' },
    to: [
      { name: 'Ann', address: 'ann@example.com' },
      { name: '', address: 'c@c.test' },
    ],
    cc: [{ name: '', address: 'd@d.test' }],
    replyTo: [{ name: '', address: 'list@b.test' }],
    subject: 'Re: Tee?',
    date: '2026-01-01T01:00:00+01:00',
    internalDate: '2026-01-01T00:00:00.000Z',
    labelIds: ['INBOX', 'UNREAD'],
    snippet: "Yes. > Tea? I'd like &amp; <b>",
    text: 'Yes.\n\n> Tea?',
    replyText: 'Yes.',
    html: '<p>Yes.</p>',
    attachments: [
      { attachmentId: 'att-1', filename: 'Plan – März.pdf', mimeType: 'application/pdf', size: 1234, inline: false },
      { attachmentId: 'att-1', filename: 'logo.png', mimeType: 'image/png', size: 1234, inline: true },
    ],
    authentication: { spf: 'pass', dkim: 'pass', dmarc: 'pass' },
    automated: { autoSubmitted: false, bulk: true, bounce: false },
    trust: 'untrusted',
    truncated: false,
    parseWarnings: [],
  });
  expect(normalizedMessage.strict().parse(message)).toEqual(message);
});

describe('the text', () => {
  it('is decoded from its charset, whichever it is', () => {
    expect(read(plain(Buffer.from('Grüße', 'latin1'), 'text/plain; charset="ISO-8859-1"')).text).toBe('Grüße');
  });

  it('is made from HTML where there is no other', () => {
    const message = read(html('<p>Fish &amp; Chips</p><p>Bye</p>'));
    expect(message).toMatchObject({ text: 'Fish & Chips\n\nBye', html: '<p>Fish &amp; Chips</p><p>Bye</p>' });
  });

  it('is made from HTML where the plain part is empty', () => {
    expect(read(multipart('multipart/alternative', [plain(' \r\n'), html('Hi')])).text).toBe('Hi');
  });

  it('takes HTML’s charset from the HTML where the header is silent', () => {
    const body = Buffer.from(
      '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">\xF0\xD2\xC9',
      'latin1',
    );
    expect(read(html(body, 'text/html')).text).toBe('При');
  });

  it('drops quoted history of HTML from the reply', () => {
    const message = read(
      html(
        'Yes.<div>On Mon, Jan 5, 2026 at 10:00 AM Bob &lt;b@b.test&gt; wrote:<br><blockquote>Tea?</blockquote></div>',
      ),
    );
    expect(message.text).toContain('> Tea?');
    expect(message.replyText).toBe('Yes.');
  });

  it('joins the stretches of a mixed message in their order', () => {
    const message = read(
      multipart('multipart/mixed', [
        plain('One'),
        file('a.png', 'image/png'),
        html('<b>Two</b>'),
        plain('1 < 2 & so on'),
      ]),
    );
    expect(message.text).toBe('One\n\nTwo\n\n1 < 2 & so on');
    expect(message.html).toBe('<pre>One</pre>\n<b>Two</b>\n<pre>1 &lt; 2 &amp; so on</pre>');
  });

  it('is found in related parts within alternatives, which are shown once', () => {
    const related = multipart('multipart/related', [
      html('<b>Hi</b>'),
      file('i.png', 'image/png', { 'Content-ID': '<i>' }),
    ]);
    expect(read(multipart('multipart/alternative', [plain('Hi'), related]))).toMatchObject({
      text: 'Hi',
      html: '<b>Hi</b>',
    });
  });

  it('leaves out other forms of the same text, but not an invitation', () => {
    const forms = [
      plain('Hi'),
      part({ 'Content-Type': 'text/x-amp-html' }, 'x'),
      part({ 'Content-Type': 'text/calendar' }, 'BEGIN:VCALENDAR'),
    ];
    expect(read(multipart('multipart/alternative', forms))).toMatchObject({
      text: 'Hi',
      attachments: [{ attachmentId: null, mimeType: 'text/calendar' }],
    });
  });

  it('has its paragraphs whole where the sender says they flow', () => {
    expect(read(plain('See https://a.test/long- \r\npath\r\n', 'text/plain; format=flowed; delsp=yes')).text).toBe(
      'See https://a.test/long-path',
    );
  });

  it('does not take the text of an attached or embedded message for its own', () => {
    const embedded: MessagePart = { ...file('', 'message/rfc822'), parts: [plain('Old')] };
    const message = read(
      multipart('multipart/mixed', [plain('New'), embedded, { ...plain('Notes'), filename: 'notes.txt' }]),
    );
    expect(message.text).toBe('New');
    expect(message.attachments.map(({ mimeType }) => mimeType)).toEqual(['message/rfc822', 'text/plain']);
  });

  it('is a named text or a delivery status where there is nothing else', () => {
    expect(read({ ...plain('Hi'), filename: 'message.txt' }).text).toBe('Hi');
    expect(
      read(multipart('multipart/report', [part({ 'Content-Type': 'message/delivery-status' }, 'Action: failed')])).text,
    ).toBe('Action: failed');
  });

  it('is empty, with a warning, where Gmail keeps it apart for its size', () => {
    const message = read({ ...file('', 'text/plain') });
    expect(message).toMatchObject({ text: '', attachments: [{ attachmentId: 'att-1', mimeType: 'text/plain' }] });
    expect(message.parseWarnings).toContain('The text/plain text comes as an attachment.');
  });

  it('has no invisible characters, nor has the reply', () => {
    const message = read(html('Ig&#8203;no&shy;re\u{E0041} &#x202E;this&zwnj; \u{1F468}\u200D\u{1F469}'));
    expect(message.text).toBe('Ignore this \u{1F468}\u200D\u{1F469}');
    expect(message.replyText).toBe(message.text);
  });
});

describe('broken messages', () => {
  it('read a multipart without parts as plain text', () => {
    const message = read({ ...part({ 'Content-Type': 'multipart/mixed; boundary=gone' }, 'Hello') });
    expect(message.text).toBe('Hello');
    expect(message.parseWarnings).toContain('No parts were found in multipart/mixed; it is read as plain text.');
  });

  it('name the charset that was wrong', () => {
    const message = read(plain(Buffer.from('caf\xE9', 'latin1'), 'text/plain; charset=klingon'));
    expect(message.text).toBe('café');
    expect(message.parseWarnings).toContain('Charset "klingon" does not fit; read as windows-1252.');
  });

  it('warn of a date that cannot be read', () => {
    const message = read(part({ Date: 'Wed, 15 Dec 2010    59:10 -0500' }));
    expect(message.date).toBeNull();
    expect(message.parseWarnings).toContain('The date is missing or cannot be read.');
  });

  it('warn of several senders and give the first', () => {
    const message = read(part({ From: ['a@a.test', 'b@b.test'] }));
    expect(message.from?.address).toBe('a@a.test');
    expect(message.parseWarnings).toContain('The message names 2 senders; the first is given.');
  });

  it('do without a sender, and without any header', () => {
    const message = read({});
    expect(message).toMatchObject({
      from: null,
      to: [],
      subject: '',
      text: '',
      html: null,
      attachments: [],
      rfc822MessageId: null,
    });
    expect(message.parseWarnings).toContain('The message names no sender.');
  });

  it('bear empty headers', () => {
    const message = read(
      part(
        {
          From: '',
          To: '',
          Subject: '',
          'Message-ID': '',
          'In-Reply-To': '<>',
          References: ' ',
          Date: '',
          'Content-Type': '',
        },
        'x',
      ),
    );
    expect(message).toMatchObject({
      from: null,
      to: [],
      subject: '',
      rfc822MessageId: null,
      inReplyTo: null,
      references: [],
      text: 'x',
    });
  });

  it('cannot put line ends or paths into names', () => {
    const message = read(
      multipart('multipart/mixed', [file('../..\\etc/pass\r\nwd\u202Efdp.exe', 'application/pdf'), file('..', 'a/b')], {
        Subject: 'Hi\r\nBcc: eve@evil.test',
        From: '"A\r\nBcc: x" <a@a.test>',
      }),
    );
    expect(message.subject).toBe('Hi Bcc: eve@evil.test');
    expect(message.from).toEqual({ name: 'A Bcc: x', address: 'a@a.test' });
    expect(message.attachments.map(({ filename }) => filename)).toEqual(['.._.._etc_pass wdfdp.exe', '__']);
  });

  it('take a file’s name from the header where Gmail gives none, and decode it', () => {
    const attached = file('', 'application/pdf', {
      'Content-Disposition': 'attachment; filename="=?utf-8?Q?M=C3=A4rz.pdf?="',
    });
    expect(read(multipart('multipart/mixed', [attached])).attachments[0]?.filename).toBe('März.pdf');
  });

  it('may be nested ten thousand deep', () => {
    let payload = plain('Deep');
    for (let depth = 0; depth < 10_000; depth += 1) payload = multipart('multipart/mixed', [payload]);
    expect(read(payload).text).toBe('Deep');
  });

  it('may have absurd headers', () => {
    const message = read(
      part({
        Subject: 'a'.repeat(1_000_000),
        'Message-ID': '<'.repeat(1_000_000),
        Date: ' '.repeat(1_000_000),
        From: '('.repeat(1_000_000),
        To: 'a:'.repeat(100_000),
      }),
    );
    expect(message.subject).toBe('a'.repeat(2000));
    expect(message).toMatchObject({ rfc822MessageId: null, date: null });
  });

  it('may be a megabyte of nothing', () => {
    expect(read(plain(' '.repeat(1_000_000))).text).toBe('');
    expect(read(plain(`x${'\u200B'.repeat(400_000)}`)).text).toBe('x');
    expect(read(plain(`${'>'.repeat(1_000_000)}`)).replyText).toBe('');
    expect(read(html('<'.repeat(1_000_000))).text).toHaveLength(1_000_000);
    expect(read(html('<div>'.repeat(200_000))).text).toBe('');
  });

  it.each([
    ['no internal date', { internalDate: 'soon' }, 'internalDate cannot be read.'],
    ['an internal date in the year 10000', { internalDate: '253402300800000' }, 'internalDate cannot be read.'],
    ['an internal date beyond all calendars', { internalDate: '999999999999999999' }, 'internalDate cannot be read.'],
  ])('have an instant even with %s', (_, fields, warning) => {
    const message = read(plain('x'), fields);
    expect(message.internalDate).toBe('1970-01-01T00:00:00.000Z');
    expect(message.parseWarnings).toContain(warning);
  });
});

it('is the same whether Gmail decoded the headers and bodies or not', () => {
  const raw = part(
    {
      From: '=?iso-8859-1?Q?J=F8rn?= <j@j.test>',
      Subject: '=?utf-8?B?U8OkeQ==?=',
      'Content-Type': 'text/plain; charset=iso-8859-1',
    },
    Buffer.from('Grüße', 'latin1'),
  );
  const decoded = part(
    { From: 'Jørn <j@j.test>', Subject: 'Säy', 'Content-Type': 'text/plain; charset=iso-8859-1' },
    'Grüße',
  );
  expect(read(raw)).toEqual(read(decoded));
});

it('never throws, whatever it is given', () => {
  const odd = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true });
  const payload = fc.record(
    {
      mimeType: odd,
      filename: odd,
      headers: fc.oneof(odd, fc.array(fc.record({ name: odd, value: odd }))),
      body: odd,
      parts: fc.oneof(odd, fc.array(odd)),
    },
    { requiredKeys: [] },
  );
  const message = fc.oneof(
    odd,
    fc.record(
      { payload: fc.oneof(odd, payload), id: odd, labelIds: odd, internalDate: odd, snippet: odd },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(message, (given) => {
      expect(
        normalizedMessage.strict().safeParse(normalizeMessage('a@b.c', given as GmailMessage)).error,
      ).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});
