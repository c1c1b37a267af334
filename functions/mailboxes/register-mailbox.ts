import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import type { Mailboxes } from '../../shared/domain/mailbox';
import { newMailboxRecord, watched, type MailboxRecord, type WatchSettings } from '../../shared/domain/mailbox-record';
import { encodeNotification } from '../../shared/domain/notification';
import type { Clock, EventBus } from '../../shared/domain/ports';
import type { MailboxStore } from '../../shared/store/mailbox-store';

export interface RegistrationDependencies {
  readonly mailboxStore: MailboxStore;
  readonly mailboxes: Mailboxes;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly notificationsTopic: string;
  /** The topic's full name, as Gmail wants it. */
  readonly topicName: string;
  readonly watchRenewAfterMs: number;
}

export interface Registration extends WatchSettings {
  /** Also deliver mail that arrived since then, epoch milliseconds. */
  readonly backfillSinceMs?: number | undefined;
}

/**
 * Registers a mailbox, watches it and sets its checkpoint; again and again with the same effect. The record is written
 * before the watch is asked for, so that a registration which is cut off is finished by the next renewal. A mailbox that
 * needed authorisation goes on from its stored checkpoint; a removed one starts afresh.
 */
export async function registerMailbox(
  dependencies: RegistrationDependencies,
  emailAddress: string,
  registration: Registration,
): Promise<MailboxRecord> {
  const { mailboxStore, mailboxes, clock, topicName, watchRenewAfterMs } = dependencies;
  const mailbox = mailboxes(emailAddress);
  const profile = await mailbox.getProfile();
  if (profile.emailAddress.toLowerCase() !== emailAddress) {
    throw new AttacheError('conflict', `${emailAddress} is another name of the mailbox ${profile.emailAddress}.`, {
      code: 'aliasOfMailbox',
      fix: `Register ${profile.emailAddress} instead.`,
    });
  }

  const earlier = await createOrPrepare(dependencies, emailAddress, registration);
  const { labelIds, labelFilterBehavior, backfillSinceMs } = registration;
  const answer = await mailbox.watch({ topicName, labelIds, labelFilterBehavior }).catch(async (error: unknown) => {
    if (!isAttacheError(error, 'invalid') || error.code === 'watchTopicNotFound') throw error;
    // Mail is not judged by labels that the mailbox does not have.
    if (earlier) await createOrPrepare(dependencies, emailAddress, earlier);
    throw new AttacheError('invalid', error.message, {
      code: error.code,
      errors: [{ path: 'body.labelIds', message: 'refused by Gmail' }],
      fix: 'Name labels by the ids that the mailbox has for them, such as INBOX; if it has them, GMAIL_NOTIFICATIONS_TOPIC is wrong.',
    });
  });
  const registered = await mailboxStore.change(emailAddress, (current) => {
    const patch = watched(current, answer, clock.now(), watchRenewAfterMs);
    if (backfillSinceMs === undefined) return { patch };
    const deliverFromMs = Math.min(backfillSinceMs, patch.deliverFromMs ?? current.deliverFromMs);
    // A request that nobody has begun with yet is not forgotten for a shorter one.
    const backfillFromMs = Math.min(backfillSinceMs, current.backfillFromMs ?? backfillSinceMs);
    return { patch: { ...patch, deliverFromMs, backfillFromMs } };
  });
  if (!registered) throw new AttacheError('bug', 'A mailbox vanished while it was being registered.');
  await requestSync(dependencies, registered.record);
  return registered.record;
}

/** Sends a notification of our own, so that gmail-sync reads the mailbox now. */
export async function requestSync(
  { bus, notificationsTopic }: Pick<RegistrationDependencies, 'bus' | 'notificationsTopic'>,
  { emailAddress, notifiedHistoryId, checkpoint }: MailboxRecord,
): Promise<void> {
  const data = encodeNotification({ emailAddress, historyId: notifiedHistoryId ?? checkpoint ?? '0' });
  await bus.publish(notificationsTopic, [{ data, attributes: { reason: 'syncNow' } }]);
}

/** Resolves with the settings that the mailbox was watched by so far; undefined where it was not. */
async function createOrPrepare(
  { mailboxStore, clock }: RegistrationDependencies,
  emailAddress: string,
  settings: WatchSettings,
): Promise<WatchSettings | undefined> {
  let earlier: WatchSettings | undefined;
  const fresh = newMailboxRecord(emailAddress, settings, clock.now());
  const prepare = (current: MailboxRecord): Partial<MailboxRecord> => {
    const { labelIds, labelFilterBehavior } = fresh;
    if (current.status !== 'removed' && current.status !== 'removing') {
      earlier = { labelIds: current.labelIds, labelFilterBehavior: current.labelFilterBehavior };
      const isSame = current.labelFilterBehavior === labelFilterBehavior && current.labelIds.join() === labelIds.join();
      // Whoever reads the history by the old labels just now is fenced out, and reads it again by the new ones.
      return isSame ? {} : { labelIds, labelFilterBehavior, lease: null, fence: current.fence + 1 };
    }
    // The numbers go on, so that no event id or position is ever given twice.
    const { sequence, publishedSequence, counters } = current;
    return { ...fresh, sequence, publishedSequence, counters, fence: current.fence + 1 };
  };
  if (await mailboxStore.change(emailAddress, (current) => ({ patch: prepare(current) }))) return earlier;
  try {
    await mailboxStore.create(fresh);
  } catch (error) {
    if (!isAttacheError(error, 'conflict')) throw error;
    await mailboxStore.change(emailAddress, (current) => ({ patch: prepare(current) }));
  }
  return earlier;
}
