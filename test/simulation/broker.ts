import type { BusMessage } from '../../shared/domain/ports';
import type { NotificationDelivery } from '../../functions/gmail-sync/handle-notification';
import type { Instance, World } from './world';

export interface Pushed extends NotificationDelivery {
  /** Counts from 1. */
  readonly attempt: number;
}

/**
 * A push subscription with Pub/Sub's rules, in virtual time: at least once, exponential back-off, a bounded number of
 * attempts; a push whose process is killed has failed, one that is not answered in time is delivered again beside it.
 */
export class PushSubscription {
  readonly deadLetters: Pushed[] = [];
  private nextMessageId = 1;

  constructor(
    private readonly world: World,
    private readonly instances: () => readonly Instance[],
    private readonly push: (instance: Instance, delivery: Pushed) => Promise<void>,
    private readonly maxAttempts: number,
  ) {}

  publish({ data, attributes = {} }: BusMessage, copies = 1, delayMs = 0): void {
    const message = {
      messageId: `m${this.nextMessageId++}`,
      dataBase64: Buffer.from(data).toString('base64url'),
      attributes,
      publishTimeMs: this.world.nowMs,
    };
    for (let copy = 0; copy < copies; copy++) {
      this.world.after(delayMs + this.world.adversary.latencyMs(), () => this.deliver({ ...message, attempt: 1 }));
    }
  }

  private deliver(delivery: Pushed): void {
    const instances = this.instances();
    const instance = instances[this.world.adversary.chooseInstance(instances.length)];
    if (!instance) return;
    let settled = false;
    const fail = (why: string) => {
      if (settled) return;
      settled = true;
      this.world.note(`${delivery.messageId} ${why}`);
      if (delivery.attempt >= this.maxAttempts) {
        this.deadLetters.push(delivery);
        return;
      }
      const backoffMs = Math.min(10_000 * 2 ** (delivery.attempt - 1), 600_000);
      this.world.after(backoffMs, () => this.deliver({ ...delivery, attempt: delivery.attempt + 1 }));
    };
    instance.onKill.push(() => fail('lost'));
    this.world.after(ackDeadlineMs, () => fail('timed out'));
    this.push(instance, delivery).then(
      () => {
        if (!settled) this.world.note(`${delivery.messageId} acknowledged`);
        settled = true;
      },
      (error: unknown) => fail(`failed ${error instanceof Error ? error.message : String(error)}`),
    );
  }
}

const ackDeadlineMs = 600_000;
