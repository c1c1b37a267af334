import fc from 'fast-check';
import { extractReply } from './extract-reply';

// Megabytes of hostile input take their time on a busy machine.
jest.setTimeout(60_000);

const quote = '> Shall we meet on Monday?\n> Bob';
const unquoted = 'Shall we meet on Monday?\n\nBob';

/** As the programs write it, with what of it is known to be wrapped. */
const attributions: readonly (readonly [string, string])[] = [
  ['Gmail', 'On Mon, Jan 5, 2026 at 10:00 AM Bob Builder <bob@example.com> wrote:'],
  ['Gmail, wrapped', 'On Mon, Jan 5, 2026 at 10:00 AM Bob Builder <bob@example.com>\nwrote:'],
  ['Gmail, wrapped early', 'On Mon, Jan 5, 2026 at 10:00 AM Bob Builder\n<bob@example.com> wrote:'],
  ['Apple', 'On 5 Jan 2026, at 10:00, Bob Builder <bob@example.com> wrote:'],
  ['Thunderbird', 'On 1/5/26 10:00, Bob Builder wrote:'],
  ['Proton', 'On Monday, January 5th, 2026 at 10:00, Bob Builder <bob@example.com> wrote:'],
  ['Zoho', '---- On Mon, 05 Jan 2026 10:00:00 +0000 Bob <bob@example.com> wrote ----'],
  ['German Gmail', 'Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Bob Builder <\nbob@example.com>:'],
  ['German Apple', 'Am 05.01.2026 um 10:00 schrieb Bob Builder <bob@example.com>:'],
  ['French', 'Le lun. 5 janv. 2026 à 10:00, Bob Builder <bob@example.com> a écrit :'],
  ['Spanish', 'El lun, 5 ene 2026 a las 10:00, Bob Builder (<bob@example.com>) escribió:'],
  ['Portuguese', 'Em seg., 5 de jan. de 2026 às 10:00, Bob Builder <bob@example.com> escreveu:'],
  ['Italian', 'Il giorno lun 5 gen 2026 alle ore 10:00 Bob Builder <bob@example.com> ha scritto:'],
  ['Dutch', 'Op ma 5 jan 2026 om 10:00 schreef Bob Builder <bob@example.com>:'],
  ['Swedish', 'Den mån 5 jan. 2026 kl 10:00 skrev Bob Builder <bob@example.com>:'],
  ['Danish', 'Den man. 5. jan. 2026 kl. 10.00 skrev Bob Builder <bob@example.com>:'],
  ['Finnish', 'ma 5. tammik. 2026 klo 10.00 Bob Builder (bob@example.com) kirjoitti:'],
  ['Polish', 'pon., 5 sty 2026 o 10:00 Bob Builder <bob@example.com> napisał(a):'],
  ['Czech', 'po 5. 1. 2026 v 10:00 odesílatel Bob Builder <bob@example.com> napsal:'],
  ['Russian', 'пн, 5 янв. 2026 г. в 10:00, Bob Builder <bob@example.com>:'],
  ['Russian Apple', '5 янв. 2026 г., в 10:00, Bob Builder <bob@example.com> написал(а):'],
  ['Turkish', 'Bob Builder <bob@example.com>, 5 Oca 2026 Pzt, 10:00 tarihinde şunu yazdı:'],
  ['Greek', 'Στις Δευ 5 Ιαν 2026 στις 10:00 π.μ., ο χρήστης Bob <bob@example.com> έγραψε:'],
  ['Hebrew', 'בתאריך יום ב׳, 5 בינו׳ 2026 ב-10:00 מאת Bob <bob@example.com>:'],
  ['Arabic', 'في الاثنين، 5 يناير 2026 في 10:00 ص تمت كتابة ما يلي بواسطة Bob <bob@example.com>:'],
  ['Japanese', '2026年1月5日(月) 10:00 Bob Builder <bob@example.com>:'],
  ['Japanese Apple', '2026/01/05 10:00、Bob Builder <bob@example.com>のメール:'],
  ['Chinese', 'Bob Builder <bob@example.com> 于2026年1月5日周一 10:00写道：'],
  ['Korean', '2026년 1월 5일 (월) 오전 10:00, Bob Builder <bob@example.com>님이 작성:'],
];

describe('what announces a quotation', () => {
  it.each(attributions)('%s, with marks', (_, attribution) => {
    expect(extractReply(`Monday is fine.\n\nAnn\n\n${attribution}\n\n${quote}`)).toBe('Monday is fine.\n\nAnn');
  });

  it.each(attributions)('%s, without marks', (_, attribution) => {
    expect(extractReply(`Monday is fine.\n${attribution}\n\n${unquoted}`)).toBe('Monday is fine.');
  });
});

describe('header blocks and rules above history', () => {
  it.each([
    [
      'Outlook',
      '________________________________\nFrom: Bob <bob@example.com>\nSent: Monday, 5 January 2026 10:00\nTo: Ann\nSubject: RE: x',
    ],
    [
      'Outlook for Mac',
      'From: Bob <bob@example.com>\nDate: Monday, 5 January 2026 at 10:00\nTo: Ann <a@b.test>\nSubject: Re: x',
    ],
    ['Outlook, starred', '*From:* Bob <bob@example.com>\n*Sent:* Monday\n*To:* Ann\n*Subject:* x'],
    ['German', 'Von: Bob <bob@example.com>\nGesendet: Montag, 5. Januar 2026 10:00\nAn: Ann\nBetreff: AW: x'],
    ['French', 'De : Bob <bob@example.com>\nEnvoyé : lundi 5 janvier 2026 10:00\nÀ : Ann\nObjet : RE: x'],
    ['Spanish', 'De: Bob <bob@example.com>\nEnviado el: lunes, 5 de enero de 2026 10:00\nPara: Ann\nAsunto: RE: x'],
    ['Italian', 'Da: Bob <bob@example.com>\nInviato: lunedì 5 gennaio 2026 10:00\nA: Ann\nOggetto: R: x'],
    ['Dutch', 'Van: Bob <bob@example.com>\nVerzonden: maandag 5 januari 2026 10:00\nAan: Ann\nOnderwerp: RE: x'],
    ['Swedish', 'Från: Bob <bob@example.com>\nSkickat: den 5 januari 2026 10:00\nTill: Ann\nÄmne: Sv: x'],
    ['Polish', 'Od: Bob <bob@example.com>\nWysłano: poniedziałek, 5 stycznia 2026 10:00\nDo: Ann\nTemat: ODP: x'],
    ['Russian', 'От: Bob <bob@example.com>\nОтправлено: 5 января 2026 г. 10:00\nКому: Ann\nТема: RE: x'],
    ['Japanese', '差出人: Bob <bob@example.com>\n送信日時: 2026年1月5日 10:00\n宛先: Ann\n件名: RE: x'],
    ['Chinese', '发件人: Bob <bob@example.com>\n发送时间: 2026年1月5日 10:00\n收件人: Ann\n主题: 回复: x'],
    ['old Outlook', '-----Original Message-----\nFrom: Bob'],
    ['old Outlook in German', '-----Ursprüngliche Nachricht-----\nVon: Bob'],
    ['old Outlook in French', "-----Message d'origine-----\nDe : Bob"],
    ['Proton', '------- Original Message -------\nOn Monday, Bob wrote:'],
    ['a rule from HTML', '---\n\nFrom: Bob\nSent: Monday\nTo: Ann\nSubject: x'],
  ])('%s', (_, block) => {
    expect(extractReply(`Monday is fine.\n\nAnn\n\n${block}\n\n${unquoted}`)).toBe('Monday is fine.\n\nAnn');
  });
});

describe('signatures', () => {
  it.each([
    'Bye\n\n-- \nBob\nAcme Inc.',
    'Bye\n--\nBob',
    'Bye\n—\nBob',
    'Bye\n\nSent from my iPhone',
    'Bye\n\nGet Outlook for iOS<https://aka.ms/o0ukef>',
    'Bye\n\nVon meinem iPhone gesendet',
    'Bye\n\nGesendet mit der GMX Mail App',
    'Bye\n\nEnvoyé de mon iPhone',
    'Bye\n\nEnviado desde mi iPhone',
    'Bye\n\nInviato da iPhone',
    'Bye\n\nVerstuurd vanaf mijn iPhone',
    'Bye\n\nSkickat från min iPhone',
    'Bye\n\nОтправлено с iPhone',
    'Bye\n\niPhoneから送信',
    'Bye\n\n发自我的iPhone',
    'Bye\n\n-- \nBob\n\nSent from my iPad\n\n',
    `Bye\n\n-- \nBob\n\nOn Mon, Jan 5, 2026 at 10:00 AM Bob <bob@example.com> wrote:\n${quote}`,
  ])('%j', (text) => {
    expect(extractReply(text)).toBe('Bye');
  });

  it('are not looked for in the middle of a text', () => {
    const long = `First\n--\n${'line\n'.repeat(30)}end`;
    expect(extractReply(long)).toBe(long);
  });

  it('are not every line with a phone in it', () => {
    expect(extractReply('I sent it from my phone.')).toBe('I sent it from my phone.');
    expect(extractReply('Sent via DHL yesterday.')).toBe('Sent via DHL yesterday.');
  });
});

it('keeps answers between quoted lines', () => {
  const text = `Hi Bob,\n\nOn Mon, Jan 5, 2026 at 10:00 AM Bob <bob@example.com> wrote:\n> Tea?\n\nYes.\n\n> Milk?\nNo.\n\n-- \nAnn`;
  expect(extractReply(text)).toBe('Hi Bob,\n\nYes.\n\nNo.');
});

it('keeps an answer below the quotation', () => {
  expect(extractReply(`On Mon, Jan 5, 2026 at 10:00 AM Bob <bob@example.com> wrote:\n${quote}\n\nFine.`)).toBe('Fine.');
});

it.each([
  'I wrote:\nhello',
  'In 2019 John wrote: be good.\nSo be it.',
  'On Monday:\n- tea\n- milk',
  'From: the heart\nand nothing else',
  'Meet at 10:30:\nRoom 5',
  '>>> Read this! <<<',
  'Agenda 2026-01-05:\n10:00 Tea',
])('takes nothing from %j', (text) => {
  expect(extractReply(text)).toBe(text);
});

it.each([
  [
    'Gmail',
    '---------- Forwarded message ---------\nFrom: Bob <bob@example.com>\nDate: Mon, Jan 5, 2026\nSubject: x\nTo: Ann\n\nTea?\n> old',
  ],
  ['Apple', 'Begin forwarded message:\n\n> From: Bob\n> Subject: x\n>\n> Tea?'],
  ['German', '-------- Weitergeleitete Nachricht --------\nBetreff: x\n\nTea?'],
])('keeps what was forwarded by %s', (_, forwarded) => {
  expect(extractReply(`Please handle.\n\n-- \nAnn\n\n${forwarded}`)).toBe(`Please handle.\n\n${forwarded}`);
  expect(extractReply(forwarded)).toBe(forwarded);
});

it('keeps a history with nothing new above it, which is a forward in disguise', () => {
  const text = 'From: Bob\nSent: Monday\nTo: Ann\nSubject: x\n\nTea?';
  expect(extractReply(text)).toBe(text);
});

it('is empty where nothing is new', () => {
  expect(extractReply(`On Mon, Jan 5, 2026 at 10:00 AM Bob <bob@example.com> wrote:\n${quote}`)).toBe('');
  expect(extractReply('')).toBe('');
});

it.each([
  ['quotation marks in one line', `${'>'.repeat(5_000_000)} x`, ''],
  ['quoted lines', '> x\n'.repeat(1_000_000), ''],
  ['empty lines', `a${'\n'.repeat(5_000_000)}b`, 'a\n\nb'],
  ['beginnings of announcements', `a\n${'On 1 Jan\n'.repeat(500_000)}`, `a\n${'On 1 Jan\n'.repeat(500_000).trim()}`],
  ['one long announcement', `a\nOn ${'a '.repeat(2_500_000)}wrote:`, `a\nOn ${'a '.repeat(2_500_000)}wrote:`],
  ['beginnings of header blocks', `a\n${'From: b\n'.repeat(500_000)}`, `a\n${'From: b\n'.repeat(500_000).trim()}`],
  ['rules', `a\n${`${'-'.repeat(300)}\n`.repeat(10_000)}`, 'a'],
  ['spaces', `a${' '.repeat(5_000_000)}b`, `a${' '.repeat(5_000_000)}b`],
  ['mobile signatures', `a\n${'Sent from my iPhone\n'.repeat(200_000)}`, 'a'],
])('is not kept busy by megabytes of %s', (_, text, reply) => {
  expect(extractReply(text) === reply).toBe(true);
});

it('only ever leaves out', () => {
  const piece = fc.constantFrom(
    '> a',
    'On 1 Jan 2026 10:00 b@c.de wrote:',
    'From: x',
    'Sent: y',
    'To: z',
    '--',
    '',
    'Text',
    '---',
    'Begin forwarded message:',
  );
  fc.assert(
    fc.property(fc.array(piece), (lines) => {
      const left = extractReply(lines.join('\n')).split('\n').filter(Boolean);
      expect(lines).toEqual(expect.arrayContaining(left));
    }),
  );
});
