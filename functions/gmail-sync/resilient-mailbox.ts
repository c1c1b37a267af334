import { AttacheError, asAttacheError, isAttacheError, isDeploymentFault } from '../../shared/domain/errors';
import type { Mailbox } from '../../shared/domain/mailbox';
import type { Clock, Random } from '../../shared/domain/ports';
import { retry } from '../../shared/domain/retry';

/** Gmail will not serve this mailbox until a person changes something. */
export class MailboxRefused extends Error {
  constructor(readonly reason: AttacheError) {
    super(reason.message, { cause: reason });
  }
}

export type SyncMailboxCalls = Pick<
  Mailbox,
  'emailAddress' | 'getProfile' | 'listHistory' | 'getMessage' | 'listMessages'
>;

/**
 * The calls of a pass, repeated over momentary trouble inside the time budget. A refusal of the mailbox is thrown as
 * `MailboxRefused`, so that it cannot be taken for a refusal by the store or the bus.
 */
export function resilientMailbox(
  mailbox: Mailbox,
  deadlineMs: number,
  dependencies: { readonly clock: Clock; readonly random: Random },
): SyncMailboxCalls {
  const policy = { maxAttempts: 3, baseDelayMs: 250, maxDelayMs: 2_000, deadlineMs };
  const call = async <T>(operation: () => Promise<T>): Promise<T> => {
    try {
      return await retry(operation, policy, dependencies);
    } catch (thrown) {
      const error = asAttacheError(thrown);
      throw refusesMailbox(error) ? new MailboxRefused(error) : asPassing(error);
    }
  };
  return {
    emailAddress: mailbox.emailAddress,
    getProfile: () => call(() => mailbox.getProfile()),
    listHistory: (request) => call(() => mailbox.listHistory(request)),
    getMessage: (id) => call(() => mailbox.getMessage(id)),
    listMessages: (request) => call(() => mailbox.listMessages(request)),
  };
}

function refusesMailbox(error: AttacheError): boolean {
  return isAttacheError(error, 'unauthorized', 'forbidden') && !isDeploymentFault(error);
}

function asPassing(error: AttacheError): AttacheError {
  if (!isDeploymentFault(error)) return error;
  return new AttacheError('unavailable', error.message, {
    code: error.code,
    cause: error,
    ...(error.fix !== undefined && { fix: error.fix }),
  });
}
