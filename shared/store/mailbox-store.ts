import { dueAt, mailboxRecordSchema, type DueSettings, type MailboxRecord } from '../domain/mailbox-record';
import type { Clock, DocumentStore } from '../domain/ports';
import { createRecordStore, type PagePosition, type RecordPage, type RecordStore } from './record-store';

/** Mailboxes by address, whichever case it is written in. */
export interface MailboxStore extends RecordStore<MailboxRecord> {
  /** Mailboxes whose time has come by the given field, the longest overdue first. */
  listDue(
    field: 'dueAtMs' | 'watchRenewAtMs',
    nowMs: number,
    limit: number,
    after?: PagePosition,
  ): Promise<RecordPage<MailboxRecord>>;
  /** Those of the given addresses that exist and come after `afterEmailAddress`; the first ones, by address. */
  loadAfter(emailAddresses: readonly string[], limit: number, afterEmailAddress?: string): Promise<MailboxRecord[]>;
  /** The mailboxes of these domains, by address. */
  listDomains(domains: readonly string[], limit: number, afterEmailAddress?: string): Promise<MailboxRecord[]>;
}

export function mailboxPath(emailAddress: string): string {
  return `mailboxes/${documentIdOf(emailAddress)}`;
}

/** Every write also brings `dueAtMs` up to date. */
export function createMailboxStore({
  store,
  clock,
  due,
}: {
  readonly store: DocumentStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly due: DueSettings;
}): MailboxStore {
  const records = createRecordStore({
    store,
    collection: 'mailboxes',
    schema: mailboxRecordSchema,
    idOf: ({ emailAddress }) => emailAddress.toLowerCase(),
    complete: (record) => ({ ...record, dueAtMs: dueAt(record, clock.now(), due) }),
  });
  return {
    ...records,
    load: (emailAddress) => records.load(emailAddress.toLowerCase()),
    change: (emailAddress, decide) => records.change(emailAddress.toLowerCase(), decide),

    listDue: (field, nowMs, limit, after) =>
      records.list({
        where: [{ field, op: '<=', value: nowMs }],
        orderBy: { field, direction: 'asc' },
        limit,
        ...(after && { startAfter: after }),
      }),

    async loadAfter(emailAddresses, limit, afterEmailAddress = '') {
      const wanted = emailAddresses.filter((emailAddress) => emailAddress > afterEmailAddress).sort();
      const found: MailboxRecord[] = [];
      for (let start = 0; start < wanted.length && found.length < limit; start += limit) {
        const page = await records.loadAll(wanted.slice(start, start + limit));
        for (const stored of page) if (stored) found.push(stored.record);
      }
      return found.slice(0, limit);
    },

    async listDomains(domains, limit, afterEmailAddress) {
      const startAfter = afterEmailAddress !== undefined && {
        startAfter: { value: afterEmailAddress, id: documentIdOf(afterEmailAddress) },
      };
      const pages = await Promise.all(
        domains.map((domain) =>
          records.list({
            where: [{ field: 'domain', op: '==', value: domain }],
            orderBy: { field: 'emailAddress', direction: 'asc' },
            limit,
            ...startAfter,
          }),
        ),
      );
      return pages.flatMap((page) => page.records);
    },
  };
}

function documentIdOf(emailAddress: string): string {
  return encodeURIComponent(emailAddress.toLowerCase());
}
