import { GmailModel } from './model';
import type { GmailModelOptions, Notification } from './model';
import { GoogleApiError } from '../google-api-error';

export const user = 'ada@example.com';
export const topicName = 'projects/p/topics/gmail';

/** A model of Gmail with one user, on a clock that stands still. */
export function mailbox(options: Partial<GmailModelOptions> = {}) {
  const time = { nowMs: Date.parse('2026-03-01T12:00:00Z') };
  const pushed: Notification[] = [];
  const gmail = new GmailModel({ now: () => time.nowMs, publish: (message) => void pushed.push(message), ...options });
  gmail.createUser(user);
  const deliver = (headers: Record<string, string> = {}, labelIds?: string[]) =>
    gmail.deliver(user, { payload: textPart(headers), labelIds }).id ?? '';
  const historyId = () => gmail.getProfile(user).historyId ?? '';
  return { gmail, time, pushed, deliver, historyId };
}

export function textPart(headers: Record<string, string> = {}, text = 'Hello') {
  return {
    partId: '',
    mimeType: 'text/plain',
    filename: '',
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    body: { size: text.length, data: Buffer.from(text).toString('base64url') },
  };
}

export function errorOf(run: () => unknown): GoogleApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof GoogleApiError) return error;
  }
  throw new Error('expected a GoogleApiError');
}
