import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { invalidArgument, notFound } from '../google-api-error';

export type HistoryType = 'messageAdded' | 'messageDeleted' | 'labelAdded' | 'labelRemoved';

export interface HistoryRequest {
  readonly startHistoryId: string;
  readonly pageToken?: string | undefined;
  readonly maxResults?: number | undefined;
  readonly labelId?: string | undefined;
  readonly historyTypes?: readonly HistoryType[] | undefined;
}

interface Entry {
  readonly id: bigint;
  readonly changedAtMs: number;
  readonly indexedAtMs: number;
  readonly type: HistoryType;
  readonly labelIds: readonly string[];
  readonly record: gmail_v1.Schema$History;
}

/**
 * One mailbox's log of changes: increasing ids with gaps, forgotten after a while, and readable only once indexed.
 * A record holds one change. Pages go up to what was indexed when the first of them was asked for, while the
 * `historyId` of each is the mailbox's indexed id of that moment: whoever stores a later page's id loses records.
 */
export class History {
  #entries: Entry[] = [];
  #indexedCount = 0;
  /** The newest id that no longer has its record; also the indexed id while nothing is retained. */
  #forgottenId: bigint;
  #lastId: bigint;
  #step = 0;

  constructor(startId: bigint) {
    this.#forgottenId = this.#lastId = startId;
  }

  /** The id of the newest change, indexed or not: what a notification carries. */
  get lastId(): bigint {
    return this.#lastId;
  }

  append(
    type: HistoryType,
    message: { readonly id: string; readonly threadId: string; readonly labelIds: readonly string[] },
    changedLabelIds: readonly string[],
    time: { readonly nowMs: number; readonly lagMs: number },
  ): bigint {
    this.#step = (this.#step * 5 + 3) % 16;
    const id = (this.#lastId += BigInt(1 + this.#step));
    const snapshot = { id: message.id, threadId: message.threadId, labelIds: [...message.labelIds] };
    const labelIds = [...changedLabelIds];
    this.#entries.push({
      id,
      changedAtMs: time.nowMs,
      indexedAtMs: time.nowMs + time.lagMs,
      type,
      labelIds: [...snapshot.labelIds, ...labelIds],
      record: {
        id: id.toString(),
        messages: [{ id: message.id, threadId: message.threadId }],
        ...(type === 'messageAdded' && { messagesAdded: [{ message: snapshot }] }),
        ...(type === 'messageDeleted' && { messagesDeleted: [{ message: snapshot }] }),
        ...(type === 'labelAdded' && { labelsAdded: [{ message: snapshot, labelIds }] }),
        ...(type === 'labelRemoved' && { labelsRemoved: [{ message: snapshot, labelIds }] }),
      },
    });
    return id;
  }

  indexedId(nowMs: number): bigint {
    let next = this.#entries[this.#indexedCount];
    while (next && next.indexedAtMs <= nowMs) next = this.#entries[++this.#indexedCount];
    return this.#entries[this.#indexedCount - 1]?.id ?? this.#forgottenId;
  }

  /** Forgets the indexed records that are older than `beforeMs`. */
  forget(beforeMs: number, nowMs: number): void {
    this.indexedId(nowMs);
    let count = 0;
    while (count < this.#indexedCount && (this.#entries[count]?.changedAtMs ?? beforeMs) < beforeMs) count += 1;
    if (count === 0) return;
    this.#forgottenId = this.#entries.splice(0, count).at(-1)?.id ?? this.#forgottenId;
    this.#indexedCount -= count;
  }

  list(
    request: HistoryRequest,
    options: { readonly nowMs: number; readonly pageSizeLimit: number; readonly emptyPages: boolean },
  ): gmail_v1.Schema$ListHistoryResponse {
    const indexedId = this.indexedId(options.nowMs);
    const historyId = indexedId.toString();
    const start = parseHistoryId(request.startHistoryId);
    const page = request.pageToken
      ? decodeToken(request.pageToken)
      : { after: start, upTo: indexedId, emptyPageServed: false };
    if (page.after < this.#forgottenId) throw notFound();

    const size = Math.min(request.maxResults || 100, 500, options.pageSizeLimit);
    const found: Entry[] = [];
    let position = this.#positionAfter(page.after);
    for (; found.length <= size; position += 1) {
      const entry = this.#entries[position];
      if (!entry || entry.id > page.upTo) break;
      if (matches(entry, request)) found.push(entry);
    }
    if (found.length === 0) return { historyId };
    if (options.emptyPages && !page.emptyPageServed) {
      return { nextPageToken: encodeToken({ ...page, emptyPageServed: true }), historyId };
    }
    const shown = found.slice(0, size);
    const last = shown.at(-1);
    return {
      history: shown.map((entry) => entry.record),
      ...(found.length > size &&
        last && { nextPageToken: encodeToken({ after: last.id, upTo: page.upTo, emptyPageServed: false }) }),
      historyId,
    };
  }

  #positionAfter(id: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.id ?? id) <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Page {
  readonly after: bigint;
  readonly upTo: bigint;
  readonly emptyPageServed: boolean;
}

function encodeToken({ after, upTo, emptyPageServed }: Page): string {
  return Buffer.from(`${after}-${upTo}-${emptyPageServed ? 1 : 0}`).toString('base64url');
}

function decodeToken(token: string): Page {
  const [, after, upTo, served] = /^(\d+)-(\d+)-([01])$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (!after || !upTo) throw invalidArgument('Invalid pageToken');
  return { after: BigInt(after), upTo: BigInt(upTo), emptyPageServed: served === '1' };
}

function parseHistoryId(text: string): bigint {
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  throw invalidArgument(`Invalid value at 'start_history_id' (TYPE_UINT64), "${text}"`);
}

function matches(entry: Entry, { labelId, historyTypes }: HistoryRequest): boolean {
  return (
    (!historyTypes || historyTypes.length === 0 || historyTypes.includes(entry.type)) &&
    (!labelId || entry.labelIds.includes(labelId))
  );
}
