/** What the simulation runs: one module, so that the deliberately broken variants can be built from changed sources. */
export { newMailboxRecord, watched } from '../../shared/domain/mailbox-record';
export { decodeNotification } from '../../shared/domain/notification';
export { createMailboxStore, mailboxPath } from '../../shared/store/mailbox-store';
export { defaultSyncSettings } from '../../functions/gmail-sync/dependencies';
export { handleNotification } from '../../functions/gmail-sync/handle-notification';
export { sweepMailboxes } from '../../functions/mailbox-sweep/sweep-mailboxes';
export { pauseMailbox, removeMailbox, replayParked, resumeMailbox } from '../../functions/mailboxes/change-mailbox';
export { registerMailbox } from '../../functions/mailboxes/register-mailbox';
export { renewWatches } from '../../functions/watch-renewal/renew-watches';
