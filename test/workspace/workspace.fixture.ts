import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auth, gmail as gmailClient } from 'googleapis/build/src/apis/gmail';
import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';
import * as z from 'zod';
import type { Publish } from './gmail/notifications';
import { startWorkspace } from './server';
import type { Workspace, WorkspaceOptions } from './server';

export const ada = 'ada@example.com';
export const grace = 'grace@example.com';
export const topicName = 'projects/local/topics/gmail';
export const fullAccess = 'https://mail.google.com/';
export const gmailScope = (name: string) => `https://www.googleapis.com/auth/gmail.${name}`;
export const fixture = (name: string) => readFileSync(join(__dirname, '../fixtures/mail', name));

export let workspace: Workspace;
export let published: { topicName: string; data: string }[];
let publish: Publish;

/** Closed again by the test file: `afterEach(() => workspace.close())`. */
export async function start(options: WorkspaceOptions = {}): Promise<Workspace> {
  published = [];
  publish = async (topic, { data }) => void published.push({ topicName: topic, data });
  workspace = await startWorkspace({
    users: [ada, grace],
    publish: (topic, message) => publish(topic, message),
    ...options,
  });
  return workspace;
}

/** Google's own client; all that differs from production is `rootUrl`. */
export function clientFor(email = ada, scopes = [fullAccess], projectId = 'local'): gmail_v1.Gmail {
  const credentials = new auth.OAuth2({ transporterOptions: { fetchImplementation: fetch } });
  credentials.setCredentials({ access_token: tokenFor(email, scopes, projectId) });
  return gmailClient({ version: 'v1', rootUrl: `${workspace.url}/`, auth: credentials, retry: false });
}

export function tokenFor(email: string, scopes = [fullAccess], projectId = 'local'): string {
  return workspace.oauth.issueAccessToken(email, scopes, projectId).access_token;
}

/** From now on the workspace publishes so. */
export function publishBy(other: Publish): void {
  publish = other;
}

export async function admin(method: string, path: string, body?: object | Buffer) {
  const response = await fetch(`${workspace.url}/admin${path}`, {
    method,
    ...(body && { body: Buffer.isBuffer(body) ? Uint8Array.from(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

const errorSchema = z.object({
  response: z.object({
    status: z.number(),
    data: z.object({
      error: z.object({
        code: z.number(),
        message: z.string(),
        status: z.string().optional(),
        errors: z.array(z.object({ domain: z.string(), reason: z.string(), message: z.string() })).optional(),
        details: z.array(z.object({ reason: z.string() })).optional(),
      }),
    }),
  }),
});

/** Google's error body, as the client hands it to its caller. */
export async function errorOf(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return errorSchema.parse(error).response.data.error;
}

export const me = { userId: 'me' };
