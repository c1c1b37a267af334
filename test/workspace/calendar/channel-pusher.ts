import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { isLoopback } from './channels';
import type { ChannelNotification } from './channels';

/** What befalls the next notifications, of one channel or of any. `reorder` lets the next one on the channel pass first. */
export const pushFaultSchema = z.strictObject({
  fault: z.enum(['drop', 'double', 'reorder', 'delay']),
  channelId: z.string().optional(),
  times: z.int().min(1).default(1),
  delayMs: z.int().min(0).default(50),
});

export type PushFault = z.output<typeof pushFaultSchema>;

const retried: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * Posts channel notifications, to loopback only, and tries again where Google does. What fails otherwise is counted and
 * forgotten.
 */
export class ChannelPusher {
  readonly settings = {
    /** Whether `watch` answers only when its `sync` notification has been delivered once. */
    syncBeforeAnswer: false,
    /** Google's own begin at seconds and double. */
    retryDelaysMs: [20, 40, 80, 160],
  };
  /** Attempts by their status; `error` without one, `dropped` by a fault, `skipped` for addresses that are elsewhere. */
  readonly outcomes: Record<string, number> = {};
  #faults: PushFault[] = [];
  readonly #held = new Map<string, ChannelNotification[]>();
  readonly #attempts = new Map<string, Promise<unknown>>();
  readonly #pending = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  readonly send = (notification: ChannelNotification): void => {
    const { channelId, address, state } = notification;
    if (!isLoopback(address)) return this.#count('skipped');
    const fault = this.#takeFault(channelId);
    if (fault?.fault === 'drop') return this.#count('dropped');
    const held = this.#held.get(channelId) ?? [];
    if (fault?.fault === 'reorder') return void this.#held.set(channelId, [...held, notification]);
    this.#held.delete(channelId);
    const isFirst = state === 'sync' && this.settings.syncBeforeAnswer;
    // Everything else waits until the call that caused it has been answered.
    const start = isFirst ? Promise.resolve() : setImmediate();
    const delayed = start.then(() => (fault?.fault === 'delay' ? this.#sleep(fault.delayMs) : undefined));
    const attempt = delayed.then(() => this.#post(notification));
    this.#attempts.set(channelId, attempt);
    this.#track(attempt.then((status) => this.#retry(notification, status)));
    if (fault?.fault === 'double') this.#track(delayed.then(() => this.#deliver(notification)));
    for (const late of held) this.#track(attempt.then(() => this.#deliver(late)));
  };

  addFault(fault: z.input<typeof pushFaultSchema>): void {
    this.#faults.push(pushFaultSchema.parse(fault));
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** Resolves when the latest notification of a channel has been tried once. */
  async attempted(channelId: string): Promise<void> {
    await this.#attempts.get(channelId);
  }

  /** Resolves when nothing is under way; what was held back to come late comes now. */
  async settled(): Promise<void> {
    for (const late of [...this.#held.values()].flat()) this.#track(this.#deliver(late));
    this.#held.clear();
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.settled();
  }

  async #deliver(notification: ChannelNotification): Promise<void> {
    await this.#retry(notification, await this.#post(notification));
  }

  async #retry(notification: ChannelNotification, firstStatus: number): Promise<void> {
    let status = firstStatus;
    for (const delayMs of this.settings.retryDelaysMs) {
      if (!retried.has(status)) return;
      await this.#sleep(delayMs);
      status = await this.#post(notification);
    }
  }

  /** The status, or 0 where there was no answer. */
  async #post({ address, headers }: ChannelNotification): Promise<number> {
    if (this.#closing.signal.aborted) return 0;
    try {
      const { signal } = this.#closing;
      const response = await fetch(address, { method: 'POST', headers, redirect: 'manual', signal });
      await response.arrayBuffer();
      this.#count(String(response.status));
      return response.status;
    } catch {
      this.#count('error');
      return 0;
    }
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  #takeFault(channelId: string): PushFault | undefined {
    const fault = this.#faults.find((one) => one.channelId === undefined || one.channelId === channelId);
    if (fault) fault.times -= 1;
    this.#faults = this.#faults.filter(({ times }) => times > 0);
    return fault;
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }

  #count(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }
}
