import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import { AttacheError } from '../../shared/domain/errors';
import type { Caller } from '../../shared/domain/grants';
import type { Integration, Provider } from '../../shared/domain/integration';
import type { Stored } from '../../shared/store/record-store';
import type { ConnectionsDependencies } from './dependencies';
import type { integration as view, integrationChange, newIntegration } from './schema';

type Dependencies = Pick<
  ConnectionsDependencies,
  'integrations' | 'connections' | 'zoomAccounts' | 'clock' | 'redirectUri'
>;

export async function registerIntegration(
  { integrations, clock }: Dependencies,
  caller: Caller,
  { clientSecret, ...given }: z.output<typeof newIntegration>,
): Promise<Integration> {
  const integrationId = `int_${randomUUID().replaceAll('-', '')}`;
  const nowMs = clock.now();
  const { record } = await integrations.create({
    ...given,
    integrationId,
    ownerId: caller.id,
    clientSecret: await integrations.sealSecret(integrationId, clientSecret),
    status: 'active',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  });
  return record;
}

/** Another caller's app answers exactly as one that does not exist. */
export async function loadIntegration(
  { integrations }: Pick<Dependencies, 'integrations'>,
  caller: Caller,
  integrationId: string,
): Promise<Stored<Integration>> {
  const stored = await integrations.load(integrationId);
  if (stored?.record.ownerId === caller.id) return stored;
  throw new AttacheError('notFound', `You have no OAuth app ${integrationId}.`, {
    code: 'integrationNotFound',
    fix: 'GET /v1/integrations lists your OAuth apps.',
  });
}

export async function changeIntegration(
  dependencies: Dependencies,
  caller: Caller,
  integrationId: string,
  { clientSecret, name, status }: z.output<typeof integrationChange>,
): Promise<Integration> {
  await loadIntegration(dependencies, caller, integrationId);
  const { integrations } = dependencies;
  const sealed = clientSecret === undefined ? undefined : await integrations.sealSecret(integrationId, clientSecret);
  const changed = await integrations.change(integrationId, (record) => ({
    patch: { name: name ?? record.name, status: status ?? record.status, clientSecret: sealed ?? record.clientSecret },
  }));
  return (changed ?? (await loadIntegration(dependencies, caller, integrationId))).record;
}

/** Connections need their app to renew tokens. */
export async function removeIntegration(
  dependencies: Dependencies,
  caller: Caller,
  integrationId: string,
): Promise<void> {
  const stored = await loadIntegration(dependencies, caller, integrationId);
  const { connections, zoomAccounts } = dependencies;
  const [{ records }, isInUse] = await Promise.all([
    connections.listOfIntegration(integrationId, 1),
    zoomAccounts.isInUse(integrationId),
  ]);
  if (records.length > 0 || isInUse) {
    throw new AttacheError('conflict', 'Accounts are connected through this OAuth app.', {
      code: 'integrationInUse',
      fix: 'Disconnect them first, or PATCH the app to status disabled, so that no further account is connected.',
    });
  }
  await dependencies.integrations.remove(stored);
}

/** The app named, or the only active one that the caller has for this provider. */
export async function chooseIntegration(
  dependencies: Dependencies,
  caller: Caller,
  provider: Provider,
  integrationId: string | undefined,
): Promise<Integration> {
  if (integrationId !== undefined) {
    const { record } = await loadIntegration(dependencies, caller, integrationId);
    if (record.status === 'active' && record.provider === provider) return record;
    throw new AttacheError('conflict', 'This OAuth app takes no consents of this kind.', {
      code: 'integrationDisabled',
      fix: `Choose an active OAuth app of ${provider}: GET /v1/integrations.`,
    });
  }
  const { records } = await dependencies.integrations.listOf(caller.id, 100);
  const candidates = records.filter((one) => one.status === 'active' && one.provider === provider);
  const [only] = candidates;
  if (only && candidates.length === 1) return only;
  throw new AttacheError('invalid', only ? 'You have several OAuth apps.' : 'You have no OAuth app yet.', {
    code: 'integrationRequired',
    errors: [{ path: 'body.integrationId', message: 'required' }],
    fix: only ? 'Name one of GET /v1/integrations as integrationId.' : 'Register one with POST /v1/integrations.',
  });
}

export function viewIntegration(
  { redirectUri }: Pick<Dependencies, 'redirectUri'>,
  { integrationId, provider, name, clientId, status, createdAtMs, updatedAtMs }: Integration,
): z.input<typeof view> {
  return {
    integrationId,
    provider,
    name,
    clientId,
    status,
    redirectUri,
    createdAt: new Date(createdAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
  };
}
