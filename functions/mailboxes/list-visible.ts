import type { Caller } from '../../shared/domain/grants';
import type { MailboxRecord } from '../../shared/domain/mailbox-record';
import type { MailboxStore } from '../../shared/store/mailbox-store';

/** The registered mailboxes that a caller sees, by address: those granted by name and those of its domains, merged. */
export async function listVisible(
  mailboxStore: MailboxStore,
  { mailboxes, domains }: Pick<Caller, 'mailboxes' | 'domains'>,
  limit: number,
  afterEmailAddress: string | undefined,
): Promise<{ records: MailboxRecord[]; nextPageToken: string | null }> {
  const [byName, byDomain] = await Promise.all([
    mailboxStore.loadAfter(mailboxes, limit + 1, afterEmailAddress),
    mailboxStore.listDomains(domains, limit + 1, afterEmailAddress),
  ]);
  const records = [...new Map([...byName, ...byDomain].map((record) => [record.emailAddress, record])).values()]
    .sort((a, b) => (a.emailAddress < b.emailAddress ? -1 : 1))
    .slice(0, limit + 1);
  const page = records.slice(0, limit);
  return {
    records: page.filter(({ status }) => status !== 'removed' && status !== 'removing'),
    nextPageToken: records.length > limit ? (page.at(-1)?.emailAddress ?? null) : null,
  };
}
