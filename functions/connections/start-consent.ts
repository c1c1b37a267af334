import type * as z from 'zod';
import { requireMailbox, type Caller } from '../../shared/domain/grants';
import { scopesFor } from '../../shared/domain/oauth';
import { beginConsent, sessionCookie } from './consent-state';
import type { ConnectionsDependencies } from './dependencies';
import { chooseIntegration } from './integrations';
import { loadConnection } from './load-connection';
import type { authorization } from './schema';

/** The consent page for an account, and the cookie that ties the way back to this browser. */
export async function startConsent(
  dependencies: ConnectionsDependencies,
  caller: Caller,
  { email, provider, features, integrationId, connectionId, returnTo }: z.output<typeof authorization>,
): Promise<{ authorizationUrl: string; expiresAt: string; cookie: string }> {
  const { store, clock, consentServers, redirectUri } = dependencies;
  requireMailbox(caller, email);
  const again =
    connectionId === undefined ? undefined : await loadConnection(dependencies, caller, connectionId, email);
  const { clientId, ...integration } = await chooseIntegration(
    dependencies,
    caller,
    provider,
    integrationId ?? again?.integrationId ?? undefined,
  );
  const consent = {
    callerId: caller.id,
    provider,
    owner: email,
    integrationId: integration.integrationId,
    features,
    connectionId: connectionId ?? null,
    returnTo,
  };
  const { state, session, codeChallenge, expiresAtMs } = await beginConsent(store, consent, clock.now());
  const authorizationUrl = consentServers[provider].authorizationUrl({
    clientId,
    redirectUri,
    state,
    codeChallenge,
    scopes: scopesFor(features),
    loginHint: again?.connectedEmail ?? email,
  });
  return {
    authorizationUrl,
    expiresAt: new Date(expiresAtMs).toISOString(),
    cookie: sessionCookie(session, redirectUri),
  };
}
