import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { redirectUriOf } from '../functions/connections/routes';
import type { DocumentStore, EventBus } from '../shared/domain/ports';
import { meetingScopes } from '../shared/google/calendar';
import { gmailScopes } from '../shared/google/gmail';
import { syncScopes } from '../shared/google/sync-calendar';
import { registerFunction } from '../shared/runtime/serve-on-framework';
import { startWorkspace, type Workspace } from '../test/workspace/server';
import { buildConsole } from './build-console';
import { startGateway, ownAddressPrefix } from './gateway';
import { connectEmulators, connectInProcess, type Backend } from './local-backends';
import { buildFunctions, delegatedAccounts, oauthApp, projectId, topics } from './local-functions';

export interface LocalStack {
  /** One address for all functions, without a slash at the end. */
  readonly baseUrl: string;
  /** Of two agents, who may both do everything. */
  readonly apiKey: string;
  readonly rivalApiKey: string;
  readonly workspace: Workspace;
  readonly store: DocumentStore;
  readonly bus: EventBus;
  /** As the scheduler would: sweeps and renews once. */
  runJob(job: 'mailbox-sweep' | 'watch-renewal' | 'calendar-sweep/expired-holds'): Promise<unknown>;
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
    serviceAccounts: [
      { email: delegatedAccounts.gmail, scopes: [...gmailScopes] },
      { email: delegatedAccounts.calendar, scopes: [...new Set([...meetingScopes, ...syncScopes])] },
    ],
    calendar: { timeZone: 'Europe/Berlin', conferencePendingReads: 1 },
    publish: async (topicName, message) => {
      await bus.publish(topicName.slice(topicName.lastIndexOf('/') + 1), [message]);
    },
  });

  const [apiKey, rivalApiKey] = [newApiKey(), newApiKey()];
  const servers = new Map<string, Server>();
  const firebaseJson: unknown = JSON.parse(await readFile(join(__dirname, '..', 'firebase.json'), 'utf8'));
  const files = await buildConsole(join(__dirname, '..'), { isDevelopment: true });
  const gateway = await startGateway(servers, firebaseJson, options.port, files);
  const { url: baseUrl } = gateway;
  const functions = buildFunctions(backend, workspace, {
    ...options,
    baseUrl,
    apiKeys: { demo: apiKey, rival: rivalApiKey },
  });
  for (const [name, handler] of functions) {
    registerFunction(name, () => handler);
    servers.set(name, getTestServer(name));
  }
  const redirectUris = [redirectUriOf(baseUrl)];
  workspace.oauth.clients.set(oauthApp.clientId, { ...oauthApp, redirectUris, projectId });
  workspace.zoom.apps.set(oauthApp.clientId, { ...oauthApp, redirectUris });
  const addressOf = (name: string) => `${baseUrl}${ownAddressPrefix}${name}`;

  const push = async (name: string, body: string): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(addressOf(name), { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${name} answered ${answer.status}`);
  };
  await backend.subscribe(topics.notifications, 'gmail-sync', async ({ emailAddress, body }) => {
    options.onNotification(emailAddress);
    await push('gmail-sync', body);
  });
  await backend.subscribe(topics.sync, 'task-sync', ({ body }) => push('task-sync', body));
  await backend.subscribe(topics.events, 'agent', async ({ data }) => options.onEvent(data));

  const runJob = async (name: string): Promise<unknown> => (await fetch(addressOf(name), { method: 'POST' })).json();
  const sweeps = setInterval(() => void runJob('mailbox-sweep').catch(() => undefined), sweepIntervalMs);
  const settling = setInterval(
    () => void runJob('calendar-sweep/expired-holds').catch(() => undefined),
    sweepIntervalMs,
  );
  const renewals = setInterval(() => void runJob('watch-renewal').catch(() => undefined), 12 * sweepIntervalMs);

  return {
    baseUrl,
    apiKey,
    rivalApiKey,
    workspace,
    store,
    bus,
    runJob,
    async close() {
      clearInterval(sweeps);
      clearInterval(settling);
      clearInterval(renewals);
      await gateway.close();
      await workspace.close();
      await backend.close();
    },
  };
}

function newApiKey(): string {
  return `atk_${randomBytes(24).toString('base64url')}`;
}
