import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import { unknownMailbox } from '../../shared/domain/grants';
import type { MailboxRecord } from '../../shared/domain/mailbox-record';
import type { MailboxStore } from '../../shared/store/mailbox-store';
import { requestSync, type RegistrationDependencies } from './register-mailbox';

/** A registered mailbox, or the answer for an unknown one. */
export async function loadMailbox(mailboxStore: MailboxStore, emailAddress: string): Promise<MailboxRecord> {
  const stored = await mailboxStore.load(emailAddress);
  if (!stored || isGone(stored.record)) throw unknownMailbox(emailAddress);
  return stored.record;
}

/** Pushes are acknowledged unread until the mailbox is resumed; the watch stays and so does the checkpoint. */
export async function pauseMailbox(
  { mailboxStore }: RegistrationDependencies,
  emailAddress: string,
): Promise<MailboxRecord> {
  return changeMailbox(mailboxStore, emailAddress, (record) => {
    if (record.status === 'active' || record.status === 'paused') return { status: 'paused' };
    throw new AttacheError('conflict', `A mailbox that is ${record.status} cannot be paused.`, {
      code: 'mailboxNotActive',
      fix: 'Register it again with PUT /v1/mailboxes/{email}.',
    });
  });
}

/** Goes on from the checkpoint; if Gmail's history no longer reaches back so far, by date. */
export async function resumeMailbox(
  dependencies: RegistrationDependencies,
  emailAddress: string,
): Promise<MailboxRecord> {
  const record = await changeMailbox(dependencies.mailboxStore, emailAddress, ({ status }) => {
    if (status === 'active' || status === 'paused') return { status: 'active' };
    throw notReadable(status);
  });
  await requestSync(dependencies, record);
  return record;
}

export async function syncMailboxNow(
  dependencies: RegistrationDependencies,
  emailAddress: string,
): Promise<MailboxRecord> {
  const record = await loadMailbox(dependencies.mailboxStore, emailAddress);
  if (record.status !== 'active') throw notReadable(record.status);
  await requestSync(dependencies, record);
  return record;
}

/** Messages that were set aside are tried once more. */
export async function replayParked(
  dependencies: RegistrationDependencies,
  emailAddress: string,
): Promise<MailboxRecord> {
  const record = await changeMailbox(dependencies.mailboxStore, emailAddress, ({ status }) => {
    if (status !== 'active') throw notReadable(status);
    return { replayRequested: true };
  });
  await requestSync(dependencies, record);
  return record;
}

/**
 * Stops the watch and forgets the lease; whoever works on the mailbox just now is fenced out. If Gmail cannot be reached
 * the mailbox stays `removing`, and the next watch renewal tries again. Its events stay readable until they expire.
 */
export async function removeMailbox(
  { mailboxStore, mailboxes, clock }: RegistrationDependencies,
  emailAddress: string,
): Promise<void> {
  const stored = await mailboxStore.change(emailAddress, (record) =>
    isGone(record)
      ? undefined
      : {
          patch: {
            status: 'removing',
            statusReason: null,
            lease: null,
            fence: record.fence + 1,
            watchRenewAtMs: clock.now(),
          },
        },
  );
  if (!stored) throw unknownMailbox(emailAddress);
  if (stored.record.status === 'removed') return;
  try {
    await mailboxes(emailAddress).stop();
  } catch (error) {
    // Without consent the watch cannot be stopped, and does not live on for more than a week either.
    if (isAttacheError(error, 'unavailable', 'rateLimited')) return;
    if (!isAttacheError(error, 'unauthorized', 'forbidden', 'notFound')) throw error;
  }
  await mailboxStore.change(emailAddress, ({ status }) =>
    status === 'removing'
      ? { patch: { status: 'removed', watchRenewAtMs: null, watchExpirationAtMs: null } }
      : undefined,
  );
}

function isGone({ status }: MailboxRecord): boolean {
  return status === 'removed' || status === 'removing';
}

async function changeMailbox(
  mailboxStore: MailboxStore,
  emailAddress: string,
  decide: (record: MailboxRecord) => Partial<MailboxRecord>,
): Promise<MailboxRecord> {
  const stored = await mailboxStore.change(emailAddress, (record) => {
    if (isGone(record)) throw unknownMailbox(emailAddress);
    return { patch: decide(record) };
  });
  if (!stored) throw unknownMailbox(emailAddress);
  return stored.record;
}

function notReadable(status: MailboxRecord['status']): AttacheError {
  return new AttacheError('conflict', `The mailbox is ${status}.`, {
    code: 'mailboxNotActive',
    fix:
      status === 'paused'
        ? 'Resume it with POST /v1/mailboxes/{email}:resume.'
        : 'Mend what statusReason names, then register it again with PUT /v1/mailboxes/{email}.',
  });
}
