import type { Notification } from './model';

/** Puts one message on a topic, `projects/P/topics/T`; `data` is text. Rejects when it did not arrive. */
export type Publish = (
  topicName: string,
  message: { readonly data: string; readonly attributes?: Readonly<Record<string, string>> },
) => Promise<void>;

export type HistoryIdFormat = 'string' | 'number' | 'alternating';

/** Sends Gmail's notifications. What fails is counted and forgotten, as Gmail does. */
export class Notifications {
  failed = 0;
  #sent = 0;
  readonly #latest = new Map<string, Promise<void>>();
  readonly #pending = new Set<Promise<void>>();

  constructor(
    private readonly publish: Publish,
    private readonly historyIdFormat: () => HistoryIdFormat,
  ) {}

  send({ topicName, emailAddress, historyId }: Notification): void {
    const format = this.historyIdFormat();
    const isNumber = format === 'number' || (format === 'alternating' && this.#sent % 2 === 0);
    this.#sent += 1;
    // By hand, because JSON.stringify would round a number above 2^53.
    const data = `{"emailAddress":${JSON.stringify(emailAddress)},"historyId":${isNumber ? historyId : `"${historyId}"`}}`;
    const sending = this.publish(topicName, { data });
    const settled = sending.then(
      () => void this.#pending.delete(settled),
      () => {
        this.failed += 1;
        this.#pending.delete(settled);
      },
    );
    this.#pending.add(settled);
    this.#latest.set(topicName, sending);
  }

  /** The fate of the last notification on a topic. */
  async published(topicName: string): Promise<void> {
    await this.#latest.get(topicName);
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
