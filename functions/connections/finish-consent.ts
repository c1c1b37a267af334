import { connectionIdOf, newConnection, type Connection } from '../../shared/domain/connection';
import { AttacheError, asAttacheError, isAttacheError } from '../../shared/domain/errors';
import { grantedFeatures, missingFeatures, type GrantedTokens } from '../../shared/domain/oauth';
import { encodeSyncJob } from '../../shared/domain/sync-job';
import type { Logger } from '../../shared/runtime/logger';
import { tokenPath } from '../../shared/store/oauth-token-store';
import { redeemConsent, type ConsentState } from './consent-state';
import type { ConnectionsDependencies } from './dependencies';
import { disconnect } from './disconnect';
import { keepZoomAccount } from './zoom-accounts';

export interface ConsentAnswer {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
}

/**
 * The way back from the consent page: the address where the person goes on, and whether this used the consent up. What
 * went wrong is told there, whatever it was, because nobody reads JSON in a browser's window.
 */
export async function finishConsent(
  dependencies: ConnectionsDependencies,
  answer: ConsentAnswer,
  session: string | undefined,
  logger: Logger,
): Promise<{ readonly location: string; readonly isRedeemed: boolean }> {
  const { store, clock, redirectUri } = dependencies;
  let returnTo: string | undefined;
  const goOn = (said: Readonly<Record<string, string>>) => ({
    location: onThisSite(redirectUri, returnTo ?? '/', said),
    isRedeemed: returnTo !== undefined,
  });
  try {
    const consent = await redeemConsent(store, answer.state, session, clock.now());
    returnTo = consent.returnTo;
    return goOn(await connect(dependencies, consent, answer));
  } catch (error) {
    const { code } = asAttacheError(error);
    logger.warning('An account could not be connected', { code, error });
    return goOn({ error: code });
  }
}

async function connect(
  dependencies: ConnectionsDependencies,
  consent: ConsentState & { readonly codeVerifier: string },
  { code, error }: ConsentAnswer,
): Promise<Readonly<Record<string, string>>> {
  const { integrations, consentServers, redirectUri } = dependencies;
  if (code === undefined) {
    throw new AttacheError('forbidden', `The consent page answered ${error ?? 'nothing'}.`, { code: 'consentDenied' });
  }
  const app = await integrations.openApp(consent.integrationId);
  const { codeVerifier, provider } = consent;
  const granted = await consentServers[provider].exchangeCode(app, { code, codeVerifier, redirectUri });
  if (provider === 'zoom') {
    await keepZoomAccount(dependencies, consent, granted);
    return { zoomAccount: granted.account };
  }
  return connectGoogle(dependencies, consent, granted);
}

async function connectGoogle(
  dependencies: ConnectionsDependencies,
  consent: ConsentState,
  { account, ...tokens }: GrantedTokens & { readonly account: string },
): Promise<Readonly<Record<string, string>>> {
  const { deniedUsers, bus, syncTopic } = dependencies;
  if (deniedUsers.includes(account)) {
    throw new AttacheError('forbidden', 'This user is never acted for.', { code: 'userDenied' });
  }
  const missing = missingFeatures(consent.features, tokens.scopes);
  if (missing.length === consent.features.length) {
    throw new AttacheError('forbidden', 'Nothing that was asked for was granted.', { code: 'scopesNotGranted' });
  }
  const connection = await keep(dependencies, consent, account, tokens);
  await leaveFormerAccount(dependencies, consent, connection);
  const { connectionId } = connection;
  await bus.publish(syncTopic, [encodeSyncJob({ kind: 'refreshChannels', connectionId, force: false })]);
  return { connection: connectionId, missing: missing.join(',') };
}

/** Connection and tokens in one commit. The connection of the same user and account goes on with all that it has. */
async function keep(
  { store, connections, tokenStore, clock }: ConnectionsDependencies,
  { owner, integrationId }: ConsentState,
  account: string,
  tokens: GrantedTokens,
): Promise<Connection> {
  const connectionId = connectionIdOf(owner, account);
  const tokenWrite = await tokenStore.seal(connectionId, account, tokens);
  const granted = { kind: 'oauth' as const, integrationId, scopes: [...tokens.scopes] };
  const hasCalendar = grantedFeatures(tokens.scopes).includes('calendar');
  for (let attempt = 1; ; attempt++) {
    const [stored, before] = await Promise.all([connections.load(connectionId), store.get(tokenPath(connectionId))]);
    if (stored?.record.status === 'active' && stored.record.kind === 'delegation' && !hasCalendar) {
      throw new AttacheError('conflict', 'Delegation covers this calendar, which a consent for mail alone would end.', {
        code: 'delegationInUse',
      });
    }
    const writes = [tokenWrite(before)];
    try {
      if (!stored) {
        const { record } = await connections.create(
          newConnection({ ...granted, owner, connectedEmail: account }, clock.now()),
          writes,
        );
        return record;
      }
      const patch = { ...granted, status: 'active' as const, statusReason: null, renewFailures: 0, pullFailures: 0 };
      return (await connections.replace(stored, { patch, writes })).record;
    } catch (error) {
      if (attempt === maxCollisions || !isAttacheError(error, 'preconditionFailed', 'conflict')) throw error;
    }
  }
}

const maxCollisions = 10;

/** Who was to connect an account again and chose another has left the first one: the tasks go on with the other. */
async function leaveFormerAccount(
  dependencies: ConnectionsDependencies,
  { connectionId: formerId, owner }: ConsentState,
  { connectionId: successorId }: Connection,
): Promise<void> {
  if (formerId === null || formerId === successorId) return;
  const former = (await dependencies.connections.load(formerId))?.record;
  if (former?.owner !== owner) return;
  await disconnect(dependencies, former, { revoke: false });
  const { bus, syncTopic } = dependencies;
  await bus.publish(syncTopic, [encodeSyncJob({ kind: 'clearLinks', connectionId: formerId, successorId })]);
}

/** An address of this site, whatever path was asked for. */
function onThisSite(redirectUri: string, path: string, answer: Readonly<Record<string, string>>): string {
  const { origin } = new URL(redirectUri);
  const asked = new URL(path, origin);
  const url = asked.origin === origin ? asked : new URL(origin);
  for (const [name, value] of Object.entries(answer)) if (value !== '') url.searchParams.set(name, value);
  return url.href;
}
