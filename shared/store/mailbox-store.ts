import { AttacheError, isAttacheError } from '../domain/errors';
import { dueAt, mailboxRecordSchema, type DueSettings, type MailboxRecord } from '../domain/mailbox-record';
import type { Clock, DocumentSnapshot, DocumentStore, Write } from '../domain/ports';

export interface StoredMailbox {
  readonly record: MailboxRecord;
  /** The version that a compare-and-set names. */
  readonly updateTime: string;
}

/** What one compare-and-set changes, and what is written with it or not at all. */
export interface MailboxChange {
  readonly patch: Partial<MailboxRecord>;
  readonly writes?: readonly Write[];
}

export interface MailboxPosition {
  readonly value: number;
  readonly id: string;
}

export interface MailboxStore {
  load(emailAddress: string): Promise<StoredMailbox | undefined>;
  /** Errors: `conflict` when it exists. */
  create(record: MailboxRecord): Promise<StoredMailbox>;
  /** One compare-and-set on the version given. Errors: `preconditionFailed`, and `conflict` of one of the writes. */
  replace(stored: StoredMailbox, change: MailboxChange): Promise<StoredMailbox>;
  /**
   * Reads, decides and writes until nobody came in between. `decide` returns undefined to leave the record alone.
   * Resolves with the record as it now is; undefined when there is none.
   */
  change(
    emailAddress: string,
    decide: (record: MailboxRecord) => MailboxChange | undefined,
  ): Promise<StoredMailbox | undefined>;
  /** Mailboxes whose time has come by the given field, the longest overdue first. */
  listDue(
    field: 'dueAtMs' | 'watchRenewAtMs',
    nowMs: number,
    limit: number,
    after?: MailboxPosition,
  ): Promise<{ records: MailboxRecord[]; next: MailboxPosition | undefined }>;
  /** Those of the given addresses that exist and come after `afterEmailAddress`; the first ones, by address. */
  loadAfter(emailAddresses: readonly string[], limit: number, afterEmailAddress?: string): Promise<MailboxRecord[]>;
  /** The mailboxes of these domains, by address. */
  listDomains(domains: readonly string[], limit: number, afterEmailAddress?: string): Promise<MailboxRecord[]>;
}

export function mailboxPath(emailAddress: string): string {
  return `mailboxes/${mailboxDocumentId(emailAddress)}`;
}

export function createMailboxStore(dependencies: {
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly due: DueSettings;
}): MailboxStore {
  const { store, clock, due } = dependencies;

  async function load(emailAddress: string): Promise<StoredMailbox | undefined> {
    const snapshot = await store.get(mailboxPath(emailAddress));
    return snapshot && { record: parse(snapshot), updateTime: snapshot.updateTime };
  }

  async function replace(
    { record, updateTime }: StoredMailbox,
    { patch, writes = [] }: MailboxChange,
  ): Promise<StoredMailbox> {
    const changed = { ...record, ...patch };
    const complete = { ...changed, dueAtMs: dueAt(changed, clock.now(), due) };
    const [newUpdateTime = ''] = await store.commit([
      { op: 'update', path: mailboxPath(record.emailAddress), data: complete, precondition: { updateTime } },
      ...writes,
    ]);
    return { record: complete, updateTime: newUpdateTime };
  }

  return {
    load,
    replace,

    async create(record) {
      const [updateTime = ''] = await store.commit([
        { op: 'create', path: mailboxPath(record.emailAddress), data: record },
      ]);
      return { record, updateTime };
    },

    async change(emailAddress, decide) {
      for (let attempt = 1; attempt <= maxCollisions; attempt++) {
        const stored = await load(emailAddress);
        const change = stored && decide(stored.record);
        if (!stored || !change) return stored;
        try {
          return await replace(stored, change);
        } catch (error) {
          if (!isAttacheError(error, 'preconditionFailed')) throw error;
        }
      }
      throw new AttacheError('unavailable', 'The mailbox was changed by others at every try.', { code: 'contention' });
    },

    async listDue(field, nowMs, limit, after) {
      const snapshots = await store.query({
        collection: 'mailboxes',
        where: [{ field, op: '<=', value: nowMs }],
        orderBy: { field, direction: 'asc' },
        limit,
        ...(after && { startAfter: after }),
      });
      const records = snapshots.map(parse);
      const last = records.at(-1);
      const value = last?.[field];
      const full = snapshots.length === limit && last !== undefined && value != null;
      return { records, next: full ? { value, id: mailboxDocumentId(last.emailAddress) } : undefined };
    },

    async loadAfter(emailAddresses, limit, afterEmailAddress = '') {
      const wanted = emailAddresses.filter((emailAddress) => emailAddress > afterEmailAddress).sort();
      const found: MailboxRecord[] = [];
      for (let start = 0; start < wanted.length && found.length < limit; start += limit) {
        const snapshots = await store.getAll(wanted.slice(start, start + limit).map(mailboxPath));
        for (const snapshot of snapshots) if (snapshot) found.push(parse(snapshot));
      }
      return found.slice(0, limit);
    },

    async listDomains(domains, limit, afterEmailAddress) {
      const startAfter = afterEmailAddress !== undefined && {
        startAfter: { value: afterEmailAddress, id: mailboxDocumentId(afterEmailAddress) },
      };
      const pages = await Promise.all(
        domains.map((domain) =>
          store.query({
            collection: 'mailboxes',
            where: [{ field: 'domain', op: '==', value: domain }],
            orderBy: { field: 'emailAddress', direction: 'asc' },
            limit,
            ...startAfter,
          }),
        ),
      );
      return pages.flat().map(parse);
    },
  };
}

const maxCollisions = 10;

function mailboxDocumentId(emailAddress: string): string {
  return encodeURIComponent(emailAddress.toLowerCase());
}

function parse(snapshot: DocumentSnapshot): MailboxRecord {
  return mailboxRecordSchema.parse(snapshot.data);
}
