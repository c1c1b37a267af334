import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { gmailSyncConfig } from '../functions/gmail-sync/config';
import { defaultSyncSettings } from '../functions/gmail-sync/dependencies';
import { createGmailSyncHandler } from '../functions/gmail-sync/handler';
import { createMailboxSweepHandler } from '../functions/mailbox-sweep/handler';
import { mailboxesConfig } from '../functions/mailboxes/config';
import { createMailboxesHandler } from '../functions/mailboxes/handler';
import { createWatchRenewalHandler } from '../functions/watch-renewal/handler';
import { CAPABILITIES } from '../shared/domain/grants';
import type { DocumentStore, EventBus } from '../shared/domain/ports';
import { dueSettings } from '../shared/platform/connect';
import { connectMailboxes } from '../shared/platform/connect-mailboxes';
import { authenticateCallers } from '../shared/runtime/callers';
import { loadConfig } from '../shared/runtime/config';
import { createLogger } from '../shared/runtime/logger';
import { authorizePlatform } from '../shared/runtime/platform-identity';
import type { Handler } from '../shared/runtime/serve-http';
import { registerFunction } from '../shared/runtime/serve-on-framework';
import { clock, random } from '../shared/runtime/system';
import { createMailboxStore } from '../shared/store/mailbox-store';
import { startWorkspace, type Workspace } from '../test/workspace/server';
import { connectEmulators, connectInProcess, type Backend } from './local-backends';
import { ownAddressPrefix, startGateway } from './gateway';

export interface LocalStack {
  /** One address for all functions, without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly workspace: Workspace;
  readonly store: DocumentStore;
  readonly bus: EventBus;
  /** As the scheduler would: sweeps and renews once. */
  runJob(name: 'mailbox-sweep' | 'watch-renewal'): Promise<unknown>;
  close(): Promise<void>;
}

export interface LocalStackOptions {
  readonly users: readonly string[];
  /** 0: any free port. */
  readonly port: number;
  readonly useEmulators: boolean;
  /** Receives every log line of the functions. */
  readonly onLog: (line: string) => void;
  readonly onNotification: (emailAddress: string) => void;
  readonly onEvent: (json: string) => void;
}

/** New each time: emulators that stay keep what an earlier stack left, and push where it listened. */
const projectId = `attache-${randomBytes(4).toString('hex')}`;
const delegatedAccount = 'attache-gmail@attache-local.iam.gserviceaccount.com';
const topics = { notifications: 'gmail-notifications', events: 'agent-events' };
const sweepIntervalMs = 300_000;

/**
 * The whole product in one process: a local Workspace, a bus, a store, and every function's own handler under
 * functions-framework behind one address. What differs from a deployment is the configuration alone.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const backend: Backend = options.useEmulators
    ? await connectEmulators(projectId, Object.values(topics))
    : connectInProcess(Object.values(topics));
  const { store, bus } = backend;
  const workspace = await startWorkspace({
    users: options.users,
    serviceAccounts: [{ email: delegatedAccount, scopes: ['https://www.googleapis.com/auth/gmail.readonly'] }],
    publish: async (topicName, message) => {
      await bus.publish(topicName.slice(topicName.lastIndexOf('/') + 1), [message]);
    },
  });

  const apiKey = `atk_${randomBytes(24).toString('base64url')}`;
  const functions = buildFunctions(backend, workspace, apiKey, options);
  const servers = new Map<string, Server>();
  for (const [name, handler] of functions) {
    registerFunction(name, () => handler);
    servers.set(name, getTestServer(name));
  }
  const firebaseJson: unknown = JSON.parse(await readFile(join(__dirname, '..', 'firebase.json'), 'utf8'));
  const gateway = await startGateway(servers, firebaseJson, options.port);
  const addressOf = (name: string) => `${gateway.url}${ownAddressPrefix}${name}`;

  await backend.subscribe(topics.notifications, 'gmail-sync', async (envelope) => {
    options.onNotification(envelope.emailAddress);
    const answer = await fetch(addressOf('gmail-sync'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: envelope.body,
    });
    if (!answer.ok) throw new Error(`gmail-sync answered ${answer.status}`);
  });
  await backend.subscribe(topics.events, 'agent', async ({ data }) => options.onEvent(data));

  const runJob = async (name: string): Promise<unknown> => (await fetch(addressOf(name), { method: 'POST' })).json();
  const sweeps = setInterval(() => void runJob('mailbox-sweep').catch(() => undefined), sweepIntervalMs);
  const renewals = setInterval(() => void runJob('watch-renewal').catch(() => undefined), 12 * sweepIntervalMs);

  return {
    baseUrl: gateway.url,
    apiKey,
    workspace,
    store,
    bus,
    runJob,
    async close() {
      clearInterval(sweeps);
      clearInterval(renewals);
      await gateway.close();
      await workspace.close();
      await backend.close();
    },
  };
}

/** Every function as it is deployed, wired to this process's store and bus. */
function buildFunctions(
  { store, bus }: Backend,
  workspace: Workspace,
  apiKey: string,
  { users, onLog }: LocalStackOptions,
): Map<string, Handler> {
  const environment = {
    GOOGLE_CLOUD_PROJECT: projectId,
    GMAIL_API_URL: workspace.url,
    OAUTH_TOKEN_URL: `${workspace.url}/token`,
    IAM_CREDENTIALS_API_URL: workspace.url,
    GOOGLE_CERTS_URL: `${workspace.url}/oauth2/v1/certs`,
    GMAIL_DELEGATED_SERVICE_ACCOUNT: delegatedAccount,
    ALLOWED_DOMAINS: [...new Set(users.map((user) => user.split('@')[1]))].join(','),
    PUSH_AUTHENTICATION: 'none',
    AGENTS: JSON.stringify({
      demo: {
        apiKeySha256: [createHash('sha256').update(apiKey).digest('hex')],
        mailboxes: users,
        capabilities: CAPABILITIES,
      },
    }),
  };
  const mail = loadConfig(mailboxesConfig, environment);
  const sync = loadConfig(gmailSyncConfig, environment);
  const logger = createLogger({ now: () => clock.now(), write: onLog });
  const mailboxStore = createMailboxStore({ store, clock, due: dueSettings(mail) });
  const mailboxes = connectMailboxes(mail);
  const fromPlatform = authorizePlatform({
    authentication: sync.PUSH_AUTHENTICATION,
    account: undefined,
    audience: undefined,
    onCloudRun: false,
    verifyIdToken: () => Promise.reject(new Error('not used without authentication')),
    now: () => clock.now(),
  });
  const topicName = `projects/${projectId}/topics/${topics.notifications}`;
  const renewAfterMs = mail.WATCH_RENEW_HOURS * 3_600_000;
  const platformServing = { authorize: fromPlatform, logger };
  const notificationsTopic = topics.notifications;

  return new Map<string, Handler>([
    [
      'gmail-sync',
      createGmailSyncHandler(
        { store, mailboxStore, bus, mailboxes, clock, random, settings: defaultSyncSettings },
        platformServing,
      ),
    ],
    [
      'mailboxes',
      createMailboxesHandler(
        { store, mailboxStore, bus, mailboxes, clock, notificationsTopic, topicName, watchRenewAfterMs: renewAfterMs },
        {
          logger,
          authenticate: authenticateCallers({
            agents: mail.AGENTS,
            audiences: [],
            verifyIdToken: () => Promise.reject(new Error('the local stack knows API keys only')),
            now: () => clock.now(),
          }),
        },
      ),
    ],
    [
      'mailbox-sweep',
      createMailboxSweepHandler({ mailboxStore, bus, clock, notificationsTopic, budgetMs: 60_000 }, platformServing),
    ],
    [
      'watch-renewal',
      createWatchRenewalHandler(
        { mailboxStore, mailboxes, clock, topicName, renewAfterMs, budgetMs: 60_000 },
        platformServing,
      ),
    ],
  ]);
}
