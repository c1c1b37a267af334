/** What the simulation runs: one module, so that the deliberately broken variants can be built from changed sources. */
export { AttacheError } from '../../shared/domain/errors';
export { newMailboxRecord, watched } from '../../shared/domain/mailbox-record';
export { messageEventId } from '../../shared/domain/message/message-event';
export { decodeNotification } from '../../shared/domain/notification';
export { createMailboxStore, mailboxPath } from '../../shared/store/mailbox-store';
export { defaultSyncSettings } from '../../functions/gmail-sync/dependencies';
export { handleNotification } from '../../functions/gmail-sync/handle-notification';
export { sweepMailboxes } from '../../functions/mailbox-sweep/sweep-mailboxes';
