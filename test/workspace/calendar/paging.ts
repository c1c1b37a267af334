import * as z from 'zod';
import { invalid } from './errors';

/** Where an item stands in its list: a number, then its id. */
export type Position = readonly [number, string];

export interface PageRequest {
  readonly pageToken?: string | undefined;
  readonly maxResults?: number | undefined;
}

export interface PageOptions {
  /** What the other parameters are: a token goes with those of the request that it came from. */
  readonly query: string;
  /** The collection's change when the first page is read; later pages hand it on. */
  readonly changeId: number;
  readonly pageSizeLimit: number;
  readonly emptyPages?: boolean;
}

/**
 * One page of `items`, which need no order. The token names the last item shown, so that what is added before it does not
 * move the pages. `changeId` is the one of the first page, on the last page only.
 */
export function pageOf<Item>(
  items: readonly Item[],
  positionOf: (item: Item) => Position,
  { pageToken, maxResults }: PageRequest,
  { query, changeId, pageSizeLimit, emptyPages = false }: PageOptions,
): { items: Item[]; nextPageToken?: string; changeId?: number } {
  const page: Page = pageToken ? readToken(pageToken, pageSchema) : { query, changeId, emptyPageServed: false };
  if (page.query !== query) throw invalid('A page token goes with the parameters that it was made for.');
  const { after } = page;
  const size = Math.min(maxResults || 250, 2_500, pageSizeLimit);
  const left = items
    .map((item) => ({ item, position: positionOf(item) }))
    .filter(({ position }) => !after || compare(position, after) > 0)
    .sort((a, b) => compare(a.position, b.position));
  if (emptyPages && left.length > 0 && !page.emptyPageServed) {
    return { items: [], nextPageToken: writeToken({ ...page, emptyPageServed: true }) };
  }
  const shown = left.slice(0, size);
  const last = shown.at(-1);
  const result = { items: shown.map(({ item }) => item) };
  if (!last || left.length <= size) return { ...result, changeId: page.changeId };
  return { ...result, nextPageToken: writeToken({ ...page, after: last.position, emptyPageServed: false }) };
}

export function writeToken(state: object): string {
  return Buffer.from(JSON.stringify(state)).toString('base64url');
}

export function readToken<Schema extends z.ZodType>(token: string, schema: Schema): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
  } catch {
    throw invalid('Invalid token value.');
  }
}

const pageSchema = z.object({
  query: z.string(),
  changeId: z.number(),
  after: z.tuple([z.number(), z.string()]).exactOptional(),
  emptyPageServed: z.boolean(),
});

type Page = z.output<typeof pageSchema>;

function compare(a: Position, b: Position): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : Number(a[1] > b[1]));
}
