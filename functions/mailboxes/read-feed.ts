import * as z from 'zod';
import { AttacheError } from '../../shared/domain/errors';
import type { Clock, DocumentStore } from '../../shared/domain/ports';
import { listFeed, type FeedPosition, type RecordedEvent } from '../../shared/store/event-store';

export interface FeedRequest {
  /** Whose events: all of these mailboxes, and all mailboxes of these domains. */
  readonly mailboxes: readonly string[];
  readonly domains: readonly string[];
  /** All types where it is left out. */
  readonly types?: readonly string[] | undefined;
  readonly cursor?: string | undefined;
  readonly pageSize: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface FeedPage {
  readonly events: readonly RecordedEvent[];
  readonly nextCursor: string | null;
}

/** Events of the last seconds are held back, so that a commit still in flight cannot land before a position already read. */
export const holdBackMs = 3_000;
const pollIntervalMs = 1_000;

/**
 * One page of the feed over many mailboxes, in the order of the commits, at least once per event while the cursor is kept.
 * Waits up to `waitMs` for the first event. Errors: `invalid` for a cursor that is not one of ours.
 */
export async function readFeed(
  { store, clock }: { readonly store: DocumentStore; readonly clock: Clock },
  request: FeedRequest,
): Promise<FeedPage> {
  const endMs = clock.now() + request.waitMs;
  let position = decodeCursor(request.cursor);
  for (;;) {
    const page = await readFrom(store, request, position, clock.now() - holdBackMs);
    position = page.position;
    const waitMs = Math.min(pollIntervalMs, endMs - clock.now());
    if (page.events.length > 0 || waitMs <= 0 || request.signal.aborted) {
      return { events: page.events, nextCursor: position && encodeCursor(position) };
    }
    await clock.sleep(waitMs, request.signal);
  }
}

/** Reads on over events of other types, so that a page is empty only at the end of the feed. */
async function readFrom(
  store: DocumentStore,
  { mailboxes, domains, types, pageSize }: FeedRequest,
  from: FeedPosition | null,
  untilMs: number,
): Promise<{ events: RecordedEvent[]; position: FeedPosition | null }> {
  const events: RecordedEvent[] = [];
  let position = from;
  for (;;) {
    const batch = await listFeed(store, { mailboxes, domains }, position, untilMs, pageSize);
    for (const event of batch) {
      if (events.length === pageSize) return { events, position };
      position = { recordedAtMs: event.recordedAtMs, sequence: event.sequence, id: event.id };
      if (!types || types.includes(event.type)) events.push(event);
    }
    if (batch.length < pageSize || events.length === pageSize) return { events, position };
  }
}

/** Up to the last moment that a store can hold. */
const latestMs = Date.parse('9999-12-31T23:59:59.999Z');
const cursorSchema = z.tuple([
  z.int().nonnegative().max(latestMs),
  z.int().nonnegative(),
  z.string().regex(/^evt_[0-9a-f]{32}$/),
]);

function encodeCursor({ recordedAtMs, sequence, id }: FeedPosition): string {
  return Buffer.from(JSON.stringify([recordedAtMs, sequence, id])).toString('base64url');
}

function decodeCursor(cursor: string | undefined): FeedPosition | null {
  if (cursor === undefined) return null;
  try {
    const [recordedAtMs, sequence, id] = cursorSchema.parse(
      JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')),
    );
    return { recordedAtMs, sequence, id };
  } catch {
    throw new AttacheError('invalid', 'The cursor is not one that this API has given.', {
      code: 'invalidCursor',
      errors: [{ path: 'query.cursor', message: 'expected a nextCursor of an earlier answer' }],
      fix: 'Leave the cursor out to begin with the oldest event.',
    });
  }
}
