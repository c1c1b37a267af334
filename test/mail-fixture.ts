import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import { defaultSyncSettings, type SyncDependencies, type SyncSettings } from '../functions/gmail-sync/dependencies';
import {
  handleNotification,
  type NotificationDelivery,
  type NotificationOutcome,
} from '../functions/gmail-sync/handle-notification';
import {
  registerMailbox,
  type Registration,
  type RegistrationDependencies,
} from '../functions/mailboxes/register-mailbox';
import { AttacheError } from '../shared/domain/errors';
import type { Mailbox } from '../shared/domain/mailbox';
import type { MailboxRecord } from '../shared/domain/mailbox-record';
import { encodeNotification } from '../shared/domain/notification';
import type { BusMessage, Clock, DocumentStore, EventBus } from '../shared/domain/ports';
import { fromGoogleAnswer } from '../shared/google/errors';
import {
  attachmentAnswer,
  historyAnswer,
  messageAnswer,
  messageListAnswer,
  profileAnswer,
  watchAnswer,
} from '../shared/google/gmail-answers';
import { createLogger } from '../shared/runtime/logger';
import { listEventsAfter } from '../shared/store/event-store';
import { createMailboxStore } from '../shared/store/mailbox-store';
import { createMemoryStore } from '../shared/store/memory';
import { listParked } from '../shared/store/parked-messages';
import { GmailModel, type GmailModelOptions } from './workspace/gmail/model';
import { GoogleApiError } from './workspace/google-api-error';

export const ann = 'ann@example.com';
export const bob = 'bob@example.com';
export const topicName = 'projects/local/topics/gmail-notifications';
export const notificationsTopic = 'gmail-notifications';
export const eventsTopic = 'agent-events';
export const inbox = { labelIds: ['INBOX'], labelFilterBehavior: 'include' } as const;

/** Time that stands still until somebody sleeps or a test lets it pass. */
export class TestClock implements Clock {
  nowMs = Date.parse('2026-11-22T09:00:00Z');
  readonly sleeps: number[] = [];
  /** What happens meanwhile; the sleep ends with it. */
  whileAsleep: (ms: number, signal?: AbortSignal) => unknown = () => undefined;
  readonly now = (): number => this.nowMs;

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    this.nowMs += ms;
    await this.whileAsleep(ms, signal);
  }
}

/** An answer of Google’s, to be thrown by `before`. */
export const googleError = (code: number, reason: string, message = 'No.') => new GoogleApiError(code, reason, message);

export interface LogLine {
  readonly severity: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export type MailWorld = ReturnType<typeof createMailWorld>;

/**
 * The mail functions between a model of Gmail, the memory store and a bus that keeps what it is given, with all I/O going
 * through one place, where a test can watch it, refuse it, or pull the plug.
 */
export function createMailWorld(
  options: {
    readonly settings?: Partial<SyncSettings>;
    readonly gmail?: Partial<GmailModelOptions>;
    /** A model that exists already, with the clock it goes by. */
    readonly model?: GmailModel;
    readonly clock?: TestClock;
  } = {},
) {
  const clock = options.clock ?? new TestClock();
  const memory = createMemoryStore({ now: clock.now });
  const published: { topic: string; message: BusMessage }[] = [];
  const pushes: { emailAddress: string; historyId: string }[] = [];
  const lines: LogLine[] = [];
  const gmail =
    options.model ??
    new GmailModel({
      now: clock.now,
      publish: (push) => pushes.push(push),
      unitsPerMinutePerUser: Infinity,
      unitsPerMinutePerProject: Infinity,
      ...options.gmail,
    });
  let deliveries = 0;

  const world = {
    clock,
    memory,
    gmail,
    /** What is on the bus. */
    published,
    /** What Gmail has announced. */
    pushes,
    lines,
    /** Every I/O, such as `gmail.getMessage 1900…`, `store.commit` and `bus.publish agent-events`. */
    journal: [] as string[],
    /** What goes wrong instead of an I/O, and right after it has had its effect. May throw. */
    before: (_io: string): unknown => undefined,
    after: (_io: string): unknown => undefined,
    isDead: false,

    /** The process is gone: nothing that it does from now on has any effect. */
    kill(): void {
      world.isDead = true;
    },

    /** A registered mailbox whose reconciliation is hours away. */
    async register(emailAddress = ann, registration: Partial<Registration> = {}): Promise<void> {
      if (!gmail.hasUser(emailAddress)) gmail.createUser(emailAddress);
      await registerMailbox(registrationDependencies, emailAddress, { ...inbox, ...registration });
      await world.change({ nextReconcileAtMs: clock.nowMs + 6 * 3_600_000 }, emailAddress);
      world.forget();
    },

    /** Forgets what was seen so far. */
    forget(): void {
      for (const list of [published, pushes, lines, world.journal, clock.sleeps]) list.length = 0;
    },

    /** A message as SMTP brings it. Returns its id. */
    arrive(text = 'Hello', { to = ann, labelIds = ['INBOX', 'UNREAD'], dateMs }: Arrival = {}): string {
      const message = gmail.deliver(to, { payload: textMessage(text), labelIds, internalDateMs: dateMs });
      return message.id ?? '';
    },

    /** The id of the newest change. */
    historyId: (emailAddress = ann): string => gmail.getProfile(emailAddress).historyId ?? '',

    /** One delivery of a push, by default a new one about the newest change. */
    async push(
      delivery: Partial<NotificationDelivery> & { of?: string; historyId?: string } = {},
    ): Promise<NotificationOutcome> {
      const { of: emailAddress = ann, historyId = world.historyId(emailAddress), ...rest } = delivery;
      const data = encodeNotification({ emailAddress, historyId });
      world.isDead = false;
      return handleNotification(
        sync,
        {
          messageId: `push-${++deliveries}`,
          dataBase64: Buffer.from(data).toString('base64'),
          attributes: {},
          publishTimeMs: clock.nowMs,
          ...rest,
        },
        logger,
      );
    },

    /** Hands over the bundle’s own notifications until there are none. */
    async drain(): Promise<NotificationOutcome[]> {
      const outcomes: NotificationOutcome[] = [];
      for (let own = takeOwn(); own; own = takeOwn()) {
        const { data, attributes = {} } = own;
        outcomes.push(await world.push({ dataBase64: Buffer.from(data).toString('base64'), attributes }));
      }
      return outcomes;
    },

    async record(emailAddress = ann): Promise<MailboxRecord> {
      const stored = await mailboxStoreOnMemory.load(emailAddress);
      if (!stored) throw new Error(`${emailAddress} is not registered.`);
      return stored.record;
    },

    /** Puts the record into a state that would take long to reach. */
    async change(patch: Partial<MailboxRecord>, emailAddress = ann): Promise<void> {
      await mailboxStoreOnMemory.change(emailAddress, () => ({ patch }));
    },

    /** The events on record, in order. */
    events: async (
      emailAddress = ann,
    ): Promise<{ sequence: number; id: string; type: string; event: EventOnRecord }[]> =>
      (await listEventsAfter(memory, emailAddress, 0, 10_000)).map(({ sequence, id, type, json }) => ({
        sequence,
        id,
        type,
        event: JSON.parse(json) as EventOnRecord,
      })),

    /** Ids of the messages that have an event, in order. */
    received: async (emailAddress = ann): Promise<string[]> =>
      (await world.events(emailAddress)).flatMap(({ event }) => event.data.messageId ?? []),

    /** Events on the bus, in order. */
    onBus: (): { id: string; type: string; data: EventOnRecord['data'] }[] =>
      published
        .filter(({ topic }) => topic === eventsTopic)
        .map(({ message }) => JSON.parse(message.data) as EventOnRecord),

    own: (): BusMessage[] =>
      published.filter(({ topic }) => topic === notificationsTopic).map(({ message }) => message),

    parked: async (emailAddress = ann): Promise<string[]> =>
      (await listParked(memory, emailAddress, 100)).map(({ messageId }) => messageId),

    /** Calls to Gmail so far, without their arguments. */
    calls: (): string[] => ios('gmail.').map((io) => io.split(' ', 1).join('')),
    /** Ids of the messages that were fetched. */
    fetched: (): string[] => ios('getMessage ').map((io) => io.split(' ')[1] ?? ''),
  };

  const ios = (part: string): string[] => world.journal.filter((io) => io.includes(part));

  function takeOwn(): BusMessage | undefined {
    const position = published.findIndex(({ topic }) => topic === notificationsTopic);
    return position < 0 ? undefined : published.splice(position, 1)[0]?.message;
  }

  async function io<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    const checkAlive = (): void => {
      if (world.isDead) throw new AttacheError('unavailable', 'The process was killed.', { code: 'killed' });
    };
    checkAlive();
    world.journal.push(name);
    await world.before(name);
    checkAlive();
    const result = await run();
    await world.after(name);
    checkAlive();
    return result;
  }

  const store: DocumentStore = {
    get: (path) => io('store.get', () => memory.get(path)),
    getAll: (paths) => io('store.getAll', () => memory.getAll(paths)),
    query: (query) => io(`store.query ${query.collection}`, () => memory.query(query)),
    commit: (writes) => io('store.commit', () => memory.commit(writes)),
    runTransaction: (run) => io('store.runTransaction', () => memory.runTransaction(run)),
  };

  const bus: EventBus = {
    publish: (topic, messages) =>
      io(`bus.publish ${topic}`, () => messages.map((message) => String(published.push({ topic, message })))),
  };

  /** The model behind the port, its answers read and its errors translated by the adapter’s own code. */
  function mailboxes(emailAddress: string): Mailbox {
    const call = <T>(method: string, run: () => T, argument = ''): Promise<T> =>
      io(`gmail.${method}${argument && ` ${argument}`}`, run).catch((error: unknown) => {
        if (!(error instanceof GoogleApiError)) throw error;
        const { code, retryAfter } = error;
        if (method === 'listHistory' && code === 404) throw new AttacheError('checkpointExpired', 'No longer kept.');
        const body = error.toBody();
        if (retryAfter) body.error.message += ` Retry after ${retryAfter}`;
        throw fromGoogleAnswer({ status: code, data: body }, method, clock.nowMs);
      });
    return {
      emailAddress,
      getProfile: () => call('getProfile', () => profileAnswer.parse(gmail.getProfile(emailAddress))),
      listHistory: (request) =>
        call('listHistory', () => {
          const historyTypes = ['messageAdded', 'labelAdded'] as const;
          return historyAnswer.parse(gmail.listHistory(emailAddress, { ...request, historyTypes, maxResults: 500 }));
        }),
      getMessage: (id) => call('getMessage', () => messageAnswer.parse(gmail.getMessage(emailAddress, id)), id),
      listMessages: (request) =>
        call('listMessages', () => messageListAnswer.parse(gmail.listMessages(emailAddress, request))),
      getAttachment: (messageId, id) =>
        call('getAttachment', () => attachmentAnswer.parse(gmail.getAttachment(emailAddress, messageId, id))),
      watch: (request) => call('watch', () => watchAnswer.parse(gmail.watch(emailAddress, request))),
      stop: () => call('stop', () => gmail.stop(emailAddress)),
    };
  }

  const due = { quietMs: 1_800_000, retryAfterMs: 60_000 };
  const logger = createLogger({
    now: clock.now,
    severity: 'debug',
    write: (line) => lines.push(JSON.parse(line) as LogLine),
  });
  const mailboxStoreOnMemory = createMailboxStore({ store: memory, clock, due });
  const mailboxStore = createMailboxStore({ store, clock, due });
  const registrationDependencies: RegistrationDependencies = {
    mailboxStore,
    mailboxes,
    bus,
    clock,
    notificationsTopic,
    topicName,
    watchRenewAfterMs: 22 * 3_600_000,
  };
  const sync: SyncDependencies = {
    store,
    mailboxStore,
    bus,
    mailboxes,
    clock,
    random: { next: () => 0 },
    settings: { ...defaultSyncSettings, notificationsTopic, eventsTopic, ...options.settings },
  };
  return Object.assign(world, { store, bus, mailboxes, mailboxStore, logger, sync, registrationDependencies });
}

interface Arrival {
  readonly to?: string;
  readonly labelIds?: readonly string[];
  readonly dateMs?: number;
}

interface EventOnRecord {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly messageId?: string; readonly text?: string; readonly [field: string]: unknown };
}

export function textMessage(text: string): gmail_v1.Schema$MessagePart {
  return {
    partId: '',
    mimeType: 'text/plain',
    filename: '',
    headers: [
      { name: 'From', value: 'Bob <bob@example.org>' },
      { name: 'To', value: ann },
      { name: 'Subject', value: 'Hello' },
      { name: 'Content-Type', value: 'text/plain; charset=utf-8' },
    ],
    body: { size: Buffer.byteLength(text), data: Buffer.from(text).toString('base64url') },
  };
}
