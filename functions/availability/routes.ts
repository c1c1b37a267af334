import { readRules, type GatherDependencies } from '../../shared/domain/gather-hosts';
import { hostRules as rules } from '../../shared/domain/host-rules';
import { unknownMailbox } from '../../shared/domain/grants';
import type { Clock, DocumentStore } from '../../shared/domain/ports';
import { defineRoute, type Route } from '../../shared/runtime/route';
import type { HostRulesStore } from '../../shared/store/host-rules-store';
import { querySlots } from './query-slots';
import * as schema from './schema';

export interface AvailabilityDependencies extends Omit<GatherDependencies, 'loadRules'> {
  readonly store: DocumentStore;
  readonly hostRules: HostRulesStore;
  readonly clock: Pick<Clock, 'now'>;
}

const path = '/v1/hosts/{email}/availability-rules';

export const availabilityRoutes: readonly Route<AvailabilityDependencies>[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/availability:query',
    operationId: 'queryAvailability',
    summary: 'When the hosts can meet: every slot returned can be booked, and every one left out cannot',
    description:
      'A host whose calendar cannot be read is unavailable, and `warnings` says so: with `collective` there are then no slots.',
    capability: 'availability.read',
    body: schema.slotQuery,
    response: { status: 200, schema: schema.slotAnswer },
    errors: [404, 429, 503],
    handle: async (deps: AvailabilityDependencies, { caller, body }) =>
      querySlots({ ...deps, loadRules: deps.hostRules.loadAll }, caller, body, deps.clock.now()),
  }),
  defineRoute({
    method: 'GET',
    path,
    operationId: 'getAvailabilityRules',
    summary: 'When a host can be booked',
    capability: 'availability.read',
    mailboxParam: 'email',
    params: schema.emailParam,
    response: { status: 200, schema: schema.hostRulesView },
    errors: [429, 503],
    handle: async (deps: AvailabilityDependencies, { params: { email } }) => {
      const [known] = await readRules({ ...deps, loadRules: deps.hostRules.loadAll }, [email]);
      if (!known?.rules) throw known?.error ?? unknownMailbox(email);
      return { email, isDefault: known.isDefault, rules: known.rules };
    },
  }),
  defineRoute({
    method: 'PUT',
    path,
    operationId: 'replaceAvailabilityRules',
    summary: 'Replaces all rules of a host',
    capability: 'availability.manage',
    mailboxParam: 'email',
    params: schema.emailParam,
    body: rules,
    response: { status: 200, schema: schema.hostRulesView },
    handle: async ({ hostRules }: AvailabilityDependencies, { params: { email }, body }) => {
      await hostRules.save(email, body);
      return { email, isDefault: false, rules: body };
    },
  }),
];
