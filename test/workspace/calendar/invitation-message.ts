import type { MessageContent } from '../gmail/mailbox';
import type { InvitationMail } from './invitations';

/** The mail as it arrives in a guest's mailbox: plain text, for people and agents to read. */
export function invitationMessage(mail: InvitationMail): MessageContent {
  const { kind, from, to, summary, start, eventId, iCalUID, responseStatus } = mail;
  const subjects = {
    invitation: `Invitation: ${summary}`,
    update: `Updated invitation: ${summary}`,
    cancellation: `Canceled event: ${summary}`,
    response: `${capitalize(responseStatus ?? '')}: ${summary}`,
  };
  const headers = [
    { name: 'From', value: from },
    { name: 'To', value: to },
    { name: 'Subject', value: subjects[kind].replace(/\s+/g, ' ') },
    { name: 'Date', value: new Date(mail.sentAtMs).toUTCString() },
    { name: 'Message-ID', value: `<calendar-${kind}-${eventId}-${mail.sentAtMs}-${to}>` },
    { name: 'Content-Type', value: 'text/plain; charset=UTF-8' },
  ];
  const when = start?.date ?? `${start?.dateTime ?? ''} (${start?.timeZone ?? ''})`;
  const body = Buffer.from(`${summary}\r\nWhen: ${when}\r\nOrganizer's event: ${iCalUID}\r\n`);
  const head = headers.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  return {
    payload: {
      partId: '',
      mimeType: 'text/plain',
      filename: '',
      headers,
      body: { size: body.length, data: body.toString('base64url') },
    },
    raw: Buffer.concat([Buffer.from(`${head}\r\n`), body]).toString('base64url'),
  };
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
