import { createIdTokenVerifier } from '../google/id-tokens';
import type { AgentGrants } from '../domain/grants';
import { authenticateCallers, type Authenticate } from '../runtime/callers';
import { authorizePlatform, type Authorize } from '../runtime/platform-identity';
import { clock } from '../runtime/system';

/** Who may call a function that only the platform calls, from its configuration. */

interface PlatformConfig {
  readonly GOOGLE_CERTS_URL: string;
  readonly K_SERVICE?: string | undefined;
}

interface PushConfig extends PlatformConfig {
  readonly PUSH_AUTHENTICATION: 'oidc' | 'none';
  readonly PUSH_SERVICE_ACCOUNT?: string | undefined;
  readonly PUSH_AUDIENCE?: string | undefined;
}

/** The push subscriptions' account. */
export function authorizePush(config: PushConfig): Authorize {
  const { PUSH_AUTHENTICATION, PUSH_SERVICE_ACCOUNT, PUSH_AUDIENCE } = config;
  return authorize(config, PUSH_AUTHENTICATION, PUSH_SERVICE_ACCOUNT, PUSH_AUDIENCE);
}

interface SchedulerConfig extends PlatformConfig {
  readonly SCHEDULER_AUTHENTICATION: 'oidc' | 'none';
  readonly SCHEDULER_SERVICE_ACCOUNT?: string | undefined;
  readonly SCHEDULER_AUDIENCE?: string | undefined;
}

/** Cloud Scheduler's account. */
export function authorizeScheduler(config: SchedulerConfig): Authorize {
  const { SCHEDULER_AUTHENTICATION, SCHEDULER_SERVICE_ACCOUNT, SCHEDULER_AUDIENCE } = config;
  return authorize(config, SCHEDULER_AUTHENTICATION, SCHEDULER_SERVICE_ACCOUNT, SCHEDULER_AUDIENCE);
}

function authorize(
  { GOOGLE_CERTS_URL, K_SERVICE }: PlatformConfig,
  authentication: 'oidc' | 'none',
  account: string | undefined,
  audience: string | undefined,
): Authorize {
  return authorizePlatform({
    authentication,
    account,
    audience,
    onCloudRun: K_SERVICE !== undefined,
    verifyIdToken: createIdTokenVerifier({ certsUrl: GOOGLE_CERTS_URL }),
    now: () => clock.now(),
  });
}

/** Agents, by the `AGENTS` map: accounts by Google's ID tokens, others by API keys. */
export function authenticateAgents(config: {
  readonly AGENTS: AgentGrants;
  readonly ID_TOKEN_AUDIENCES: readonly string[];
  readonly GOOGLE_CERTS_URL: string;
}): Authenticate {
  return authenticateCallers({
    agents: config.AGENTS,
    audiences: config.ID_TOKEN_AUDIENCES,
    verifyIdToken: createIdTokenVerifier({ certsUrl: config.GOOGLE_CERTS_URL }),
    now: () => clock.now(),
  });
}
