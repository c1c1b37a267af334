import type { BusMessage } from '../../shared/domain/ports';
import type { NotificationDelivery } from '../../functions/gmail-sync/handle-notification';
import type { Copy, Instance, World } from './world';

export interface Pushed extends NotificationDelivery {
  /** Counts from 1. */
  readonly attempt: number;
}

/**
 * A push subscription with Pub/Sub's rules, in virtual time: at least once, exponential back-off, a bounded number of
 * attempts; a push whose process is killed has failed, one that is not answered in time is delivered again beside it.
 */
export class PushSubscription {
  /** Deliveries that were given up. */
  deadLettered = 0;
  /** Messages that never reached the subscription. */
  lost = 0;
  /** Deliveries that are neither acknowledged nor given up. */
  outstanding = 0;
  private messageCount = 0;

  constructor(
    private readonly world: World,
    private readonly choose: () => Instance,
    private readonly push: (instance: Instance, delivery: Pushed) => Promise<void>,
    private readonly maxAttempts: number,
  ) {}

  publish({ data, attributes = {} }: BusMessage, copies: readonly Copy[] = once): void {
    if (copies.length === 0) this.lost += 1;
    let messageId = this.newId();
    for (const { delayMs, hasOwnId } of copies) {
      if (hasOwnId) messageId = this.newId();
      const dataBase64 = Buffer.from(data).toString('base64url');
      const delivery = { messageId, dataBase64, attributes, publishTimeMs: this.world.nowMs, attempt: 1 };
      this.outstanding += 1;
      this.world.after(delayMs + this.world.adversary.latencyMs(), () => this.deliver(delivery));
    }
  }

  private newId(): string {
    return `m${++this.messageCount}`;
  }

  private deliver(delivery: Pushed): void {
    const instance = this.choose();
    let settled = false;
    const fail = (why: string, detail = '') => {
      if (settled) return;
      settled = true;
      this.world.note(delivery.messageId, why, detail);
      if (delivery.attempt >= this.maxAttempts) {
        this.deadLettered += 1;
        this.outstanding -= 1;
        return;
      }
      const backoffMs = Math.min(10_000 * 2 ** (delivery.attempt - 1), 600_000);
      this.world.after(backoffMs, () => this.deliver({ ...delivery, attempt: delivery.attempt + 1 }));
    };
    instance.onKill.push(() => fail('lost'));
    this.world.after(ackDeadlineMs, () => fail('timed out'));
    this.push(instance, delivery).then(
      () => {
        if (settled) return;
        settled = true;
        this.outstanding -= 1;
        this.world.note(delivery.messageId, 'acknowledged');
      },
      (error: unknown) => fail('failed', error instanceof Error ? error.message : String(error)),
    );
  }
}

const ackDeadlineMs = 600_000;
const once: readonly Copy[] = [{ delayMs: 0, hasOwnId: false }];
