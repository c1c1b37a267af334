import type { Connection } from '../../shared/domain/connection';
import type { Caller } from '../../shared/domain/grants';
import type { ConnectionStore } from '../../shared/store/connection-store';

/** What one query names at once. */
const largestOwners = 30;

/** The connections of the users whom a caller sees, by id: those granted by name and those of its domains, merged. */
export async function listVisible(
  connections: Pick<ConnectionStore, 'listOf'>,
  { mailboxes, domains }: Pick<Caller, 'mailboxes' | 'domains'>,
  limit: number,
  afterId: string | undefined,
): Promise<{ records: Connection[]; nextPageToken: string | null }> {
  const scopes = [
    ...Array.from({ length: Math.ceil(mailboxes.length / largestOwners) }, (_, i) => ({
      owners: mailboxes.slice(i * largestOwners, (i + 1) * largestOwners),
    })),
    ...domains.map((domain) => ({ domain })),
  ];
  const after = afterId === undefined ? undefined : { id: afterId };
  const pages = await Promise.all(scopes.map((scope) => connections.listOf(scope, limit + 1, after)));
  const found = new Map(pages.flatMap(({ records }) => records).map((record) => [record.connectionId, record]));
  const records = [...found.values()].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
  const page = records.slice(0, limit);
  return { records: page, nextPageToken: records.length > limit ? (page.at(-1)?.connectionId ?? null) : null };
}
