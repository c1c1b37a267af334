import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { CAPABILITIES } from '../../shared/domain/grants';
import { meetingScopes } from '../../shared/google/calendar';
import { gmailScopes } from '../../shared/google/gmail';
import { syncScopes } from '../../shared/google/sync-calendar';
import type { Publish } from '../workspace/gmail/notifications';
import { startWorkspace, type Workspace } from '../workspace/server';
import { buildBundle } from './built-bundle';
import { send } from './send';
import { startFunction, type FunctionProcess } from './function-process';

/** What Terraform would write into the environment of every function; each reads what it knows. */
export const accounts = {
  delegated: 'gmail@attache-test.iam.gserviceaccount.com',
  calendars: 'calendars@attache-test.iam.gserviceaccount.com',
  push: 'push@attache-test.iam.gserviceaccount.com',
  scheduler: 'scheduler@attache-test.iam.gserviceaccount.com',
  agent: 'agent@attache-test.iam.gserviceaccount.com',
};
export const audiences = {
  push: 'https://gmail-sync.test',
  scheduler: 'https://jobs.test',
  agents: 'https://attache.test',
};
export const apiKey = 'atk_integration';
export const topics = { notifications: 'gmail-notifications', events: 'agent-events', sync: 'task-sync' };

export type FunctionName =
  | 'gmail-sync'
  | 'mailboxes'
  | 'mailbox-sweep'
  | 'watch-renewal'
  | 'tasks'
  | 'task-sync'
  | 'calendar-webhook'
  | 'calendar-sweep';

export interface Deployment {
  readonly projectId: string;
  readonly workspace: Workspace;
  /** As it would be deployed; `changes` replace keys of the environment, or take them away with `undefined`. */
  start(
    name: FunctionName,
    options?: { readonly aheadMs?: number; readonly changes?: Readonly<Record<string, string | undefined>> },
  ): Promise<FunctionProcess>;
  /** A token that Google would sign; `claims` go over the usual ones. */
  idToken(email: string, audience: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** An agent's call, which must succeed. */
  call(instance: FunctionProcess, method: string, path: string, body?: object): Promise<unknown>;
  /** Ends every process that is still there. */
  close(): Promise<void>;
}

export interface DeploymentOptions {
  readonly users: readonly string[];
  /** `host:port` of the emulators; without them nothing listens where the functions look. */
  readonly firestoreHost?: string;
  readonly pubsubHost?: string;
  /** How the local Gmail gets its notifications to the topic. */
  readonly publish?: Publish;
}

/** The built bundle, the local Workspace and nothing between them but the environment. */
export async function deploy(options: DeploymentOptions): Promise<Deployment> {
  const { users, firestoreHost = '127.0.0.1:9', pubsubHost = '127.0.0.1:9', publish } = options;
  const projectId = `attache-${randomUUID().slice(0, 8)}`;
  const bundle = await buildBundle();
  const workspace = await startWorkspace({
    users,
    serviceAccounts: [
      { email: accounts.delegated, scopes: [...gmailScopes] },
      { email: accounts.calendars, scopes: [...new Set([...meetingScopes, ...syncScopes])] },
    ],
    calendar: { unitsPerMinutePerUser: 100_000 },
    // As Gmail does, with less patience: of pushes that come closer, the later ones are dropped.
    gmail: { minPushIntervalMs: 300 },
    ...(publish && { publish }),
  });
  const grant = { mailboxes: users, capabilities: CAPABILITIES };
  const environment = {
    GOOGLE_CLOUD_PROJECT: projectId,
    FIRESTORE_EMULATOR_HOST: firestoreHost,
    PUBSUB_EMULATOR_HOST: pubsubHost,
    GMAIL_API_URL: workspace.url,
    CALENDAR_API_URL: workspace.url,
    OAUTH_TOKEN_URL: `${workspace.url}/token`,
    IAM_CREDENTIALS_API_URL: workspace.url,
    GOOGLE_CERTS_URL: `${workspace.url}/oauth2/v1/certs`,
    GMAIL_DELEGATED_SERVICE_ACCOUNT: accounts.delegated,
    CALENDAR_DELEGATED_SERVICE_ACCOUNT: accounts.calendars,
    TOKEN_KMS_KEY: `projects/${projectId}/locations/here/keyRings/attache/cryptoKeys/tokens`,
    EVENT_SIGNING_KEY: 'a secret of thirty-two characters',
    BASE_URL: 'https://attache.test',
    ALLOWED_DOMAINS: [...new Set(users.map((user) => user.slice(user.indexOf('@') + 1)))].join(','),
    PUSH_SERVICE_ACCOUNT: accounts.push,
    PUSH_AUDIENCE: audiences.push,
    SCHEDULER_SERVICE_ACCOUNT: accounts.scheduler,
    SCHEDULER_AUDIENCE: audiences.scheduler,
    LEASE_SECONDS: '4',
    ID_TOKEN_AUDIENCES: audiences.agents,
    AGENTS: JSON.stringify({
      keyed: { ...grant, apiKeySha256: [createHash('sha256').update(apiKey).digest('hex')] },
      identified: { ...grant, emails: [accounts.agent] },
    }),
  };
  const instances: FunctionProcess[] = [];

  return {
    projectId,
    workspace,
    async start(name, { aheadMs = 0, changes = {} } = {}) {
      const given = Object.entries({ ...environment, K_SERVICE: name, ...changes }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const instance = await startFunction({
        source: join(bundle.folder, name),
        target: name,
        environment: Object.fromEntries(given),
        aheadMs,
      });
      instances.push(instance);
      return instance;
    },
    async idToken(email, audience, claims) {
      const body = { email, aud: audience, ...claims };
      const { json } = await send(`${workspace.url}/admin/idTokens`, 'POST', { body });
      return z.object({ idToken: z.string() }).parse(json).idToken;
    },
    async call(instance, method, path, body) {
      const headers = { 'x-api-key': apiKey };
      const { status, json } = await send(`${instance.url}${path}`, method, { headers, ...(body && { body }) });
      if (status > 299) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`);
      return json;
    },
    async close() {
      await Promise.all(instances.map((instance) => instance.end('SIGKILL')));
      await workspace.close();
      await bundle.remove();
    },
  };
}
