/**
 * How mail programs announce what is not new, in the languages they speak. Only phrases that programs write themselves; every
 * expression is applied to a short piece of text, and is linear on it but for bounded repeats.
 */

/** The verb of "On … wrote:". */
export const wroteVerb =
  /wrote|schrieb|schreef|geschreven|[ée]crit|escribi[óo]|escreveu|scritto|skrev|kirjoitti|napsal|napísal|napisa[łlo]|pisze|írta|scris|yazd[ıi]|[έε]γραψε|написал|написав|пише|пишет|כתב|كتب|menulis|đã viết|เขียน|写道|寫道|書きました|のメッセージ|작성|썼습니다/i;

/** How the first line of such an announcement begins, where it is spread over several. */
export const attributionStart =
  /^(?:-{2,}\s*)?(?:On|Am|Le|El|Il giorno|Il|Em|No dia|Op|Den|Dnia|W dniu|Dne|Dňa|Pe|În|Στις|Pada|Vào|В|Пн|Вт|Ср|Чт|Пт|Сб|Вс|בתאריך|في|在|于|於|\d{1,4}[./-]\d{1,2}[./-]|\d{4} ?[年년]|\p{L}{2,4}\.?,? \d{1,2}\.? \p{L})/u;

export const attributionEnd = /(?:[:：]|wrote ?-{2,})$/;
export const clockTime = /\d{1,2}[:.h]\d{2}/;
export const yearNumber = /(?:19|20)\d{2}/;
export const mailAddress = /[^\s<>@]@[^\s<>@]/;

const ruled = (phrases: string) => new RegExp(`^[-_=* ]{2,60}(?:${phrases})[ :]{0,3}[-_=*]{2,}`, 'i');

/** "-----Original Message-----": history follows. */
export const originalMessage = ruled(
  "original message|reply message|ursprüngliche nachricht|original-nachricht|message d['’]origine|message original|" +
    'mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|ursprungligt meddelande|' +
    'originalmeddelande|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|původní zpráva|' +
    'eredeti üzenet|исходное сообщение|оригинальное сообщение|orijinal ileti|原始邮件|原始郵件|元のメッセージ|원본 메[시세]지',
);

/** "---------- Forwarded message ---------": what follows is what the sender wants to be read. */
export const forwardedMessage = ruled(
  'forwarded (?:message|by .{1,80})|weitergeleitete nachricht|message transféré|mensaje reenviado|mensagem encaminhada|' +
    'messaggio inoltrato|doorgestuurd bericht|vidarebefordrat meddelande|videresendt (?:meddelelse|melding)|' +
    'välitetty viesti|wiadomość przekazana|přeposlaná zpráva|пересылаемое сообщение|пересланное сообщение|' +
    'iletilmiş mesaj|转发的邮件|已轉寄的郵件|転送されたメッセージ|전달된 메[시세]지',
);

/** The same as Apple's programs write it. */
export const forwardedBelow =
  /^(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado|início da mensagem (?:reencaminhada|encaminhada)|inizio messaggio inoltrato|begin doorgestuurd bericht|vidarebefordrat brev|начало переадресованного сообщения|转发邮件|開始轉寄郵件|転送されたメッセージ) ?[:：]$/i;

const labelled = (labels: string) => new RegExp(`^\\*?(?:${labels}) ?\\*? ?[:：]`, 'i');

/** The first line of the header block that Outlook and its kind put above history. */
export const fromLabel = labelled(
  'from|von|de|da|van|från|fra|lähettäjä|od|feladó|от|от кого|de la|από|kimden|gönderen|מאת|من|发件人|寄件者|寄件人|差出人|' +
    '보낸 ?사람|보낸이|expéditeur|afzender',
);

/** The other lines of that block. */
export const otherLabel = labelled(
  'sent|date|to|cc|bcc|subject|reply-to|gesendet|datum|an|betreff|kopie|envoyé|à|objet|enviado(?: el| em)?|fecha|para|asunto|' +
    'assunto|data|a|inviato|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|kopia|sendt|dato|til|emne|lähetetty|päivämäärä|' +
    'vastaanottaja|aihe|wysłano|do|temat|odesláno|komu|předmět|elküldve|dátum|címzett|tárgy|отправлено|дата|кому|копия|тема|' +
    'trimis|către|subiect|ημερομηνία|προς|θέμα|gönderildi|gönderilme tarihi|tarih|kime|konu|bilgi|נשלח|אל|נושא|' +
    'تاريخ الإرسال|إلى|الموضوع|发送时间|发送日期|日期|傳送日期|收件人|收件者|抄送|副本|主题|主題|主旨|送信日時|日時|宛先|' +
    '件名|보낸 ?날짜|날짜|받는 ?사람|참조|제목',
);

/** "Sent from my iPhone" and its kind, which name a device or a program. */
export const sentFrom =
  /^(?:sent (?:from|via|using|with) |get outlook |von mein|gesendet |diese nachricht wurde von|envoyé |télécharger |obtenir |enviado |obtener |obtenha |inviato |scarica |verzonden |verstuurd |skickat |hämta |sendt |hent |lähetetty |hanki |wysłan[eo] z|pobierz |odesláno |отправлено |发自|發自|從我的|나의 |iphone|ipad)/i;

export const deviceOrProgram =
  /iphone|ipad|\bios\b|android|samsung|galaxy|huawei|xiaomi|blackberry|windows|outlook|mail\b|phone|handy|mobil|tele?fon|téléphone|portable|celular|m[óo]vil|tablet|smartphone|superhuman|手机/i;
