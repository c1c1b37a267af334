import { createHash, randomUUID } from 'node:crypto';
import type { MailboxRecord } from '../shared/domain/mailbox-record';
import { CAPABILITIES } from '../shared/domain/grants';
import { clock } from '../shared/runtime/system';
import { createFirestoreStore } from '../shared/store/firestore';
import { createMailboxStore, mailboxPath } from '../shared/store/mailbox-store';
import { startEmulators } from '../test/emulators/start-emulators';
import { startWorkspace } from '../test/workspace/server';
import { pushBody, settledMailbox } from './canned-gmail';

/** A function's first real request. */
export interface Work {
  /** Makes the work that there is to do. */
  prepare(): Promise<void>;
  request(): { readonly path: string; readonly init: RequestInit };
  /** Throws unless the work was done. */
  check(answer: string): Promise<void>;
}

export interface ColdStartWorld {
  readonly environment: Readonly<Record<string, string>>;
  /** By function; the sentence that says why there is none. */
  readonly works: Readonly<Record<string, Work>> | string;
  close(): Promise<void>;
}

const emailAddress = 'ada@example.com';
const caller = 'caller@benchmark.iam.gserviceaccount.com';
const audience = 'https://benchmark.example.com';
const delegatedAccount = 'attache-gmail@benchmark.iam.gserviceaccount.com';
const apiKey = `atk_${randomUUID()}`;
const topics = { notifications: 'gmail-notifications', events: 'agent-events' };

/**
 * What the functions meet at their first request: the local Workspace, Google's emulators and one registered mailbox. They
 * are configured as on Cloud Run, which has checked the caller's token before.
 */
export async function startColdStartWorld(): Promise<ColdStartWorld> {
  const projectId = `benchmark-${process.pid}`;
  const workspace = await startWorkspace({
    users: [emailAddress],
    serviceAccounts: [{ email: delegatedAccount, scopes: ['https://www.googleapis.com/auth/gmail.readonly'] }],
    gmail: { unitsPerMinutePerUser: 1e9, unitsPerMinutePerProject: 1e9 },
  });
  const { firestore, pubsub } = await startEmulators(process.env);
  const agents = {
    benchmark: {
      apiKeySha256: [createHash('sha256').update(apiKey).digest('hex')],
      mailboxes: [emailAddress],
      capabilities: CAPABILITIES,
    },
  };
  const environment = {
    K_SERVICE: 'benchmark',
    GOOGLE_CLOUD_PROJECT: projectId,
    GMAIL_API_URL: workspace.url,
    OAUTH_TOKEN_URL: `${workspace.url}/token`,
    IAM_CREDENTIALS_API_URL: workspace.url,
    GMAIL_DELEGATED_SERVICE_ACCOUNT: delegatedAccount,
    ALLOWED_DOMAINS: 'example.com',
    AGENTS: JSON.stringify(agents),
    PUSH_SERVICE_ACCOUNT: caller,
    PUSH_AUDIENCE: audience,
    SCHEDULER_SERVICE_ACCOUNT: caller,
    SCHEDULER_AUDIENCE: audience,
    METADATA_SERVER_DETECTION: 'none',
    ...('host' in firestore && { FIRESTORE_EMULATOR_HOST: firestore.host }),
    ...('host' in pubsub && { PUBSUB_EMULATOR_HOST: pubsub.host }),
  };
  const close = async () => {
    await workspace.close();
    for (const emulator of [firestore, pubsub]) if ('stop' in emulator) await emulator.stop();
  };
  if ('missing' in firestore) return { environment, works: firestore.missing, close };
  if ('missing' in pubsub) return { environment, works: pubsub.missing, close };

  for (const topic of Object.values(topics)) {
    await fetch(`http://${pubsub.host}/v1/projects/${projectId}/topics/${topic}`, { method: 'PUT' });
  }
  const store = createFirestoreStore({ projectId, emulatorHost: firestore.host });
  const mailboxStore = createMailboxStore({ store, clock, due: { quietMs: 1_800_000, retryAfterMs: 60_000 } });
  const historyId = () => workspace.gmail.getProfile(emailAddress).historyId ?? '';
  await mailboxStore.create(settledMailbox(emailAddress, historyId()));

  let before: MailboxRecord;
  const load = async (): Promise<MailboxRecord> => {
    const stored = await mailboxStore.load(emailAddress);
    if (!stored) throw new Error('The mailbox is gone.');
    return stored.record;
  };
  const makeDue = (field: 'dueAtMs' | 'watchRenewAtMs') => async () => {
    await store.commit([{ op: 'update', path: mailboxPath(emailAddress), data: { [field]: clock.now() - 1 } }]);
  };
  const job = { path: '/', init: { method: 'POST', headers: { authorization: `Bearer ${checkedToken()}` } } };

  const works: Record<string, Work> = {
    'gmail-sync': {
      async prepare() {
        before = await load();
        workspace.gmail.deliver(emailAddress, { payload: mail });
      },
      request: () => ({
        path: '/',
        init: { ...job.init, body: pushBody(emailAddress, historyId(), randomUUID()) },
      }),
      async check() {
        const { sequence, publishedSequence } = await load();
        require(sequence === before.sequence + 1 && publishedSequence === sequence, 'one event, published');
      },
    },
    mailboxes: {
      prepare: async () => {},
      request: () => ({ path: `/v1/mailboxes/${emailAddress}`, init: { headers: { 'x-api-key': apiKey } } }),
      check: async (answer) => require(answer.includes('"status":"active"'), 'the mailbox'),
    },
    'mailbox-sweep': {
      prepare: makeDue('dueAtMs'),
      request: () => job,
      check: async (answer) => require(answer.includes('"notified":1'), 'one mailbox notified'),
    },
    'watch-renewal': {
      prepare: makeDue('watchRenewAtMs'),
      request: () => job,
      check: async (answer) => require(answer.includes('"renewed":1'), 'one watch renewed'),
    },
  };
  return {
    environment,
    works,
    close: async () => {
      await store.close();
      await close();
    },
  };
}

function require(condition: boolean, expected: string): void {
  if (!condition) throw new Error(`The work was not done: expected ${expected}.`);
}

/** An ID token as Cloud Run hands it on: checked, and without its signature. */
function checkedToken(): string {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const claims = {
    iss: 'https://accounts.google.com',
    aud: audience,
    sub: '1',
    exp,
    email: caller,
    email_verified: true,
  };
  const parts = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return [...parts, 'SIGNATURE_REMOVED_BY_GOOGLE'].join('.');
}

const mail = {
  mimeType: 'text/plain',
  headers: [
    { name: 'From', value: 'Grace Okafor <grace@example.org>' },
    { name: 'To', value: `Ada Ferrer <${emailAddress}>` },
    { name: 'Subject', value: 'Numbers' },
    { name: 'Content-Type', value: 'text/plain; charset=UTF-8' },
  ],
  body: { size: 12, data: Buffer.from('Here they are').toString('base64url') },
};
