import type { MailboxRecord } from '../shared/domain/mailbox-record';
import { clock } from '../shared/runtime/system';
import { createMailboxStore, mailboxPath } from '../shared/store/mailbox-store';
import { settledMailbox } from './canned-gmail';
import { expectDone, prepared, type Work, type WorkPlace } from './first-works';

/** One registered mailbox, and the first works of the functions that keep it. */
export async function prepareMailWorks(place: WorkPlace): Promise<Readonly<Record<string, Work>>> {
  const { emailAddress, workspace, store, asAgent, asScheduler, asPush } = place;
  const mailboxStore = createMailboxStore({ store, clock, due: { quietMs: 1_800_000, retryAfterMs: 60_000 } });
  const historyId = () => workspace.gmail.getProfile(emailAddress).historyId ?? '';
  await mailboxStore.create(settledMailbox(emailAddress, historyId()));

  let before: MailboxRecord;
  const load = async (): Promise<MailboxRecord> => {
    const stored = await mailboxStore.load(emailAddress);
    if (!stored) throw new Error('The mailbox is gone.');
    return stored.record;
  };
  const makeDue = (field: 'dueAtMs' | 'watchRenewAtMs') => async () => {
    await store.commit([{ op: 'update', path: mailboxPath(emailAddress), data: { [field]: clock.now() - 1 } }]);
  };

  return {
    'gmail-sync': {
      async prepare() {
        before = await load();
        workspace.gmail.deliver(emailAddress, { payload: mailFor(emailAddress) });
      },
      request: () => asPush(JSON.stringify({ emailAddress, historyId: historyId() })),
      async check() {
        const { sequence, publishedSequence } = await load();
        expectDone(sequence === before.sequence + 1 && publishedSequence === sequence, 'one event, published');
      },
    },
    mailboxes: {
      prepare: prepared,
      request: () => asAgent('GET', `/v1/mailboxes/${emailAddress}`),
      check: async (answer) => expectDone(answer.includes('"status":"active"'), 'the mailbox'),
    },
    'mailbox-sweep': {
      prepare: makeDue('dueAtMs'),
      request: () => asScheduler('/'),
      check: async (answer) => expectDone(answer.includes('"notified":1'), 'one mailbox notified'),
    },
    'watch-renewal': {
      prepare: makeDue('watchRenewAtMs'),
      request: () => asScheduler('/'),
      check: async (answer) => expectDone(answer.includes('"renewed":1'), 'one watch renewed'),
    },
  };
}

const mailFor = (emailAddress: string) => ({
  mimeType: 'text/plain',
  headers: [
    { name: 'From', value: 'Grace Okafor <grace@example.org>' },
    { name: 'To', value: `Ada Ferrer <${emailAddress}>` },
    { name: 'Subject', value: 'Numbers' },
    { name: 'Content-Type', value: 'text/plain; charset=UTF-8' },
  ],
  body: { size: 12, data: Buffer.from('Here they are').toString('base64url') },
});
