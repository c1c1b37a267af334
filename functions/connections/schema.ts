import * as z from 'zod';
import { taskTypeColors } from '../../shared/domain/task/colors';

/** The API's shapes. Times are RFC 3339 in UTC. */

const address = z.email().max(320).toLowerCase();
const instant = z.iso.datetime({ offset: true });
const id = z.string().regex(/^[\w-]{1,100}$/, 'expected an id of this API');
const feature = z.enum(['calendar', 'mail']);

export const page = z.object({
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
  pageToken: id.optional(),
});

export const connectionParam = z.object({ connectionId: id });
export const integrationParam = z.object({ integrationId: id });

const colors = z.object(
  Object.fromEntries(Object.keys(taskTypeColors.shape).map((type) => [type, z.string().optional()])),
);

export const connection = z
  .object({
    connectionId: z.string(),
    kind: z.enum(['delegation', 'oauth']).describe('`delegation`: covered for the whole domain, without own consent.'),
    email: z.string().describe('The user, by mailbox.'),
    connectedEmail: z.string().describe('The Google account.'),
    integrationId: z.string().nullable(),
    status: z.enum(['active', 'needsAuth', 'disconnected']),
    statusReason: z.string().nullable().describe('Code of what is behind the status.'),
    features: z.array(feature).describe('What was granted.'),
    calendarId: z.string(),
    isActive: z.boolean(),
    autoSyncTasks: z.boolean(),
    importExternalEvents: z.boolean(),
    taskTypeColors: colors.describe('Those that differ from the defaults.'),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Connection' });

export const connectionList = z.object({ connections: z.array(connection), nextPageToken: z.string().nullable() });

export const delegatedUser = z.strictObject({ email: address.describe('The user, by mailbox.') });

export const authorization = z.strictObject({
  email: address.describe('The user whom the account is connected for.'),
  provider: z
    .enum(['google', 'zoom'])
    .default('google')
    .describe('`zoom`: the account in which the user’s Zoom meetings are made.'),
  features: z
    .array(feature)
    .min(1)
    .max(2)
    .default(['calendar'])
    .describe('`calendar`: tasks and meetings. `mail`: a Gmail mailbox that delegation does not cover.'),
  integrationId: id.optional().describe('The OAuth app; may be left out where you have one.'),
  connectionId: id
    .optional()
    .describe('The connection that is to be connected again; another account takes its place.'),
  returnTo: z
    .string()
    .max(500)
    .regex(/^\/(?![/\\])[^\s\\]*$/, 'expected a path of this site, such as /connections')
    .default('/')
    .describe('Where the person goes on, with `connection`, `missing` or `error` in the query.'),
});

export const consentUrl = z.object({
  authorizationUrl: z.url().describe('The consent page: to be opened in the browser that got this answer’s cookie.'),
  expiresAt: instant,
});

/** Google adds parameters as it likes. */
export const consentAnswer = z.looseObject({
  state: z.string().max(500).default(''),
  code: z.string().min(1).max(4_000).optional(),
  error: z.string().max(200).optional(),
});

export const settings = z.strictObject({
  calendarId: z.string().min(1).max(1_000).optional().describe('`primary`, or an id that …/calendars lists.'),
  isActive: z.boolean().optional(),
  autoSyncTasks: z.boolean().optional(),
  importExternalEvents: z.boolean().optional(),
  taskTypeColors: taskTypeColors.optional().describe('Replaces all: a type that is left out has its default.'),
});

export const disconnection = z.object({
  revoke: z.stringbool().default(false).describe('Also take the consent back at Google.'),
});

export const disconnected = z.object({
  connection,
  warnings: z.array(z.object({ code: z.enum(['allGrantsRevoked', 'channelNotStopped']), message: z.string() })),
});

export const calendarList = z.object({
  calendars: z.array(
    z.object({
      calendarId: z.string(),
      summary: z.string(),
      primary: z.boolean(),
      writable: z.boolean(),
      timeZone: z.string().nullable(),
    }),
  ),
});

export const connectionStatus = z.object({
  connected: z.boolean(),
  email: z.string(),
  pending: z.number().describe('Tasks whose changes have not reached the calendar.'),
  synced: z.number(),
  conflicts: z.number(),
  hasPush: z.boolean().describe('Whether Google announces changes; else the calendar is read every few minutes.'),
  channelExpiresAt: instant.nullable(),
});

export const count = z.object({ count: z.number().describe('Jobs that were handed on.') });

export const emailParam = z.object({ email: address.describe('The user, by mailbox.') });

export const zoomAccount = z
  .object({
    email: z.string(),
    account: z.string().describe('The Zoom user’s address.'),
    integrationId: z.string(),
    status: z.enum(['active', 'needsAuth']),
    statusReason: z.string().nullable(),
  })
  .meta({ id: 'ZoomAccount' });

export const zoomAccountPage = page.extend({ pageToken: z.string().max(1_000).optional() });

export const zoomAccountList = z.object({ zoomAccounts: z.array(zoomAccount), nextPageToken: z.string().nullable() });

export const integration = z
  .object({
    integrationId: z.string(),
    provider: z.enum(['google', 'zoom']),
    name: z.string(),
    clientId: z.string(),
    status: z.enum(['active', 'disabled']),
    redirectUri: z.url().describe('To be registered with the app, exactly as it is.'),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Integration' });

export const integrationList = z.object({
  integrations: z.array(integration),
  nextPageToken: z.string().nullable(),
});

const name = z.string().trim().min(1).max(100);
const clientSecret = z.string().min(1).max(500).describe('Kept encrypted and never returned.');

export const newIntegration = z.strictObject({
  name,
  provider: z.enum(['google', 'zoom']).default('google'),
  clientId: z.string().trim().min(1).max(300),
  clientSecret,
});

export const integrationChange = z.strictObject({
  name: name.optional(),
  clientSecret: clientSecret.optional(),
  status: z.enum(['active', 'disabled']).optional().describe('`disabled`: no new consents; those given go on.'),
});
