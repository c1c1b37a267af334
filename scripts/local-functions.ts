import { createHash, randomBytes } from 'node:crypto';
import { cacheFreeBusy } from '../functions/availability/cache-free-busy';
import { availabilityConfig } from '../functions/availability/config';
import { createAvailabilityHandler } from '../functions/availability/handler';

import { createCalendarSweepHandler } from '../functions/calendar-sweep/handler';
import { createCalendarWebhookHandler } from '../functions/calendar-webhook/handler';
import { connectionsConfig } from '../functions/connections/config';
import { createConnectionTasks } from '../functions/connections/connection-tasks';
import { createConnectionsHandler } from '../functions/connections/handler';
import { redirectUriOf } from '../functions/connections/routes';
import { gmailSyncConfig } from '../functions/gmail-sync/config';
import { defaultSyncSettings } from '../functions/gmail-sync/dependencies';
import { createGmailSyncHandler } from '../functions/gmail-sync/handler';
import { createMailboxSweepHandler } from '../functions/mailbox-sweep/handler';
import { mailboxesConfig } from '../functions/mailboxes/config';
import { createMailboxesHandler } from '../functions/mailboxes/handler';
import { meetingsConfig } from '../functions/meetings/config';
import { createMeetingsHandler } from '../functions/meetings/handler';
import { taskSyncConfig } from '../functions/task-sync/config';
import { defaultTaskSyncSettings } from '../functions/task-sync/dependencies';
import { createTaskSyncHandler } from '../functions/task-sync/handler';
import { createTasksHandler } from '../functions/tasks/handler';
import { createWatchRenewalHandler } from '../functions/watch-renewal/handler';
import { CAPABILITIES } from '../shared/domain/grants';
import { availabilityScopes, meetingScopes } from '../shared/google/calendar';
import { createMarks } from '../shared/domain/task/mark';
import { dueSettings } from '../shared/platform/connect';
import { connectCalendars } from '../shared/platform/connect-calendars';
import { connectConnections, connectConsentServers } from '../shared/platform/connect-connections';
import { connectMailboxes } from '../shared/platform/connect-mailboxes';
import { connectMeetings } from '../shared/platform/connect-meetings';
import { authenticateCallers } from '../shared/runtime/callers';
import { loadConfig } from '../shared/runtime/config';
import { createLogger } from '../shared/runtime/logger';
import { authorizePlatform } from '../shared/runtime/platform-identity';
import type { Handler } from '../shared/runtime/serve-http';
import { clock, random } from '../shared/runtime/system';
import { createHostRulesStore } from '../shared/store/host-rules-store';
import { createMailboxStore } from '../shared/store/mailbox-store';
import { createTaskStore } from '../shared/store/task-store';
import type { Workspace } from '../test/workspace/server';
import { ownAddressPrefix } from './gateway';
import type { Backend } from './local-backends';

/** New each time: emulators that stay keep what an earlier stack left, and push where it listened. */
export const projectId = `attache-${randomBytes(4).toString('hex')}`;
export const topics = { notifications: 'gmail-notifications', events: 'agent-events', sync: 'task-sync' };
/** Accounts can be connected through it at once. */
export const oauthApp = { clientId: 'attache-local', clientSecret: 'local-secret' };
export const delegatedAccounts = {
  gmail: 'attache-gmail@attache-local.iam.gserviceaccount.com',
  calendar: 'attache-calendar@attache-local.iam.gserviceaccount.com',
};

export interface LocalFunctionsOptions {
  readonly users: readonly string[];
  /** The one address of all functions. */
  readonly baseUrl: string;
  /** By agent; each may do everything. */
  readonly apiKeys: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
}

/** Every function as it is deployed, wired to this process's store and bus. */
export function buildFunctions(
  { store, bus }: Backend,
  workspace: Workspace,
  options: LocalFunctionsOptions,
): Map<string, Handler> {
  const environment = environmentOf(workspace, options);
  const mail = loadConfig(mailboxesConfig, environment);
  const sync = loadConfig(gmailSyncConfig, environment);
  const availability = loadConfig(availabilityConfig, environment);
  const booking = loadConfig(meetingsConfig, environment);
  const connecting = loadConfig(connectionsConfig, environment);
  const logger = createLogger({ now: () => clock.now(), write: options.onLog });
  const { outbox, ...connected } = connectConnections(connecting, { store, bus, logger });
  const { zoom, connections } = connected;
  const syncing = loadConfig(taskSyncConfig, environment);
  const tasks = createTaskStore({ store, clock, outbox });
  const mailboxStore = createMailboxStore({ store, clock, due: dueSettings(mail) });
  const mailboxes = connectMailboxes(mail);
  const hostRules = createHostRulesStore(store);
  const meetings = connectMeetings({ store, bus, clock, random, logger, eventsTopic: topics.events });
  const calendars = connectCalendars(booking, meetingScopes);
  const topicName = `projects/${projectId}/topics/${topics.notifications}`;
  const notificationsTopic = topics.notifications;
  const renewAfterMs = mail.WATCH_RENEW_HOURS * 3_600_000;
  const budgetMs = 60_000;
  const defaultWeekly = availability.DEFAULT_WORKING_HOURS;

  const ofPlatform = {
    logger,
    authorize: authorizePlatform({
      authentication: sync.PUSH_AUTHENTICATION,
      account: undefined,
      audience: undefined,
      onCloudRun: false,
      verifyIdToken: () => Promise.reject(new Error('not used without authentication')),
      now: () => clock.now(),
    }),
  };
  const ofAgents = {
    logger,
    authenticate: authenticateCallers({
      agents: mail.AGENTS,
      audiences: [],
      verifyIdToken: () => Promise.reject(new Error('the local stack knows API keys only')),
      now: () => clock.now(),
    }),
  };

  return new Map<string, Handler>([
    [
      'gmail-sync',
      createGmailSyncHandler(
        { store, mailboxStore, bus, mailboxes, clock, random, settings: defaultSyncSettings },
        ofPlatform,
      ),
    ],
    [
      'mailboxes',
      createMailboxesHandler(
        { store, mailboxStore, bus, mailboxes, clock, notificationsTopic, topicName, watchRenewAfterMs: renewAfterMs },
        ofAgents,
      ),
    ],
    [
      'mailbox-sweep',
      createMailboxSweepHandler({ mailboxStore, bus, clock, notificationsTopic, budgetMs }, ofPlatform),
    ],
    [
      'watch-renewal',
      createWatchRenewalHandler({ mailboxStore, mailboxes, clock, topicName, renewAfterMs, budgetMs }, ofPlatform),
    ],
    [
      'availability',
      createAvailabilityHandler(
        {
          store,
          hostRules,
          defaultWeekly,
          clock,
          listBookings: meetings.listBookings,
          calendars: cacheFreeBusy(connectCalendars(availability, availabilityScopes), clock),
        },
        ofAgents,
      ),
    ],
    [
      'meetings',
      createMeetingsHandler({ ...meetings, store, hostRules, calendars, zoom, defaultWeekly, clock, random }, ofAgents),
    ],
    [
      'connections',
      createConnectionsHandler(
        {
          ...connected,
          store,
          bus,
          clock,
          consentServers: connectConsentServers(connecting),
          syncTopic: topics.sync,
          redirectUri: redirectUriOf(options.baseUrl),
          deniedUsers: connecting.DENIED_USERS,
          tasks: createConnectionTasks({ tasks, bus, clock, syncTopic: topics.sync }),
        },
        ofAgents,
      ),
    ],
    [
      'tasks',
      createTasksHandler(
        {
          store,
          tasks,
          connections,
          bus,
          clock,
          logger,
          syncTopic: topics.sync,
          managedBy: syncing.MANAGED_BY,
          isDelegated: (email) => options.users.includes(email),
          newId: () => randomBytes(16).toString('hex'),
        },
        ofAgents,
      ),
    ],
    [
      'task-sync',
      createTaskSyncHandler(
        {
          ...connected,
          store,
          bus,
          clock,
          random,
          tasks,
          marks: createMarks(syncing.DEPLOYMENT, syncing.EVENT_SIGNING_KEY),
          newToken: () => randomBytes(32).toString('base64url'),
          settings: {
            ...defaultTaskSyncSettings,
            deployment: syncing.DEPLOYMENT,
            managedBy: syncing.MANAGED_BY,
            webhookUrl: syncing.CALENDAR_WEBHOOK_URL,
          },
        },
        ofPlatform,
      ),
    ],
    [
      'calendar-webhook',
      createCalendarWebhookHandler({ store, bus, syncTopic: topics.sync }, { logger, now: () => clock.now() }),
    ],
    [
      'calendar-sweep',
      createCalendarSweepHandler(
        { ...meetings, tasks, connections, bus, syncTopic: topics.sync, calendars, zoom, clock, random, budgetMs },
        ofPlatform,
      ),
    ],
  ]);
}

function environmentOf({ url }: Workspace, { baseUrl, users, apiKeys }: LocalFunctionsOptions): Record<string, string> {
  const grants = Object.entries(apiKeys).map(([agent, apiKey]) => {
    const apiKeySha256 = [createHash('sha256').update(apiKey).digest('hex')];
    return [agent, { apiKeySha256, mailboxes: users, capabilities: CAPABILITIES }];
  });
  return {
    GOOGLE_CLOUD_PROJECT: projectId,
    BASE_URL: baseUrl,
    GMAIL_API_URL: url,
    CALENDAR_API_URL: url,
    OAUTH_TOKEN_URL: `${url}/token`,
    OAUTH_AUTHORIZATION_URL: `${url}/o/oauth2/v2/auth`,
    OAUTH_REVOKE_URL: `${url}/revoke`,
    ZOOM_API_URL: `${url}/zoom/v2/`,
    ZOOM_OAUTH_URL: `${url}/zoom/oauth/`,
    TOKEN_LOCAL_KEYS: JSON.stringify({ local: randomBytes(32).toString('base64') }),
    IAM_CREDENTIALS_API_URL: url,
    GOOGLE_CERTS_URL: `${url}/oauth2/v1/certs`,
    GMAIL_DELEGATED_SERVICE_ACCOUNT: delegatedAccounts.gmail,
    CALENDAR_DELEGATED_SERVICE_ACCOUNT: delegatedAccounts.calendar,
    ALLOWED_DOMAINS: [...new Set(users.map((user) => user.split('@')[1]))].join(','),
    CALENDAR_WEBHOOK_URL: `${baseUrl}${ownAddressPrefix}calendar-webhook`,
    EVENT_SIGNING_KEY: randomBytes(32).toString('base64'),
    PUSH_AUTHENTICATION: 'none',
    AGENTS: JSON.stringify(Object.fromEntries(grants)),
  };
}
