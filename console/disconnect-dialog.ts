import type * as z from 'zod';
import type { disconnected } from '../functions/connections/schema';
import type { Api } from './api';
import type { Connection } from './connection-calls';
import { h, newId, type Child } from './dom';
import { check } from './field';
import { act } from './notice';

export function disconnectDialog(api: Api, connection: Connection, onDone: (now: Connection) => void): HTMLElement {
  const { connectionId, connectedEmail, kind } = connection;
  const revoke = h('input', { type: 'checkbox' });
  return question(
    connectedEmail,
    [
      h('p', {}, 'Sync stops and the tokens are deleted. Events stay in Google, tasks stay here.'),
      kind === 'oauth' && [
        check('Also take the consent back at Google', revoke),
        h(
          'p',
          { class: 'callout' },
          `Taking it back ends every grant of ${connectedEmail} to the Google Cloud project of this OAuth app: other connections of this account through it have to be connected again.`,
        ),
      ],
    ],
    async () => {
      const line = `DELETE /v1/connections/${connectionId}${revoke.checked ? '?revoke=true' : ''}`;
      const { connection: now, warnings } = await api<z.infer<typeof disconnected>>(line);
      return () => {
        onDone(now);
        return [`${connectedEmail} is disconnected.`, ...warnings.map(({ message }) => message)].join(' ');
      };
    },
  );
}

/** A button, and the question that it asks first. What `disconnect` resolves with shows and tells the result. */
export function question(account: string, content: Child, disconnect: () => Promise<() => string>): HTMLElement {
  const titleId = newId();
  const confirm = h('button', { type: 'button', class: 'danger' }, 'Disconnect');
  const dialog = h(
    'dialog',
    { 'aria-labelledby': titleId },
    h('h2', { id: titleId }, `Disconnect ${account}?`),
    content,
    h(
      'div',
      { class: 'actions' },
      confirm,
      h('button', { type: 'button', class: 'secondary', click: () => dialog.close() }, 'Cancel'),
    ),
  );
  confirm.addEventListener('click', () => {
    void act(confirm, async () => {
      const showResult = await disconnect();
      dialog.close();
      return showResult();
    });
  });
  return h(
    'span',
    {},
    h('button', { type: 'button', class: 'danger', click: () => dialog.showModal() }, 'Disconnect …'),
    dialog,
  );
}
