import { createHash } from 'node:crypto';
import { createMailboxesHandler } from '../functions/mailboxes/handler';
import { agentGrants, CAPABILITIES, type Capability } from '../shared/domain/grants';
import { createAccessTokens } from '../shared/google/access-tokens';
import { createMailboxes, gmailScopes } from '../shared/google/gmail';
import { createTokenSource } from '../shared/google/token-sources';
import { authenticateCallers } from '../shared/runtime/callers';
import { listen } from '../shared/runtime/listen';
import { ann, bob, createMailWorld, TestClock } from './mail-fixture';
import { startWorkspace } from './workspace/server';

const serviceAccount = 'delegate@local.iam.gserviceaccount.com';

interface AgentOptions {
  readonly mailboxes?: readonly string[];
  readonly domains?: readonly string[];
  readonly capabilities?: readonly Capability[];
}

/** Who calls in these tests, each by an API key of its own: `atk_` and the name. */
const agents: Readonly<Record<string, AgentOptions>> = {
  operator: { domains: ['example.com'] },
  ofAnn: { mailboxes: [ann] },
  ofBob: { mailboxes: [bob] },
  /** Sees Ann, and may do nothing. */
  powerless: { mailboxes: [ann], capabilities: [] },
  /** May do everything, and sees nobody. */
  blind: {},
};

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export type MailboxesApi = Awaited<ReturnType<typeof startMailboxesApi>>;

/** The `mailboxes` function on a server of its own, over the memory store, and the local Workspace behind Google’s own client. */
export async function startMailboxesApi(further: Readonly<Record<string, AgentOptions>> = {}) {
  const clock = new TestClock();
  const workspace = await startWorkspace({
    now: clock.now,
    users: [ann, bob],
    serviceAccounts: [{ email: serviceAccount, scopes: [...gmailScopes] }],
    gmail: { unitsPerMinutePerUser: 1e9, unitsPerMinutePerProject: 1e9 },
  });
  const world = createMailWorld({ clock, model: workspace.gmail });
  const source = createTokenSource(
    {
      TOKEN_SOURCE: 'keyless',
      OAUTH_TOKEN_URL: `${workspace.url}/token`,
      IAM_CREDENTIALS_API_URL: `${workspace.url}/`,
    },
    { clock, serviceAccount },
  );
  const tokens = createAccessTokens({
    source,
    clock,
    allowedDomains: ['example.com'],
    deniedUsers: ['admin@example.com'],
  });
  const grants = Object.entries({ ...agents, ...further }).map(([name, agent]) => [
    name,
    {
      apiKeySha256: [createHash('sha256').update(`atk_${name}`).digest('hex')],
      capabilities: CAPABILITIES,
      ratePerMinute: 100_000,
      ...agent,
    },
  ]);
  const server = await listen(
    createMailboxesHandler(
      {
        ...world.registrationDependencies,
        store: world.store,
        mailboxes: createMailboxes({ tokens, apiUrl: `${workspace.url}/` }),
      },
      {
        authenticate: authenticateCallers({
          agents: agentGrants.parse(Object.fromEntries(grants)),
          audiences: [],
          verifyIdToken: () => Promise.reject(new Error('API keys only.')),
          now: clock.now,
        }),
        logger: world.logger,
        checkResponses: true,
      },
    ),
  );

  return {
    clock,
    workspace,
    world,
    url: server.url,

    /** Calls as an agent: `GET /v1/whoami`. */
    async call(agent: string, line: string, body?: unknown, signal?: AbortSignal): Promise<ApiAnswer> {
      const [method = '', path = ''] = line.split(' ');
      const response = await fetch(server.url + path, {
        method,
        headers: { 'x-api-key': `atk_${agent}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
      const text = await response.text();
      const parsed = (text === '' ? {} : JSON.parse(text)) as ApiAnswer['body'];
      return { status: response.status, headers: response.headers, body: parsed, text };
    },

    async close(): Promise<void> {
      await server.close();
      await workspace.close();
    },
  };
}

/** Without what tells one request from the next. */
export function withoutRequestId({ text }: ApiAnswer): string {
  return text.replace(/"requestId":"[^"]*"/, '"requestId":""');
}
