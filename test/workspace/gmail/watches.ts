import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { GoogleApiError, invalidArgument } from '../google-api-error';

export interface WatchRequest {
  readonly topicName: string;
  readonly labelIds?: readonly string[] | undefined;
  readonly labelFilterBehavior?: 'include' | 'exclude' | undefined;
}

/** What changed on one message, for the label filter of a watch. */
export interface Change {
  /** The labels after the change; of a deleted message, the ones it had. */
  readonly labelIds: readonly string[];
  readonly changedLabelIds: readonly string[];
}

interface Watch extends WatchRequest {
  readonly expirationMs: number;
  pushedAtMs: number;
}

const lifetimeMs = 7 * 24 * 3_600_000;

/** One mailbox's watches, one for each client (an OAuth project), and the pushes that they let through. */
export class Watches {
  readonly #byClient = new Map<string, Watch>();

  start(client: string, request: WatchRequest, nowMs: number): { readonly expirationMs: number } {
    if (!/^projects\/[^/]+\/topics\/[^/]+$/.test(request.topicName)) {
      throw invalidArgument('Invalid topicName does not match projects/<dev project>/topics/*');
    }
    const active = this.#byClient.get(client);
    if (active && active.expirationMs > nowMs && active.topicName !== request.topicName) {
      throw new GoogleApiError(
        400,
        'failedPrecondition',
        'Only one user push notification client allowed per developer (send /stop then try again)',
      );
    }
    const expirationMs = nowMs + lifetimeMs;
    this.#byClient.set(client, { ...request, expirationMs, pushedAtMs: nowMs });
    return { expirationMs };
  }

  stop(client: string): void {
    this.#byClient.delete(client);
  }

  /** Topics to push to, after filter and rate limit, and how many pushes the limit swallowed. */
  route(changes: readonly Change[], nowMs: number, minIntervalMs: number): { topics: string[]; dropped: number } {
    const topics: string[] = [];
    let dropped = 0;
    for (const watch of this.#byClient.values()) {
      if (watch.expirationMs <= nowMs || !changes.some((change) => isWatched(watch, change))) continue;
      if (nowMs - watch.pushedAtMs < minIntervalMs) {
        dropped += 1;
        continue;
      }
      watch.pushedAtMs = nowMs;
      topics.push(watch.topicName);
    }
    return { topics, dropped };
  }
}

export function toWatchResponse(historyId: bigint, expirationMs: number): gmail_v1.Schema$WatchResponse {
  return { historyId: historyId.toString(), expiration: String(expirationMs) };
}

function isWatched({ labelIds = [], labelFilterBehavior = 'include' }: WatchRequest, change: Change): boolean {
  if (labelFilterBehavior === 'exclude') return !change.labelIds.some((id) => labelIds.includes(id));
  return labelIds.length === 0 || [...change.labelIds, ...change.changedLabelIds].some((id) => labelIds.includes(id));
}
