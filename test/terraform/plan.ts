import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { openWorkspace } from './terraform';

/** A plan of everything, from nothing. */
export interface Plan {
  readonly resources: readonly Resource[];
  /** What is known of the outputs before anything is created. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What a resource of the root module, or a `module.name`, says that it depends on, beyond what it refers to. */
  readonly dependsOn: (address: string) => readonly string[];
}

export type Resource = z.infer<typeof resourceSchema>;

export const variables = join(__dirname, 'plan.tfvars.json');

export async function planEverything(): Promise<Plan> {
  const workspace = await openWorkspace();
  try {
    const file = join(workspace.folder, 'everything.tfplan');
    await workspace.run('plan', '-input=false', `-var-file=${variables}`, `-out=${file}`);
    const plan = planSchema.parse(JSON.parse(await workspace.run('show', '-json', file)));
    const resourcesOf = ({ resources, child_modules }: PlannedModule): Resource[] => [
      ...resources,
      ...child_modules.flatMap(resourcesOf),
    ];
    const outputs: Record<string, unknown> = {};
    for (const [name, { after }] of Object.entries(plan.output_changes)) outputs[name] = after;
    const { resources: configured, module_calls } = plan.configuration.root_module;
    const dependsOn = (address: string) =>
      (configured.find((one) => one.address === address) ?? module_calls[address.replace('module.', '')])?.depends_on ??
      [];
    return { resources: resourcesOf(plan.planned_values.root_module), outputs, dependsOn };
  } finally {
    await workspace.remove();
  }
}

/** The value of `AGENTS` that Terraform writes into Secret Manager, which is in no plan. */
export async function plannedAgents(): Promise<string> {
  const { agents } = z.object({ agents: z.unknown() }).parse(JSON.parse(await readFile(variables, 'utf8')));
  return JSON.stringify(agents);
}

/** All resources of a type, with the values that `shape` names. */
export function valuesOf<Shape extends z.ZodRawShape>(plan: Plan, type: string, shape: Shape) {
  return plan.resources
    .filter((resource) => resource.type === type)
    .map(({ address, values }) => ({ address, ...z.object(shape).parse(values) }));
}

/** Every grant as `member role resource`, sorted; what it is limited to stands behind `if`. */
export function grantsOf({ resources }: Plan): string[] {
  return resources
    .filter(({ type }) => /_iam_(member|binding|policy)$/.test(type))
    .map(({ type, values }) => {
      const { member, role, condition } = grantSchema.parse(values);
      const limit = condition.map(({ expression }) => ` if ${expression}`).join('');
      return `${member} ${role} ${type.replace(/^google_|_iam_member$/g, '')} ${placeOf(values)}${limit}`;
    })
    .sort();
}

const resourceSchema = z.object({
  address: z.string(),
  type: z.string(),
  values: z.record(z.string(), z.unknown()),
});

const moduleSchema = z.object({
  resources: z.array(resourceSchema).default([]),
  get child_modules() {
    return z.array(moduleSchema).default([]);
  },
});

type PlannedModule = z.infer<typeof moduleSchema>;

const planSchema = z.object({
  planned_values: z.object({ root_module: moduleSchema }),
  configuration: z.object({
    root_module: z.object({
      resources: z.array(z.object({ address: z.string(), depends_on: z.array(z.string()).default([]) })),
      module_calls: z.record(z.string(), z.object({ depends_on: z.array(z.string()).default([]) })),
    }),
  }),
  output_changes: z.record(z.string(), z.object({ after: z.unknown().optional() })),
});

const grantSchema = z.object({
  member: z.string(),
  role: z.string(),
  condition: z.array(z.object({ expression: z.string() })).default([]),
});

/** What the grant is on: the most specific of the attributes that name a resource. */
function placeOf(values: Resource['values']): string {
  const keys = ['topic', 'subscription', 'service_account_id', 'crypto_key_id', 'secret_id', 'bucket', 'repository'];
  const place = [...keys, 'name', 'project'].map((key) => values[key]).find((value) => typeof value === 'string');
  if (place === undefined) throw new Error(`A grant does not say on what: ${JSON.stringify(values)}`);
  return place.split('/').at(-1) ?? place;
}
