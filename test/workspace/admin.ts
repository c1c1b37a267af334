import { IANAZone } from 'luxon';
import * as z from 'zod';
import type { ChannelPusher } from './calendar/channel-pusher';
import type { CalendarModel } from './calendar/model';
import type { WorkspaceClock } from './clock';
import { faultRuleSchema } from './faults';
import type { Faults } from './faults';
import type { GmailModel } from './gmail/model';
import { parseMessage } from './gmail/mime';
import type { Notifications } from './gmail/notifications';
import type { WorkspaceSettings } from './settings';
import type { AuthorizationServer } from './oauth/authorization-server';
import type { SigningKey } from './oauth/signing-key';
import { GoogleApiError } from './google-api-error';
import { parseJson, Reply } from './router';
import type { Call, Route } from './router';
import type { ZoomModel } from './zoom/zoom-model';

export interface AdminOptions {
  readonly url: () => string;
  readonly clock: WorkspaceClock;
  readonly faults: Faults;
  readonly gmail: GmailModel;
  readonly calendar: CalendarModel;
  readonly pusher: ChannelPusher;
  readonly notifications: Notifications;
  readonly oauth: AuthorizationServer;
  readonly zoom: ZoomModel;
  readonly key: SigningKey;
  readonly settings: WorkspaceSettings;
  readonly statuses: Readonly<Record<string, Record<string, number>>>;
}

/** What stands in for the world around the workspace: people, other mail servers, administrators, time and mishap. */
export function adminRoutes(options: AdminOptions): Route[] {
  return [...timeAndFaultRoutes(options), ...mailRoutes(options), ...accessRoutes(options)];
}

function timeAndFaultRoutes(options: AdminOptions): Route[] {
  const { clock, faults, gmail, calendar, pusher, notifications, settings, statuses } = options;
  return [
    admin('GET', '/clock', () => viewClock(clock)),
    admin('POST', '/clock', ({ body }) => {
      clock.advance(parseJson(clockSchema, body).advanceMs);
      return viewClock(clock);
    }),
    admin('POST', '/faults', ({ body }) => {
      faults.add(parseJson(faultRuleSchema, body));
    }),
    admin('DELETE', '/faults', () => faults.clear()),
    admin('GET', '/settings', () => ({ ...gmail.settings, ...settings })),
    admin('PATCH', '/settings', ({ body }) => {
      const { bodyCharset, historyIdFormat, ...gmailSettings } = parseJson(settingsSchema, body);
      Object.assign(gmail.settings, gmailSettings);
      Object.assign(settings, bodyCharset && { bodyCharset }, historyIdFormat && { historyIdFormat });
      return { ...gmail.settings, ...settings };
    }),
    admin('GET', '/stats', () => ({
      calls: gmail.quota.calls,
      units: gmail.quota.units,
      refused: gmail.quota.refused,
      pushes: { ...gmail.pushes, failed: notifications.failed },
      calendar: {
        calls: calendar.quota.calls,
        refused: calendar.quota.refused,
        notifications: { sent: calendar.channels.sent, outcomes: pusher.outcomes },
      },
      requests: statuses,
    })),
  ];
}

function mailRoutes({ gmail, calendar, zoom, settings }: AdminOptions): Route[] {
  return [
    admin('POST', '/users', ({ body }) => {
      const { email, timeZone } = parseJson(userSchema, body);
      gmail.createUser(email);
      calendar.createUser(email, timeZone);
      zoom.users.add(email.toLowerCase());
      return new Reply(201, { email });
    }),
    admin('POST', '/users/{email}/messages', async (call) => {
      const { threadId, labelIds, internalDateMs } = parseQuery(deliverSchema, call.query);
      const message = await parseMessage(call.body, settings);
      const { id } = gmail.deliver(userOf(gmail, call), { ...message, threadId, labelIds, internalDateMs });
      return new Reply(201, { id });
    }),
    admin('POST', '/users/{email}/messages/{id}/labels', (call) =>
      gmail.modifyLabels(userOf(gmail, call), call.params['id'] ?? '', parseJson(labelsSchema, call.body)),
    ),
    admin('DELETE', '/users/{email}/messages/{id}', (call) =>
      gmail.deleteMessage(userOf(gmail, call), call.params['id'] ?? ''),
    ),
    admin('POST', '/users/{email}/expireHistory', (call) => gmail.expireHistory(userOf(gmail, call))),
  ];
}

function accessRoutes({ gmail, oauth, zoom, key, url }: AdminOptions): Route[] {
  return [
    admin('POST', '/users/{email}/revokeDelegation', (call) =>
      oauth.revokeDelegation(userOf(gmail, call), parseJson(revocationSchema, call.body).error),
    ),
    admin('DELETE', '/users/{email}/revokeDelegation', (call) => oauth.restoreDelegation(userOf(gmail, call))),
    admin('POST', '/users/{email}/revokeConsents', (call) => oauth.revokeConsents(userOf(gmail, call))),
    admin('PATCH', '/consent', ({ body }) => Object.assign(oauth.consent, parseJson(consentSchema, body))),
    admin('POST', '/serviceAccounts', ({ body }) => {
      const account = parseJson(serviceAccountSchema, body);
      oauth.serviceAccounts.set(account.email, account);
      return new Reply(201, account);
    }),
    /** In the format of a downloaded key file. */
    admin('GET', '/serviceAccounts/{email}/key', ({ params }) => {
      const account = oauth.serviceAccounts.get(params['email'] ?? '');
      if (!account) throw new GoogleApiError(404, 'notFound', `There is no service account ${params['email']}.`);
      return {
        type: 'service_account',
        project_id: account.projectId,
        private_key_id: key.keyId,
        private_key: key.privateKeyPem,
        client_email: account.email,
        token_uri: `${url()}/token`,
      };
    }),
    admin('POST', '/oauthClients', ({ body }) => {
      const client = parseJson(oauthClientSchema, body);
      oauth.clients.set(client.clientId, client);
      return new Reply(201, client);
    }),
    admin('POST', '/zoomApps', ({ body }) => {
      const app = parseJson(zoomAppSchema, body);
      zoom.apps.set(app.clientId, app);
      return new Reply(201, app);
    }),
    admin('POST', '/accessTokens', ({ body }) => {
      const { email, scopes, projectId } = parseJson(accessTokenSchema, body);
      return oauth.issueAccessToken(email, scopes, projectId);
    }),
    admin('POST', '/idTokens', ({ body }) => {
      const { email, aud, ...claims } = parseJson(idTokenSchema, body);
      return { idToken: oauth.mintIdToken(email, aud, claims) };
    }),
  ];
}

export const serviceAccountSchema = z.strictObject({
  email: z.email(),
  scopes: z.array(z.string().min(1)).default([]),
  projectId: z.string().default('local'),
});

export const oauthClientSchema = z.strictObject({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  redirectUris: z.array(z.url()),
  projectId: z.string().default('local'),
});

export const zoomAppSchema = z.strictObject({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** Of a server-to-server app. */
  accountId: z.string().optional(),
  redirectUris: z.array(z.url()).default([]),
});

const userSchema = z.strictObject({
  email: z.email(),
  /** Of the calendar. */
  timeZone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'not a time zone')
    .default('UTC'),
});
const clockSchema = z.strictObject({ advanceMs: z.int().min(0) });
const labelIds = z.array(z.string().min(1)).exactOptional();
const labelsSchema = z.strictObject({ addLabelIds: labelIds, removeLabelIds: labelIds });
const revocationSchema = z.strictObject({ error: z.enum(['unauthorized_client', 'invalid_grant']).optional() });
const consentSchema = z.strictObject({
  withheldScopes: z.array(z.string()).exactOptional(),
  isDenied: z.boolean().exactOptional(),
});
const accessTokenSchema = z.strictObject({
  email: z.email(),
  scopes: z.array(z.string().min(1)).min(1),
  projectId: z.string().default('local'),
});
/** Any other field becomes a claim as it is, so that bad tokens can be minted too. */
const idTokenSchema = z.looseObject({ email: z.string(), aud: z.string() });
const deliverSchema = z.strictObject({
  threadId: z.string().optional(),
  /** Comma-separated. */
  labelIds: z
    .string()
    .transform((text) => text.split(',').filter(Boolean))
    .optional(),
  internalDateMs: z.coerce.number().int().optional(),
});
const units = z.int().min(0).optional();
const settingsSchema = z.strictObject({
  historyRetentionMs: units,
  indexingLagMs: units,
  pageSizeLimit: z.int().min(1).optional(),
  emptyHistoryPages: z.boolean().optional(),
  minPushIntervalMs: units,
  unitsPerMinutePerUser: units,
  unitsPerMinutePerProject: units,
  throttleStatus: z.literal([403, 429]).optional(),
  bodyCharset: z.enum(['original', 'utf-8']).optional(),
  historyIdFormat: z.enum(['string', 'number', 'alternating']).optional(),
});

export function admin(verb: Route['verb'], path: string, handle: Route['handle']): Route {
  return { id: `admin ${verb} ${path}`, verb, paths: [`/admin${path}`], handle, meetsNoFaults: true };
}

function viewClock(clock: WorkspaceClock) {
  return { nowMs: clock.now(), time: new Date(clock.now()).toISOString() };
}

export function userOf(gmail: Pick<GmailModel, 'hasUser'>, { params }: Call): string {
  const { email = '' } = params;
  if (!gmail.hasUser(email)) throw new GoogleApiError(404, 'notFound', `There is no user ${email}: POST /admin/users`);
  return email;
}

function parseQuery<Schema extends z.ZodType>(schema: Schema, query: URLSearchParams): z.output<Schema> {
  return parseJson(schema, Buffer.from(JSON.stringify(Object.fromEntries(query))));
}
