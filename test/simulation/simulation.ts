import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { asAttacheError, isTransient } from '../../shared/domain/errors';
import type { WatchSettings } from '../../shared/domain/mailbox-record';
import type { DocumentStore } from '../../shared/domain/ports';
import { createMemoryStore } from '../../shared/store/memory';
import { GmailModel, type GmailModelOptions } from '../workspace/gmail/model';
import type { GoogleApiError } from '../workspace/google-api-error';
import { messageKey, required, type GmailTrouble } from './gmail-port';
import { Invariants } from './invariants';
import { Product, dayMs, due, topicName, type Process, type ProductOptions } from './product';
import type * as Subject from './subject';
import { World, type Adversary } from './world';

export interface SimulationOptions extends ProductOptions {
  readonly adversary: Adversary;
  readonly traced?: boolean;
  readonly gmail?: Partial<Omit<GmailModelOptions, 'now' | 'publish'>>;
}

const inbox: WatchSettings = { labelIds: ['INBOX'], labelFilterBehavior: 'include' };

/** The product's mail sync between a model of Gmail, a broker and a store in virtual time, and all that happens to it. */
export class Simulation {
  readonly world: World;
  readonly gmail: GmailModel;
  readonly invariants: Invariants;
  readonly product: Product;
  private readonly store: DocumentStore;
  private readonly trouble: GmailTrouble = { unreadable: new Map(), refusals: new Map() };
  private readonly watches = new Map<string, WatchSettings>();
  /** Mailboxes of which every message must arrive. */
  private readonly accountable = new Set<string>();

  constructor(
    private readonly subject: typeof Subject,
    options: SimulationOptions,
  ) {
    const { adversary, traced = false, gmail } = options;
    const world = (this.world = new World(adversary, traced));
    this.store = createMemoryStore({ now: () => world.nowMs });
    this.invariants = new Invariants(world, this.store);
    this.gmail = new GmailModel({
      now: () => world.nowMs,
      publish: ({ emailAddress, historyId }) => this.notify(emailAddress, historyId),
      ...gmail,
    });
    this.product = new Product(subject, world, this.store, this.gmail, this.trouble, this.invariants, options);
  }

  // ── What happens to the mailboxes ────────────────────────────────────────────────────────────────────────────────

  after(delayMs: number, act: () => void): void {
    this.world.after(delayMs, act);
  }

  /** A registered, watched mailbox, without the way there. */
  async onboard(mailbox: string, watch = inbox): Promise<void> {
    this.gmail.createUser(mailbox);
    const { nowMs } = this.world;
    const { historyId, expiration } = this.gmail.watch(mailbox, { topicName, ...watch });
    const record = this.subject.newMailboxRecord(mailbox, watch, nowMs);
    const answer = { historyId: required(historyId), expirationMs: Number(expiration) };
    const active = { ...record, ...this.subject.watched(record, answer, nowMs, dayMs) };
    const data = { ...active, nextReconcileAtMs: nowMs + dayMs / 4, dueAtMs: nowMs + due.quietMs };
    await this.store.commit([{ op: 'create', path: this.subject.mailboxPath(mailbox), data }]);
    this.watches.set(mailbox, watch);
    this.accountable.add(mailbox);
  }

  /** Mail as it comes in. Returns its id. */
  /** Mails that came while nobody watched: a stop that took effect late ends the watch of a new registration too. */
  unannounced = 0;

  deliver(mailbox: string, labelIds: readonly string[] = ['INBOX', 'UNREAD']): string {
    const pushesBefore = this.pushCount();
    const message = this.gmail.deliver(mailbox, { payload: plainText, labelIds });
    if (labelIds.includes('INBOX') && this.pushCount() === pushesBefore) this.unannounced += 1;
    this.world.note(mailbox, 'gets', required(message.id), required(message.historyId), ...labelIds);
    this.judge(mailbox, message, labelIds);
    return required(message.id);
  }

  private pushCount(): number {
    const { sent, dropped } = this.gmail.pushes;
    return sent + dropped;
  }

  relabel(mailbox: string, id: string, addLabelIds: string[], removeLabelIds: string[]): void {
    const before = this.gmail.getMessage(mailbox, id, 'minimal').labelIds ?? [];
    this.gmail.modifyLabels(mailbox, id, { addLabelIds, removeLabelIds });
    this.world.note(mailbox, 'relabels', id, `+${addLabelIds.join()} -${removeLabelIds.join()}`);
    const added = addLabelIds.filter((label) => !before.includes(label));
    this.judge(mailbox, this.gmail.getMessage(mailbox, id, 'minimal'), added);
  }

  /** The user deletes a message for good. */
  erase(mailbox: string, id: string): void {
    this.gmail.deleteMessage(mailbox, id);
    this.world.note(mailbox, 'erases', id);
    this.invariants.allow(mailbox, id);
  }

  /** From now on Gmail fails so many times to return the message. While that is always, nobody can expect it. */
  makeUnreadable(mailbox: string, id: string, failures = Infinity): void {
    this.trouble.unreadable.set(messageKey(mailbox, id), failures);
    if (failures === Infinity) this.invariants.allow(mailbox, id);
  }

  makeReadable(mailbox: string, id: string): void {
    this.trouble.unreadable.delete(messageKey(mailbox, id));
    this.invariants.expect(mailbox, id, required(this.gmail.getMessage(mailbox, id, 'minimal').historyId));
  }

  /** Gmail answers every call about the mailbox with this error; undefined: no more. */
  refuse(mailbox: string, error: GoogleApiError | undefined): void {
    if (error) this.trouble.refusals.set(mailbox, error);
    else this.trouble.refusals.delete(mailbox);
  }

  /** Whatever arrives on the topic. */
  notify(emailAddress: string, historyId: string): void {
    // Numbers and strings in turn, as Gmail does.
    const id = /[02468]$/.test(historyId) ? historyId : `"${historyId}"`;
    const data = `{"emailAddress":"${emailAddress}","historyId":${id}}`;
    this.product.subscription.publish({ data }, this.world.adversary.copies(this.world.nowMs));
  }

  /** Whether a message is news, by its labels and those that were just `added`: the test's own word on it. */
  private judge(mailbox: string, message: gmail_v1.Schema$Message, added: readonly string[]): void {
    const watch = this.watches.get(mailbox) ?? inbox;
    const id = required(message.id);
    const labels = message.labelIds ?? [];
    const includes = watch.labelFilterBehavior === 'include';
    const isListed = (label: string) => watch.labelIds.includes(label);
    const isHidden = (label: string) => (label === 'SPAM' || label === 'TRASH') && !(includes && isListed(label));
    const isOwn = labels.includes('SENT') && !labels.includes('INBOX');
    if (labels.includes('DRAFT') || isOwn || labels.some(isHidden)) {
      // If it was news before, it may have been fetched in time.
      if (this.invariants.isKnown(mailbox, id)) this.invariants.allow(mailbox, id);
      return;
    }
    const enters = includes ? added.some(isListed) : added.includes('INBOX') && !labels.some(isListed);
    if (!enters) return;
    const isReadable = this.trouble.unreadable.get(messageKey(mailbox, id)) !== Infinity;
    if (this.accountable.has(mailbox) && isReadable) this.invariants.expect(mailbox, id, required(message.historyId));
    else this.invariants.allow(mailbox, id);
  }

  // ── What clients ask for: `then` follows the answer, whatever it is ──────────────────────────────────────────────

  /** Registers the mailbox; once that is done all its mail must arrive. */
  register(
    mailbox: string,
    { backfillSinceMs, ...watch }: Partial<WatchSettings> & { backfillSinceMs?: number } = {},
    then?: () => void,
  ): void {
    if (!this.gmail.hasUser(mailbox)) this.gmail.createUser(mailbox);
    const settings = { ...inbox, ...watch };
    this.watches.set(mailbox, settings);
    this.request(async ({ registration }) => {
      await this.subject.registerMailbox(registration, mailbox, { ...settings, backfillSinceMs });
      this.accountable.add(mailbox);
    }, then);
  }

  /** As an operator does who is told that a mailbox needs authorisation. */
  async registerIfRefused(mailbox: string): Promise<void> {
    const records = await this.invariants.records();
    if (records.some(({ emailAddress, status }) => emailAddress === mailbox && status === 'needsAuth'))
      this.register(mailbox);
  }

  /** Everything that lies in the mailbox must arrive. */
  expectAll(mailbox: string): void {
    for (const { id } of this.gmail.listMessages(mailbox).messages ?? [])
      this.judge(mailbox, this.gmail.getMessage(mailbox, required(id), 'minimal'), ['INBOX']);
  }

  pause(mailbox: string, then?: () => void): void {
    this.request(({ registration }) => this.subject.pauseMailbox(registration, mailbox), then);
  }

  resume(mailbox: string, then?: () => void): void {
    this.request(({ registration }) => this.subject.resumeMailbox(registration, mailbox), then);
  }

  replayParked(mailbox: string, then?: () => void): void {
    this.request(({ registration }) => this.subject.replayParked(registration, mailbox), then);
  }

  remove(mailbox: string, then?: () => void): void {
    this.accountable.delete(mailbox);
    this.invariants.excuseAll(mailbox);
    this.request(({ registration }) => this.subject.removeMailbox(registration, mailbox), then);
  }

  /** A client calls again when its call was cut off or failed for a moment, until it has an answer. */
  private request(run: (process: Process) => Promise<unknown>, then?: () => void): void {
    let settled = false;
    const settle = (how: string, next: () => void) => {
      if (settled) return;
      settled = true;
      this.world.note('request', how);
      next();
    };
    const again = () => this.world.after(10_000, () => this.request(run, then));
    const process = this.product.choose();
    process.instance.onKill.push(() => settle('lost', again));
    run(process).then(
      () => settle('answered', () => then?.()),
      (error: unknown) =>
        isTransient(asAttacheError(error))
          ? settle(`failed ${String(error)}`, again)
          : settle(`refused ${String(error)}`, () => then?.()),
    );
  }
}

const plainText: gmail_v1.Schema$MessagePart = {
  partId: '',
  mimeType: 'text/plain',
  headers: [
    { name: 'From', value: 'Ana <ana@example.org>' },
    { name: 'Subject', value: 'Hello' },
  ],
  body: { size: 5, data: 'aGVsbG8' },
};
