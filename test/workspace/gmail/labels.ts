import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { GoogleApiError, invalidArgument, notFound } from '../google-api-error';

/** What a client may set on a label. */
export type LabelRequest = Pick<
  gmail_v1.Schema$Label,
  'name' | 'labelListVisibility' | 'messageListVisibility' | 'color'
>;

const systemLabels: ReadonlyMap<string, gmail_v1.Schema$Label> = new Map(
  [
    'INBOX',
    'SENT',
    'DRAFT',
    'SPAM',
    'TRASH',
    'UNREAD',
    'STARRED',
    'IMPORTANT',
    'CHAT',
    'CATEGORY_PERSONAL',
    'CATEGORY_SOCIAL',
    'CATEGORY_PROMOTIONS',
    'CATEGORY_UPDATES',
    'CATEGORY_FORUMS',
  ].map((id) => [id, { id, name: id, type: 'system' }]),
);

/** The labels of one mailbox, system labels included. */
export class Labels {
  readonly #own = new Map<string, gmail_v1.Schema$Label>();
  #count = 0;

  list(): gmail_v1.Schema$Label[] {
    return [...systemLabels.values(), ...this.#own.values()];
  }

  get(id: string): gmail_v1.Schema$Label {
    const label = systemLabels.get(id) ?? this.#own.get(id);
    if (!label) throw notFound();
    return label;
  }

  idByName(name: string): string | undefined {
    const wanted = name.toLowerCase();
    const dashed = (text: string) => text.toLowerCase().replace(/[\s/]/g, '-');
    return (
      this.list().find((label) => label.name?.toLowerCase() === wanted || dashed(label.name ?? '') === wanted)?.id ??
      undefined
    );
  }

  create(request: LabelRequest): gmail_v1.Schema$Label {
    const name = this.#checkName(request.name ?? '');
    this.#count += 1;
    const label = { ...request, id: `Label_${this.#count}`, name, type: 'user' };
    this.#own.set(label.id, label);
    return label;
  }

  update(id: string, request: LabelRequest): gmail_v1.Schema$Label {
    const label = this.#getOwn(id);
    if (request.name != null && request.name !== label.name) this.#checkName(request.name);
    return Object.assign(label, request);
  }

  delete(id: string): void {
    this.#getOwn(id);
    this.#own.delete(id);
  }

  /** Throws for labels that do not exist or that only Gmail itself may put on a message. */
  checkApplicable(labelIds: readonly string[]): void {
    for (const id of labelIds) {
      const known = systemLabels.has(id) || this.#own.has(id);
      if (!known) throw invalidArgument(`labelId not found: ${id}`);
      if (id === 'SENT' || id === 'DRAFT' || id === 'CHAT') throw invalidArgument(`Invalid label: ${id}`);
    }
  }

  #getOwn(id: string): gmail_v1.Schema$Label {
    if (systemLabels.has(id)) throw invalidArgument('Invalid update request: system labels cannot be changed');
    const label = this.#own.get(id);
    if (!label) throw notFound();
    return label;
  }

  #checkName(name: string): string {
    if (name === '') throw invalidArgument('Invalid label name');
    const taken = this.list().some((label) => label.name?.toLowerCase() === name.toLowerCase());
    if (taken) throw new GoogleApiError(409, 'aborted', 'Label name exists or conflicts');
    return name;
  }
}
