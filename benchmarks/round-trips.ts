/**
 * `npx tsx benchmarks/round-trips.ts`: what a notification costs outside this process, counted at the ports.
 */
import { defaultSyncSettings, type SyncDependencies } from '../functions/gmail-sync/dependencies';
import { handleNotification } from '../functions/gmail-sync/handle-notification';
import { gmailUnitCosts } from '../shared/domain/quota';
import type { DocumentStore } from '../shared/domain/ports';
import { createLogger } from '../shared/runtime/logger';
import { clock, random } from '../shared/runtime/system';
import { createMailboxStore } from '../shared/store/mailbox-store';
import { createMemoryStore } from '../shared/store/memory';
import { beforeEachCall } from './before-each-call';
import { CannedGmail, settledMailbox } from './canned-gmail';
import { tableOf, verdictOf, type Row } from './report';
import { Turns } from './turns';

export interface NotificationCost {
  /** One after the other, up to the answer of the call that published the event; then up to the acknowledgement. */
  readonly roundTripsToEvent: number;
  readonly roundTripsToAcknowledgement: number;
  /** By port and method, such as `gmail.getMessage`. */
  readonly calls: Readonly<Record<string, number>>;
  readonly gmailUnits: number;
  readonly documentsRead: number;
  readonly documentsWritten: number;
}

/** Costs of one notification of a mailbox that was read before, with `messages` new messages. */
export async function measureNotification(messages: number): Promise<NotificationCost> {
  const emailAddress = 'ada@example.com';
  const turns = new Turns();
  const calls: Record<string, number> = {};
  let roundTripsToEvent = 0;
  let [documentsRead, documentsWritten] = [0, 0];
  const counted = <Port extends object>(name: string, port: Port): Port =>
    beforeEachCall(port, async (method) => {
      const call = `${name}.${method}`;
      calls[call] = (calls[call] ?? 0) + 1;
      await turns.next();
    });

  const memory = createMemoryStore({ now: () => clock.now() });
  const store: DocumentStore = counted('store', {
    ...memory,
    get: async (path) => {
      documentsRead += 1;
      return memory.get(path);
    },
    getAll: async (paths) => {
      documentsRead += paths.length;
      return memory.getAll(paths);
    },
    query: async (query) => {
      const found = await memory.query(query);
      documentsRead += Math.max(1, found.length);
      return found;
    },
    commit: async (writes) => {
      documentsWritten += writes.length;
      return memory.commit(writes);
    },
  });
  const gmail = new CannedGmail();
  const dependencies: SyncDependencies = {
    store,
    mailboxStore: createMailboxStore({ store, clock, due: { quietMs: 1_800_000, retryAfterMs: 60_000 } }),
    bus: counted('bus', {
      publish: async (_topic, published) => {
        roundTripsToEvent = turns.count;
        return published.map((_, index) => String(index));
      },
    }),
    mailboxes: (address) => counted('gmail', gmail.mailbox(address)),
    clock,
    random,
    settings: defaultSyncSettings,
  };
  await createMailboxStore({ store: memory, clock, due: { quietMs: 1_800_000, retryAfterMs: 60_000 } }).create(
    settledMailbox(emailAddress),
  );

  const historyId = gmail.arrive(emailAddress, messages);
  const delivery = {
    messageId: '1',
    dataBase64: Buffer.from(JSON.stringify({ emailAddress, historyId })).toString('base64'),
    attributes: {},
    publishTimeMs: clock.now(),
  };
  await handleNotification(dependencies, delivery, createLogger({ now: () => clock.now(), write: () => undefined }));
  const unitsOf = (method: keyof typeof gmailUnitCosts) => (calls[`gmail.${method}`] ?? 0) * gmailUnitCosts[method];
  return {
    roundTripsToEvent,
    roundTripsToAcknowledgement: turns.count,
    calls,
    gmailUnits: unitsOf('listHistory') + unitsOf('getMessage') + unitsOf('getProfile') + unitsOf('listMessages'),
    documentsRead,
    documentsWritten,
  };
}

export async function measureRoundTrips(): Promise<Row[]> {
  const one = await measureNotification(1);
  const ten = await measureNotification(10);
  const subject = 'gmail-sync';
  const info = (what: string, measured: string): Row => ({
    subject,
    what,
    measured,
    ratio: '',
    target: '',
    verdict: 'info',
  });
  const exactly = (what: string, value: number): Row => ({
    ...info(what, String(value)),
    target: '1',
    verdict: value === 1 ? 'ok' : 'short',
  });
  return [
    {
      ...info('round trips, notification to event, warm', String(one.roundTripsToEvent)),
      target: '≤ 6',
      verdict: verdictOf(one.roundTripsToEvent, { atMost: 6 }),
    },
    info('… to acknowledgement', String(one.roundTripsToAcknowledgement)),
    info('… to the event of ten messages at once', String(ten.roundTripsToEvent)),
    exactly('history.list per notification', ten.calls['gmail.listHistory'] ?? 0),
    exactly('messages.get per new message', (ten.calls['gmail.getMessage'] ?? 0) / 10),
    info('Gmail units, one message | ten', `${one.gmailUnits} | ${ten.gmailUnits}`),
    info('documents read, one message | ten', `${one.documentsRead} | ${ten.documentsRead}`),
    info('documents written, one message | ten', `${one.documentsWritten} | ${ten.documentsWritten}`),
    info('publish calls, one message | ten', `${one.calls['bus.publish'] ?? 0} | ${ten.calls['bus.publish'] ?? 0}`),
  ];
}

if (require.main === module) void measureRoundTrips().then((rows) => console.log(tableOf(rows)));
