import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type * as z from 'zod';
import { adminRoutes, oauthClientSchema, serviceAccountSchema, zoomAppSchema } from './admin';
import { calendarAdminRoutes } from './calendar/admin';
import { ChannelPusher } from './calendar/channel-pusher';
import type { CalendarSettings } from './calendar/context';
import { invitationMessage } from './calendar/invitation-message';
import { CalendarModel } from './calendar/model';
import { calendarRoutes } from './calendar/routes';
import { WorkspaceClock } from './clock';
import { Faults } from './faults';
import { GmailModel } from './gmail/model';
import type { GmailSettings } from './gmail/model';
import { Notifications } from './gmail/notifications';
import type { Publish } from './gmail/notifications';
import { gmailRoutes } from './gmail/routes';
import { AuthorizationServer } from './oauth/authorization-server';
import { oauthRoutes } from './oauth/routes';
import { SigningKey } from './oauth/signing-key';
import { createRouter } from './router';
import type { WorkspaceSettings } from './settings';
import { zoomRoutes } from './zoom/routes';
import { ZoomModel } from './zoom/zoom-model';

export interface WorkspaceOptions extends Partial<WorkspaceSettings> {
  /** Default: a free port. */
  readonly port?: number;
  readonly host?: string;
  /** Epoch milliseconds; default the real time. The workspace's own clock runs with it and can be moved ahead. */
  readonly now?: () => number;
  /** Where Gmail's notifications go; default nowhere. */
  readonly publish?: Publish;
  readonly gmail?: Partial<GmailSettings> & { readonly startHistoryId?: bigint };
  /** `timeZone` is that of the users' calendars, default UTC. */
  readonly calendar?: Partial<CalendarSettings> & { readonly timeZone?: string };
  readonly users?: readonly string[];
  readonly serviceAccounts?: readonly z.input<typeof serviceAccountSchema>[];
  readonly oauthClients?: readonly z.input<typeof oauthClientSchema>[];
  readonly zoomApps?: readonly z.input<typeof zoomAppSchema>[];
}

export interface Workspace {
  /** Root of all services, without a slash at the end: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly clock: WorkspaceClock;
  readonly faults: Faults;
  readonly gmail: GmailModel;
  readonly calendar: CalendarModel;
  readonly channelPusher: ChannelPusher;
  readonly oauth: AuthorizationServer;
  /** Its endpoints are under `/zoom/oauth/` and `/zoom/v2/`; every user of the workspace has an account. */
  readonly zoom: ZoomModel;
  /** The key of every service account here, PKCS #8. */
  readonly privateKeyPem: string;
  /** Requests by method id and status. */
  readonly statuses: Readonly<Record<string, Record<string, number>>>;
  /** Resolves when all notifications have been published or posted. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** A local Google Workspace on one port: Gmail, Calendar, OAuth, IAM Credentials, Zoom, and `/admin` to be the world around it. */
export async function startWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const { host = '127.0.0.1', publish = async () => {} } = options;
  const clock = new WorkspaceClock(options.now ?? Date.now);
  const faults = new Faults();
  const statuses: Record<string, Record<string, number>> = {};
  const settings: WorkspaceSettings = {
    bodyCharset: options.bodyCharset ?? 'original',
    historyIdFormat: options.historyIdFormat ?? 'alternating',
  };
  const notifications = new Notifications(publish, () => settings.historyIdFormat);
  const gmail = new GmailModel({ ...options.gmail, now: clock.now, publish: (sent) => notifications.send(sent) });
  const pusher = new ChannelPusher();
  const calendar = new CalendarModel({
    ...options.calendar,
    now: clock.now,
    notify: pusher.send,
    sendMail: (mail) => {
      if (gmail.hasUser(mail.to)) gmail.deliver(mail.to, invitationMessage(mail));
    },
  });
  for (const user of options.users ?? []) {
    gmail.createUser(user);
    calendar.createUser(user, options.calendar?.timeZone);
  }

  const key = await SigningKey.shared();
  const server = createServer();
  const port = () => (server.address() as AddressInfo).port;
  const url = () => `http://${host}:${port()}`;
  const oauth = new AuthorizationServer({
    clock,
    key,
    hasUser: (email) => gmail.hasUser(email),
    isTokenUrl: (audience) =>
      [`${url()}/token`, `http://localhost:${port()}/token`, 'https://oauth2.googleapis.com/token'].includes(audience),
  });
  for (const account of options.serviceAccounts ?? []) {
    oauth.serviceAccounts.set(account.email, serviceAccountSchema.parse(account));
  }
  for (const client of options.oauthClients ?? []) oauth.clients.set(client.clientId, oauthClientSchema.parse(client));

  const zoom = new ZoomModel(clock);
  for (const user of options.users ?? []) zoom.users.add(user.toLowerCase());
  for (const app of options.zoomApps ?? []) zoom.apps.set(app.clientId, zoomAppSchema.parse(app));

  const published = (topicName: string) => notifications.published(topicName);
  const routes = [
    ...gmailRoutes(gmail, { settings, published }),
    ...calendarRoutes(calendar, pusher),
    ...oauthRoutes(oauth, key),
    ...zoomRoutes(zoom),
    ...adminRoutes({
      url,
      clock,
      faults,
      gmail,
      calendar,
      pusher,
      notifications,
      oauth,
      zoom,
      key,
      settings,
      statuses,
    }),
    ...calendarAdminRoutes({ calendar, pusher, gmail }),
  ];
  const authenticate = (authorization: string | undefined) => oauth.authenticate(authorization);
  const router = createRouter({ routes, authenticate, faults, statuses });
  server.on('request', (request, response) => void router(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, host, resolve);
  });

  return {
    url: url(),
    port: port(),
    clock,
    faults,
    gmail,
    calendar,
    channelPusher: pusher,
    oauth,
    zoom,
    privateKeyPem: key.privateKeyPem,
    statuses,
    settled: async () => void (await Promise.all([notifications.settled(), pusher.settled()])),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all([notifications.settled(), pusher.close()]);
    },
  };
}
