import type { Caller } from './grants';

/** Records of these owners, at most 30, or of all owners of a domain. */
export type OwnerScope = { readonly owners: readonly string[] } | { readonly domain: string };

/** What one query names at once. */
const largestOwners = 30;

/** One page of the records of all users whom a caller sees, by id: those granted by name and those of its domains, merged. */
export async function visiblePage<Record>(
  { mailboxes, domains }: Pick<Caller, 'mailboxes' | 'domains'>,
  idOf: (record: Record) => string,
  list: (scope: OwnerScope, limit: number) => Promise<readonly Record[]>,
  limit: number,
): Promise<{ records: Record[]; nextPageToken: string | null }> {
  const scopes: OwnerScope[] = domains.map((domain) => ({ domain }));
  for (let start = 0; start < mailboxes.length; start += largestOwners)
    scopes.push({ owners: mailboxes.slice(start, start + largestOwners) });
  const pages = await Promise.all(scopes.map((scope) => list(scope, limit + 1)));
  const found = new Map(pages.flat().map((record) => [idOf(record), record]));
  const sorted = [...found.keys()].sort();
  const page = sorted.slice(0, limit);
  return {
    records: page.flatMap((id) => found.get(id) ?? []),
    nextPageToken: sorted.length > limit ? (page.at(-1) ?? null) : null,
  };
}
