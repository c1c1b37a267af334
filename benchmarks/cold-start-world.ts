import { createHash, randomUUID } from 'node:crypto';
import { CAPABILITIES } from '../shared/domain/grants';
import { meetingScopes } from '../shared/google/calendar';
import { gmailScopes } from '../shared/google/gmail';
import { syncScopes } from '../shared/google/sync-calendar';
import { createFirestoreStore } from '../shared/store/firestore';
import { startEmulators } from '../test/emulators/start-emulators';
import { pubsubProject } from '../test/integration/pubsub-emulator';
import { startWorkspace } from '../test/workspace/server';
import { pushEnvelope, type Work, type WorkPlace } from './first-works';
import { prepareMailWorks } from './mail-works';
import { schedulingWorks } from './scheduling-works';
import { prepareTaskWorks, syncTopic } from './task-works';

export interface ColdStartWorld {
  readonly environment: Readonly<Record<string, string>>;
  /** By function; the sentence that says why there is none. */
  readonly works: Readonly<Record<string, Work>> | string;
  close(): Promise<void>;
}

const emailAddress = 'ada@example.com';
const caller = 'caller@benchmark.iam.gserviceaccount.com';
const audience = 'https://benchmark.example.com';
const gmailAccount = 'attache-gmail@benchmark.iam.gserviceaccount.com';
const calendarAccount = 'attache-calendar@benchmark.iam.gserviceaccount.com';
const apiKey = `atk_${randomUUID()}`;
const topics = ['gmail-notifications', 'agent-events', syncTopic];

/**
 * What the functions meet at their first request: the local Workspace, Google's emulators and one user with a mailbox and a
 * calendar. They are configured as on Cloud Run, which has checked the caller's token before.
 */
export async function startColdStartWorld(): Promise<ColdStartWorld> {
  const projectId = `benchmark-${process.pid}`;
  const workspace = await startWorkspace({
    users: [emailAddress],
    serviceAccounts: [
      { email: gmailAccount, scopes: [...gmailScopes] },
      { email: calendarAccount, scopes: [...new Set([...meetingScopes, ...syncScopes])] },
    ],
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
    BASE_URL: audience,
    GMAIL_API_URL: workspace.url,
    CALENDAR_API_URL: workspace.url,
    OAUTH_TOKEN_URL: `${workspace.url}/token`,
    IAM_CREDENTIALS_API_URL: workspace.url,
    GMAIL_DELEGATED_SERVICE_ACCOUNT: gmailAccount,
    CALENDAR_DELEGATED_SERVICE_ACCOUNT: calendarAccount,
    ALLOWED_DOMAINS: 'example.com',
    // Nothing is sealed or opened here.
    TOKEN_KMS_KEY: `projects/${projectId}/locations/here/keyRings/attache/cryptoKeys/tokens`,
    EVENT_SIGNING_KEY: randomUUID(),
    CALENDAR_WEBHOOK_URL: `${audience}/calendar-webhook`,
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

  const bus = pubsubProject(pubsub.host, projectId);
  for (const topic of topics) await bus.createTopic(topic);
  const store = createFirestoreStore({ projectId, emulatorHost: firestore.host });
  const authorization = `Bearer ${checkedToken()}`;
  const place: WorkPlace = {
    emailAddress,
    workspace,
    store,
    pubsub: bus,
    asAgent: (method, path, body) => ({
      path,
      init: {
        method,
        headers: {
          'x-api-key': apiKey,
          'idempotency-key': randomUUID(),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      },
    }),
    asScheduler: (path) => ({ path, init: { method: 'POST', headers: { authorization } } }),
    asPush: (data) => ({
      path: '/',
      init: { method: 'POST', headers: { authorization }, body: pushEnvelope(data) },
    }),
  };
  return {
    environment,
    works: {
      ...(await prepareMailWorks(place)),
      ...schedulingWorks(place),
      ...(await prepareTaskWorks(place)),
    },
    close: async () => {
      await store.close();
      await close();
    },
  };
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
