import type { GmailMethod } from './method-units';

const gmailScope = (name: string) => `https://www.googleapis.com/auth/gmail.${name}`;

export const metadataScope = gmailScope('metadata');

const full = ['https://mail.google.com/'];
const modify = [...full, gmailScope('modify')];
const read = [...modify, gmailScope('readonly')];
const readMetadata = [...read, metadataScope];
const labels = [...modify, gmailScope('labels')];
const compose = [...modify, gmailScope('compose')];
const readDrafts = [...read, gmailScope('compose')];
const send = [...compose, gmailScope('send')];
const insert = [...modify, gmailScope('insert')];

/** Any one of these lets a token call the method. */
export const gmailMethodScopes: Readonly<Record<GmailMethod, readonly string[]>> = {
  'gmail.users.getProfile': [...readMetadata, gmailScope('compose')],
  'gmail.users.watch': readMetadata,
  'gmail.users.stop': readMetadata,
  'gmail.users.history.list': readMetadata,
  'gmail.users.messages.list': readMetadata,
  'gmail.users.messages.get': readMetadata,
  'gmail.users.messages.attachments.get': read,
  'gmail.users.messages.insert': insert,
  'gmail.users.messages.import': insert,
  'gmail.users.messages.send': send,
  'gmail.users.messages.modify': modify,
  'gmail.users.messages.trash': modify,
  'gmail.users.messages.untrash': modify,
  'gmail.users.messages.delete': full,
  'gmail.users.messages.batchModify': modify,
  'gmail.users.messages.batchDelete': full,
  'gmail.users.threads.list': readMetadata,
  'gmail.users.threads.get': readMetadata,
  'gmail.users.threads.modify': modify,
  'gmail.users.threads.trash': modify,
  'gmail.users.threads.untrash': modify,
  'gmail.users.threads.delete': full,
  'gmail.users.labels.list': [...readMetadata, gmailScope('labels')],
  'gmail.users.labels.get': [...readMetadata, gmailScope('labels')],
  'gmail.users.labels.create': labels,
  'gmail.users.labels.patch': labels,
  'gmail.users.labels.update': labels,
  'gmail.users.labels.delete': labels,
  'gmail.users.drafts.list': readDrafts,
  'gmail.users.drafts.get': readDrafts,
  'gmail.users.drafts.create': compose,
  'gmail.users.drafts.update': compose,
  'gmail.users.drafts.delete': compose,
  'gmail.users.drafts.send': compose,
};
