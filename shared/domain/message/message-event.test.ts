import fc from 'fast-check';
import { gapRecoveredEvent, messageEvent, needsAuthEvent, type MessageEvent } from './event-schemas';
import { file, gmailMessage, multipart, part } from './gmail-message.fixture';
import { maxEventBytes, messageEventId, toGapRecoveredEvent, toMessageEvent, toNeedsAuthEvent } from './message-event';

// Megabytes of hostile input take their time on a busy machine.
jest.setTimeout(60_000);

const mailbox = 'Ann+test@example.com';
const bytesOf = (event: MessageEvent) => Buffer.byteLength(JSON.stringify(event));

describe('toMessageEvent', () => {
  it('makes a CloudEvent of the message', () => {
    const message = gmailMessage(part({ From: 'b@b.test', Date: 'Thu, 1 Jan 2026 01:00:00 +0100' }, 'Hello'), {
      id: '18c2',
    });
    const event = toMessageEvent(mailbox, message);
    expect(messageEvent.strict().parse(event)).toEqual(event);
    expect(event).toMatchObject({
      specversion: '1.0',
      id: messageEventId(mailbox, '18c2'),
      source: '//gmail.googleapis.com/users/Ann%2Btest%40example.com',
      type: 'message.received',
      time: '2026-01-01T00:00:00.000Z',
      subject: 'messages/18c2',
      datacontenttype: 'application/json',
      data: { mailbox, text: 'Hello', truncated: false, trust: 'untrusted' },
    });
  });

  it('is the same however often it is made', () => {
    const message = gmailMessage(part({ Subject: 'x' }, 'Hello'));
    expect(JSON.stringify(toMessageEvent(mailbox, message))).toBe(JSON.stringify(toMessageEvent(mailbox, message)));
  });

  it('leaves a message alone that fits', () => {
    const { data } = toMessageEvent(mailbox, gmailMessage(part({}, 'é'.repeat(60_000))));
    expect(data).toMatchObject({ truncated: false, text: 'é'.repeat(60_000) });
  });

  it('cuts HTML first, and no more of it than it must', () => {
    const message = gmailMessage(
      multipart('multipart/alternative', [
        part({ 'Content-Type': 'text/plain' }, 'Hi'),
        part({ 'Content-Type': 'text/html' }, '"é"'.repeat(100_000)),
      ]),
    );
    const event = toMessageEvent(mailbox, message);
    expect(event.data).toMatchObject({ text: 'Hi', replyText: 'Hi', truncated: true });
    expect(event.data.html).toMatch(/^("é")+"?é?"?$/);
    expect(bytesOf(event)).toBeLessThan(maxEventBytes);
    expect(bytesOf(event)).toBeGreaterThan(maxEventBytes - 10);
  });

  it('then cuts the text, between characters', () => {
    const event = toMessageEvent(mailbox, gmailMessage(part({}, `${'\u{1F600}'.repeat(100_000)}\n-- \nsignature`)));
    expect(event.data.truncated).toBe(true);
    expect(event.data.text).toMatch(/^\u{1F600}+$/u);
    expect(event.data.replyText).toMatch(/^\u{1F600}+$/u);
    expect(event.data.text.length).toBeLessThan(event.data.replyText.length);
    expect(bytesOf(event)).toBeLessThan(maxEventBytes);
  });

  it('fits even for 20,000 recipients, and spares the text', () => {
    const recipients = Array.from({ length: 20_000 }, (_, index) => `"Person ${index}" <p${index}@example.com>`).join(
      ', ',
    );
    const references = Array.from({ length: 5000 }, (_, index) => `<${index}@example.com>`).join(' ');
    const event = toMessageEvent(
      mailbox,
      gmailMessage(
        multipart(
          'multipart/mixed',
          [
            part({}, 'Hello '.repeat(5000)),
            ...Array.from({ length: 5000 }, (_, index) => file(`${index}.pdf`, 'application/pdf')),
          ],
          {
            To: recipients,
            Cc: recipients,
            'Reply-To': recipients,
            References: references,
          },
        ),
        { labelIds: Array.from({ length: 20_000 }, (_, index) => `Label_${index}`) },
      ),
    );
    expect(bytesOf(event)).toBeLessThan(maxEventBytes);
    expect(event.data.truncated).toBe(true);
    expect(event.data.text).toBe('Hello '.repeat(5000).trim());
    expect(event.data.to[0]).toEqual({ name: 'Person 0', address: 'p0@example.com' });
    for (const list of [
      event.data.to,
      event.data.cc,
      event.data.replyTo,
      event.data.references,
      event.data.attachments,
      event.data.labelIds,
    ]) {
      expect(list.length).toBeGreaterThan(10);
    }
    expect(messageEvent.strict().parse(event)).toEqual(event);
  });

  it('fits and is valid for whatever Gmail may send', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u200B', '\u{1F600}', '"\\', '=?utf-8?Q?=E2?=', '<a@b>').map((unit) => unit.repeat(8_000)),
    );
    const name = fc.constantFrom(
      'From',
      'To',
      'Cc',
      'Reply-To',
      'Subject',
      'Date',
      'Message-ID',
      'References',
      'Content-Type',
      'Authentication-Results',
    );
    const leaf = fc.record({
      mimeType: fc.constantFrom('text/plain', 'text/html', 'image/png', '', 'multipart/mixed'),
      filename: text,
      headers: fc.array(fc.record({ name, value: text })),
      body: fc.record({ data: text.map((body) => Buffer.from(body).toString('base64url')), size: fc.integer() }),
    });
    const message = fc.record({
      parts: fc.array(leaf),
      root: leaf,
      labelIds: fc.array(text),
      internalDate: text,
      snippet: text,
      id: text,
    });
    fc.assert(
      fc.property(message, ({ root, parts, ...rest }) => {
        const event = toMessageEvent(mailbox, gmailMessage({ ...root, mimeType: 'multipart/mixed', parts }, rest));
        expect(bytesOf(event)).toBeLessThan(maxEventBytes);
        expect(messageEvent.strict().safeParse(event).error).toBeUndefined();
        const { text: body, replyText, subject, from, to, attachments } = event.data;
        const shown = [
          body,
          replyText,
          subject,
          from?.name,
          ...to.map((address) => address.name),
          ...attachments.map(({ filename }) => filename),
        ];
        expect(shown.join('')).not.toMatch(
          /[\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u00AD\uFEFF\u{E0000}-\u{E0FFF}\p{Cs}\0\r]/u,
        );
        expect([subject, from?.name, ...attachments.map(({ filename }) => filename)].join('')).not.toContain('\n');
      }),
      { numRuns: 20 },
    );
  });
});

describe('messageEventId', () => {
  it('is stable, for feeds live longer than versions', () => {
    expect(messageEventId('ann@example.com', '18c2')).toBe('evt_890bc7519fc86c723802dbc5fe56c40e');
  });

  it('names a document, is short and holds no address', () => {
    expect(messageEventId(mailbox, '18c2/../x')).toMatch(/^[A-Za-z0-9_-]{1,40}$/);
  });

  it('differs between mailboxes, messages and types, not between spellings of an address', () => {
    const ids = [
      messageEventId('a@b.c', '1'),
      messageEventId('a@b.c', '2'),
      messageEventId('b@b.c', '1'),
      needsAuth('1').id,
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(messageEventId('A@B.c', '1')).toBe(ids[0]);
  });
});

function needsAuth(reason: string, sequence = 1) {
  return toNeedsAuthEvent('a@b.c', { reason, fix: 'Authorise it.', time: '2026-01-01T00:00:00Z', sequence });
}

describe('events of the mailbox', () => {
  it('say what recovery found', () => {
    const gap = { recovered: 3, since: '2026-01-01T00:00:00.000Z', historyId: '42' };
    const event = toGapRecoveredEvent('a@b.c', { ...gap, time: '2026-01-02T00:00:00.000Z' });
    expect(gapRecoveredEvent.strict().parse(event)).toEqual(event);
    expect(event).toMatchObject({
      type: 'mailbox.gapRecovered',
      time: '2026-01-02T00:00:00.000Z',
      data: { mailbox: 'a@b.c', ...gap },
    });
    expect(toGapRecoveredEvent('a@b.c', { ...gap, time: '2026-01-03T00:00:00.000Z' }).id).toBe(event.id);
    expect(toGapRecoveredEvent('a@b.c', { ...gap, historyId: '43', time: event.time }).id).not.toBe(event.id);
  });

  it('say what is wrong and how it is mended', () => {
    const event = needsAuth('consentGone');
    expect(needsAuthEvent.strict().parse(event)).toEqual(event);
    expect(event.data).toEqual({ mailbox: 'a@b.c', reason: 'consentGone', fix: 'Authorise it.' });
    expect(needsAuth('consentGone', 2).id).not.toBe(event.id);
  });
});
