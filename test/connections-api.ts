import { createHash, randomBytes } from 'node:crypto';
import { createConnectionsHandler } from '../functions/connections/handler';
import type { ConnectionTasks } from '../functions/connections/dependencies';
import { agentGrants, CAPABILITIES, type Capability } from '../shared/domain/grants';
import { scopesFor } from '../shared/domain/oauth';
import type { BusMessage } from '../shared/domain/ports';
import { createAccessTokens } from '../shared/google/access-tokens';
import { createGoogleConsent } from '../shared/google/google-consent';
import { createMailboxes } from '../shared/google/gmail';
import { createIdTokenVerifier } from '../shared/google/id-tokens';
import { createSyncCalendars, syncScopes } from '../shared/google/sync-calendar';
import { createTokenSource } from '../shared/google/token-sources';
import { authenticateCallers } from '../shared/runtime/callers';
import { listen } from '../shared/runtime/listen';
import { createLogger } from '../shared/runtime/logger';
import { createConnectionStore } from '../shared/store/connection-store';
import { createConnectionTokens, createMailboxTokens } from '../shared/store/connection-tokens';
import { createEnvelopeCipher } from '../shared/store/envelope-cipher';
import { createEventOutbox } from '../shared/store/event-outbox';
import { createIntegrationStore } from '../shared/store/integration-store';
import { createLocalKeyWrap } from '../shared/store/local-key-wrap';
import { createMemoryStore } from '../shared/store/memory';
import { createOAuthTokenStore } from '../shared/store/oauth-token-store';
import { createZoomAccountStore, createZoomUserTokens } from '../shared/store/zoom-account-store';
import { createZoomConsent } from '../shared/zoom/zoom-consent';
import { TestClock } from './mail-fixture';
import { startWorkspace } from './workspace/server';

export const ann = 'ann@example.com';
export const bob = 'bob@example.com';
/** An account outside the domain, such as people have at home. */
export const annAtHome = 'ann@home.example';
export const administrator = 'admin@example.com';
export const baseUrl = 'https://attache.example.com';
export const redirectUri = `${baseUrl}/v1/connections/callback`;
export const zoomApp = { clientId: 'zoom-1', clientSecret: 'the-secret-of-the-zoom-app' };
export const app = { clientId: 'client-1', clientSecret: 'the-secret-of-the-app' };

const delegate = 'delegate@local.iam.gserviceaccount.com';

interface AgentOptions {
  readonly mailboxes?: readonly string[];
  readonly domains?: readonly string[];
  readonly capabilities?: readonly Capability[];
}

const agents: Readonly<Record<string, AgentOptions>> = {
  operator: { domains: ['example.com'] },
  second: { domains: ['example.com'] },
  ofAnn: { mailboxes: [ann] },
  ofBob: { mailboxes: [bob] },
  atHome: { mailboxes: [annAtHome, administrator] },
  powerless: { mailboxes: [ann], capabilities: [] },
  blind: {},
};

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export type ConnectionsApi = Awaited<ReturnType<typeof startConnectionsApi>>;

/** The `connections` function on a server of its own, over the memory store, with the local Workspace as Google. */
export async function startConnectionsApi({ redirect = redirectUri } = {}) {
  const clock = new TestClock();
  // ID tokens are verified by the machine's clock.
  clock.nowMs = Date.now();
  const workspace = await startWorkspace({
    now: clock.now,
    users: [ann, bob, annAtHome, administrator],
    serviceAccounts: [{ email: delegate, scopes: [...syncScopes] }],
    oauthClients: [{ ...app, redirectUris: [redirect] }],
    zoomApps: [{ ...zoomApp, redirectUris: [redirect] }],
  });
  const store = createMemoryStore(clock);
  const random = { next: () => 0.5 };
  const cipher = createEnvelopeCipher(createLocalKeyWrap([{ id: 'k', key: randomBytes(32) }]), clock);
  const published: { topic: string; message: BusMessage }[] = [];
  const bus = {
    publish: async (topic: string, messages: readonly BusMessage[]) =>
      messages.map((message) => String(published.push({ topic, message }))),
  };
  const logged: string[] = [];
  const logger = createLogger({ now: clock.now, write: (line) => void logged.push(line) });

  const connections = createConnectionStore({ store, clock });
  const integrations = createIntegrationStore({ store, cipher, clock });
  const tokenStore = createOAuthTokenStore({ store, cipher, clock, random });
  const google = createGoogleConsent({
    authorizationUrl: `${workspace.url}/o/oauth2/v2/auth`,
    tokenUrl: `${workspace.url}/token`,
    revokeUrl: `${workspace.url}/revoke`,
    verifyIdToken: createIdTokenVerifier({ certsUrl: `${workspace.url}/oauth2/v1/certs` }),
    clock,
  });
  const zoom = createZoomConsent({
    oauthUrl: `${workspace.url}/zoom/oauth/`,
    apiUrl: `${workspace.url}/zoom/v2/`,
    clock,
  });
  const zoomAccounts = createZoomAccountStore({ store, clock });
  const outbox = createEventOutbox({ store, bus, clock, eventsTopic: 'agent-events', onFailure: () => undefined });
  /** As another instance of any function would have it. */
  const tokensOfInstance = () =>
    createConnectionTokens({ connections, integrations, tokenStore, consent: google, clock, outbox });
  const tokensOf = tokensOfInstance();
  const source = createTokenSource(
    { TOKEN_SOURCE: 'keyless', OAUTH_TOKEN_URL: `${workspace.url}/token`, IAM_CREDENTIALS_API_URL: workspace.url },
    { clock, serviceAccount: delegate },
  );
  const delegated = createAccessTokens({
    source,
    clock,
    allowedDomains: ['example.com'],
    deniedUsers: [administrator],
  });
  const syncRequests: string[] = [];
  const tasks: ConnectionTasks = {
    counts: async () => ({ pending: 1, synced: 2, conflicts: 3 }),
    requestSync: async ({ connectionId }, { all }) => syncRequests.push(`${connectionId} ${all}`),
  };

  const grants = Object.entries(agents).map(([name, agent]) => [
    name,
    {
      apiKeySha256: [createHash('sha256').update(`atk_${name}`).digest('hex')],
      capabilities: CAPABILITIES,
      ratePerMinute: 100_000,
      ...agent,
    },
  ]);
  const server = await listen(
    createConnectionsHandler(
      {
        store,
        connections,
        integrations,
        tokenStore,
        zoomAccounts,
        consentServers: { google, zoom },
        bus,
        clock,
        syncTopic: 'task-sync',
        redirectUri: redirect,
        deniedUsers: [administrator],
        calendarOf: (connection) => {
          const tokens = connection.kind === 'delegation' ? delegated : tokensOf(connection);
          const calendars = createSyncCalendars({ tokens, apiUrl: `${workspace.url}/`, scopes: syncScopes });
          return calendars(connection.connectedEmail);
        },
        tasks,
      },
      {
        authenticate: authenticateCallers({
          agents: agentGrants.parse(Object.fromEntries(grants)),
          audiences: [],
          verifyIdToken: () => Promise.reject(new Error('API keys only.')),
          now: clock.now,
        }),
        logger,
        checkResponses: true,
      },
    ),
  );

  async function request(line: string, headers: Readonly<Record<string, string>>, body?: unknown): Promise<ApiAnswer> {
    const [method = '', path = ''] = line.split(' ');
    const response = await fetch(server.url + path, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text === '' ? {} : JSON.parse(text)) as ApiAnswer['body'],
    };
  }
  const call = (agent: string, line: string, body?: unknown) => request(line, { 'x-api-key': `atk_${agent}` }, body);

  /** The browser's way to the consent page and back: where Google sends it, and the cookie that it has. */
  async function consent(agent: string, body: object, { account = '' } = {}) {
    const started = await call(agent, 'POST /v1/connections:authorize', body);
    if (started.status !== 200) throw new Error(started.text);
    const url = new URL(String(started.body['authorizationUrl']));
    if (account !== '') url.searchParams.set('login_hint', account);
    const answer = await fetch(url, { redirect: 'manual' });
    const setCookie = started.headers.get('set-cookie') ?? '';
    return {
      url,
      setCookie,
      cookie: setCookie.split(';')[0] ?? '',
      /** Path and query, as the browser asks for them. */
      back: (answer.headers.get('location') ?? '').replace(new URL(redirect).origin, ''),
      status: answer.status,
    };
  }
  const comeBack = (back: string, cookie: string) => request(`GET ${back}`, { cookie });

  return {
    clock,
    workspace,
    store,
    connections,
    integrations,
    tokenStore,
    cipher,
    tokensOf,
    tokensOfInstance,
    zoom,
    mailboxes: createMailboxes({
      apiUrl: `${workspace.url}/`,
      tokens: createMailboxTokens({ connections, tokensOf, deniedUsers: [administrator] }),
    }),
    zoomTokensOfInstance: () =>
      createZoomUserTokens({ accounts: zoomAccounts, integrations, tokenStore, consent: zoom }),
    published,
    logged,
    syncRequests,
    call,
    consent,
    comeBack,

    async registerApp(agent = 'operator'): Promise<string> {
      const { body } = await call(agent, 'POST /v1/integrations', { name: 'Ours', ...app });
      return String(body['integrationId']);
    },

    /** Connects an account; the query on which the person goes on. */
    async connect(agent: string, body: object, options?: { account?: string }) {
      const { back, cookie } = await consent(agent, body, options);
      const answer = await comeBack(back, cookie);
      return Object.fromEntries(new URL(answer.headers.get('location') ?? '').searchParams);
    },

    token: async (connectionId: string, scopes: readonly string[] = scopesFor(['calendar']).slice(2)) => {
      const { record } = (await connections.load(connectionId))!;
      return (await tokensOfInstance()(record).get(record.connectedEmail, scopes)).token;
    },

    async close(): Promise<void> {
      await server.close();
      await workspace.close();
    },
  };
}
