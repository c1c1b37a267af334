import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { redirectUriOf } from '../../functions/connections/routes';
import { scopesFor } from '../../shared/domain/oauth';
import { availabilityScopes, meetingScopes } from '../../shared/google/calendar';
import { gmailScopes } from '../../shared/google/gmail';
import { syncScopes } from '../../shared/google/sync-calendar';
import { functionNames } from '../../scripts/function-names';
import { CAPABILITIES } from '../../shared/domain/grants';
import { loadConfig } from '../../shared/runtime/config';
import { queriesInCode, serves, singleFieldsOf, sourceFiles, sourceOf, unknownPlaces } from './firestore-queries';
import { configOf, deployedKeys, entryPointOf } from './functions';
import { grantsOf, planEverything, plannedAgents, valuesOf, type Plan } from './plan';
import {
  isIndexed,
  plannedFields,
  plannedFunctions,
  plannedIndexes,
  plannedJobs,
  plannedSignals,
  plannedSubscriptions,
} from './planned';
import { describeTerraform, repository } from './terraform';

/** Functions that whoever finds their address may call: they authenticate every caller themselves. */
const publicFunctions = ['availability', 'calendar-webhook', 'connections', 'mailboxes', 'meetings', 'tasks'];

const readRepository = (file: string) => readFile(join(repository, file), 'utf8');

describeTerraform('the plan', () => {
  let plan: Plan;
  let names: string[];
  beforeAll(async () => {
    [plan, names] = await Promise.all([planEverything(), functionNames(repository)]);
  }, 300_000);

  const functions = () => plannedFunctions(plan);

  test('has an entry for every function, and none for what is no function', () => {
    const planned = functions().map(({ name }) => name);
    const missing = names
      .filter((name) => !planned.includes(name))
      .map(
        (name) =>
          `functions/${name} is deployed by nobody: give it an entry in local.functions of terraform/functions.tf.`,
      );
    expect(missing).toEqual([]);
    expect(planned.filter((name) => !names.includes(name))).toEqual([]);
    expect(functions().filter(({ name, entry_point }) => entry_point !== entryPointOf(name))).toEqual([]);
  });

  describe('grants', () => {
    test('are those that were reviewed: terraform/iam-grants.txt', async () => {
      expect(grantsOf(plan)).toEqual((await readRepository('terraform/iam-grants.txt')).trimEnd().split('\n'));
    });

    test('hold no basic role, and no administrator', () => {
      expect(grantsOf(plan).filter((grant) => /roles\/(owner|editor|viewer|\S*[aA]dmin)\b/.test(grant))).toEqual([]);
    });

    test('make only those functions public that authenticate their callers', () => {
      const open = grantsOf(plan).filter((grant) => /^all(Authenticated)?Users /.test(grant));
      const planned = functions().map(({ name }) => name);
      const expected = publicFunctions.filter((name) => planned.includes(name));
      expect(open).toEqual(expected.map((name) => `allUsers roles/run.invoker cloud_run_v2_service ${name}`));
      const reachable = functions().filter(({ ingress_settings }) => ingress_settings === 'ALLOW_ALL');
      expect(reachable.map(({ name }) => name).sort()).toEqual(expected);
    });

    test('let an account sign as another, and no more', () => {
      const [role, ...more] = valuesOf(plan, 'google_project_iam_custom_role', { permissions: z.array(z.string()) });
      expect(more).toEqual([]);
      expect(role?.permissions).toEqual(['iam.serviceAccounts.signJwt']);
    });

    test('to sign are used in sight of the audit log, whichever kind Google counts a signature among', () => {
      const [audited] = valuesOf(plan, 'google_project_iam_audit_config', {
        service: z.literal('iamcredentials.googleapis.com'),
        audit_log_config: z.array(z.object({ log_type: z.string() })),
      });
      const kinds = audited?.audit_log_config.map(({ log_type }) => log_type);
      expect(kinds?.sort()).toEqual(['ADMIN_READ', 'DATA_READ']);
    });

    test('to publish go to the functions that have a bus, and to no others', async () => {
      for (const { name, service_account_email } of functions()) {
        const files = (await sourceFiles()).filter((file) => file.startsWith(`functions/${name}/`));
        const hasBus = (await Promise.all(files.map(sourceOf))).some((text) => text.includes('connectBus('));
        const publisher = `serviceAccount:${service_account_email} roles/pubsub.publisher `;
        expect({ name, publishes: grantsOf(plan).some((grant) => grant.startsWith(publisher)) }).toEqual({
          name,
          publishes: hasBus,
        });
      }
    });

    test('go to an account of its own for each function', () => {
      const accounts = functions().map(({ service_account_email }) => service_account_email);
      expect(new Set(accounts).size).toBe(accounts.length);
    });
  });

  describe('the environment', () => {
    const environmentOf = (name: string) => {
      const found = functions().find((one) => one.name === name);
      return {
        values: found?.environment_variables ?? {},
        secrets: found?.secret_environment_variables.map(({ key }) => key) ?? [],
      };
    };

    test('of every function has the keys that its configuration reads and the one of the framework, and no others', async () => {
      for (const { name } of functions()) {
        const { values, secrets } = environmentOf(name);
        const given = { function: name, keys: [...Object.keys(values), ...secrets].sort() };
        const read = [...deployedKeys(await configOf(name)), 'LOG_EXECUTION_ID'].sort();
        expect(given).toEqual({ function: name, keys: read });
        expect(values.LOG_EXECUTION_ID).toBe('false');
      }
    });

    test('of every function is one that it starts with', async () => {
      const secrets: Record<string, string> = {
        AGENTS: await plannedAgents(),
        EVENT_SIGNING_KEY: 'x'.repeat(64),
        ZOOM_CLIENT_SECRET: 'zoom-secret',
      };
      for (const { name } of functions()) {
        const environment = environmentOf(name);
        const fromSecrets = environment.secrets.map((key): [string, string] => [key, secrets[key] ?? '']);
        const all = { ...environment.values, ...Object.fromEntries(fromSecrets), K_SERVICE: name };
        const config = loadConfig(await configOf(name), all);
        expect(config).toMatchObject({ GOOGLE_CLOUD_PROJECT: 'attache-test', FIRESTORE_DATABASE: 'attache' });
      }
    });

    test('tells a function how many instances of it there may be', () => {
      const limits = functions();
      const gmailSync = limits.find(({ name }) => name === 'gmail-sync');
      expect(gmailSync?.max_instance_count).toBe(40);
      for (const { name, max_instance_count } of limits) {
        const told = environmentOf(name).values.MAX_INSTANCES;
        if (told !== undefined) expect(told).toBe(String(max_instance_count));
      }
    });

    test('knows the capabilities of agents', async () => {
      const list = /contains\(\[([^\]]*)\], capability\)/.exec(
        await readRepository('terraform/variables-agents.tf'),
      )?.[1];
      expect([...(list ?? '').matchAll(/"([^"]+)"/g)].map(([, name]) => name)).toEqual(CAPABILITIES);
    });
  });

  describe('subscriptions', () => {
    const subscriptions = () => plannedSubscriptions(plan);
    const working = () => subscriptions().filter(({ name }) => !name.endsWith('-dead-letters'));

    test('never expire', () => {
      expect(subscriptions().filter(({ expiration_policy: [{ ttl }] }) => ttl !== '')).toEqual([]);
    });

    test('back off and set aside, where somebody keeps what was set aside for a month', () => {
      for (const { name, dead_letter_policy, retry_policy } of working()) {
        expect({ name, retry_policy }).toEqual({
          name,
          retry_policy: [{ minimum_backoff: '10s', maximum_backoff: '600s' }],
        });
        expect({ name, policies: dead_letter_policy.length }).toEqual({ name, policies: 1 });
        const keeper = subscriptions().find((one) => one.name === `${name}-dead-letters`);
        expect(keeper).toMatchObject({ message_retention_duration: '2678400s', push_config: [] });
      }
    });

    test('are pushed with what the function asks for, and for as long as it works', () => {
      for (const { name, push_config, ack_deadline_seconds } of working()) {
        const target = functions().find((one) => one.name === name);
        if (!target) continue;
        const { PUSH_AUDIENCE: audience, PUSH_SERVICE_ACCOUNT: account } = target.environment_variables;
        expect(push_config).toEqual([
          { push_endpoint: audience, oidc_token: [{ audience, service_account_email: account }] },
        ]);
        expect(ack_deadline_seconds).toBe(target.timeout_seconds);
      }
    });

    test('of agents are pulled in order and exactly once, or pushed by an account that may call nothing of ours', () => {
      const agents = working().filter(({ name }) => !names.includes(name));
      expect(agents.map(({ name }) => name).sort()).toEqual(['crm-events', 'support-events']);
      expect(agents.find(({ name }) => name === 'support-events')).toMatchObject({
        push_config: [],
        enable_message_ordering: true,
        enable_exactly_once_delivery: true,
      });
      const account = agents.find(({ name }) => name === 'crm-events')?.push_config[0]?.oidc_token[0]
        .service_account_email;
      expect(account).toBe('attache-agent-push@attache-test.iam.gserviceaccount.com');
      expect(grantsOf(plan).filter((grant) => grant.startsWith(`serviceAccount:${account} `))).toEqual([]);
    });
  });

  test('calls every job of every function and no other route, as the account and for the audience that they ask for, within their time', async () => {
    const jobs = plannedJobs(plan);
    const called: string[] = [];
    for (const { attempt_deadline, http_target } of jobs) {
      const [{ http_method, uri, oidc_token }] = http_target;
      const target = functions().find(({ environment_variables: { SCHEDULER_AUDIENCE } }) =>
        uri.startsWith(`${SCHEDULER_AUDIENCE}/`),
      );
      if (!target) throw new Error(`${uri} is no function’s address.`);
      expect(http_method).toBe('POST');
      const { SCHEDULER_AUDIENCE: audience, SCHEDULER_SERVICE_ACCOUNT: account } = target.environment_variables;
      expect(oidc_token).toEqual([{ audience, service_account_email: account }]);
      expect(attempt_deadline).toBe(`${target.timeout_seconds}s`);
      called.push(`${target.name} ${uri.slice(audience?.length)}`);
    }
    const served = functions()
      .filter(({ environment_variables }) => 'SCHEDULER_AUDIENCE' in environment_variables)
      .map(async ({ name }) => {
        // A function of several jobs names the path of each in its handler; one of a single job does not look at it.
        const paths = [...(await sourceOf(`functions/${name}/handler.ts`)).matchAll(/^ {2}'(\/[\w-]+)': /gm)];
        return paths.length > 0 ? paths.map(([, path]) => `${name} ${path}`) : [`${name} /`];
      });
    expect(called.sort()).toEqual((await Promise.all(served)).flat().sort());
  });

  test('draws charts of one metric each, which is all that Monitoring takes', () => {
    const [dashboard] = valuesOf(plan, 'google_monitoring_dashboard', { dashboard_json: z.string() });
    const filters = [...(dashboard?.dashboard_json ?? '').matchAll(/"filter":"((?:[^"\\]|\\.)*)"/g)].map(
      ([, one]) => one,
    );
    expect(filters.length).toBeGreaterThan(10);
    expect(filters.filter((filter) => filter?.match(/metric\.type=\\"[\w./]+\\"/g)?.length !== 1)).toEqual([]);
  });

  describe('documents', () => {
    test('go before what they are sealed and signed with, so that a protected database protects both', () => {
      expect(plan.dependsOn('google_firestore_database.this')).toEqual([
        'google_kms_crypto_key.tokens',
        'google_secret_manager_secret_version.this',
      ]);
    });

    test('have an index for every query in the code before it is deployed, and no index that no query needs', async () => {
      const composite = plannedIndexes(plan);
      const hasIndex = isIndexed(plan);
      const unused = new Set(composite.map(({ address }) => address));
      const missing = (await queriesInCode()).flatMap((query) => {
        const single = singleFieldsOf(query);
        if (single) return single.filter((field) => !hasIndex(field)).map((field) => `${field} has no index.`);
        const index = composite.find((one) => serves(one, query));
        if (index) unused.delete(index.address);
        return index ? [] : [`${JSON.stringify(query)} needs an index in firestore.indexes.json.`];
      });
      expect(missing).toEqual([]);
      expect([...unused]).toEqual([]);
      expect(await unknownPlaces()).toEqual([]);
      const indexes = ['google_firestore_field.override', 'google_firestore_index.composite'];
      expect(plan.dependsOn('module.function')).toEqual(expect.arrayContaining(indexes));
    });

    test('expire where the code writes expireAt', async () => {
      const expiring = plannedFields(plan).filter(({ ttl_config }) => ttl_config.length > 0);
      expect(expiring.filter(({ field }) => field !== 'expireAt')).toEqual([]);
      const collections = new Set(expiring.map(({ collection }) => collection));
      const written = new Set<string>();
      for (const file of await sourceFiles()) {
        const text = await sourceOf(file);
        if (!/\bexpireAt\b/.test(text)) continue;
        const names = [...text.matchAll(/[`'](\w+)\/\$\{|collection: '(\w+)'/g)].map(
          ([, path, name]) => path ?? name ?? '',
        );
        const kept = names.filter((name) => collections.has(name));
        expect({ file, kept }).not.toEqual({ file, kept: [] });
        for (const name of kept) written.add(name);
      }
      expect([...written].sort()).toEqual([...collections].sort());
    });
  });

  test('asks the administrator for the scopes that the code asks for, account by account', async () => {
    const delegation = z.record(z.string(), z.object({ scopes: z.string() })).parse(plan.outputs.delegation);
    const asked = Object.fromEntries(Object.entries(delegation).map(([name, { scopes }]) => [name, scopes.split(',')]));
    expect(asked).toEqual({
      availability: availabilityScopes,
      gmail: gmailScopes,
      meetings: meetingScopes,
      sync: syncScopes,
    });

    const inCode = new Set<string>();
    for (const file of await sourceFiles()) {
      for (const [scope] of (await sourceOf(file)).matchAll(/https:\/\/www\.googleapis\.com\/auth\/[\w.-]+/g))
        inCode.add(scope);
    }
    // What a function does as itself needs no delegation.
    inCode.delete('https://www.googleapis.com/auth/cloud-platform');
    expect([...inCode].sort()).toEqual([...new Set(Object.values(asked).flat())].sort());
  });

  test('asks the owner of an OAuth app for the address and the scopes that connections use', () => {
    const { redirect_uri, scopes } = z
      .object({ redirect_uri: z.string(), scopes: z.array(z.string()) })
      .parse(plan.outputs.consent);
    expect(redirect_uri).toBe(redirectUriOf(z.string().parse(plan.outputs.base_url)));
    expect(new Set(scopes)).toEqual(new Set(scopesFor(['calendar', 'mail'])));
  });

  test('watches for lines that the code writes, and for every line that it writes as an error', async () => {
    const signals = plannedSignals(plan);
    const written = new Map<string, { severity: string; fields: string }>();
    const isDeployed = (file: string) => names.some((name) => file.startsWith(`functions/${name}/`));
    for (const file of (await sourceFiles()).filter(isDeployed)) {
      for (const [, severity = '', message = '', fields = ''] of (await sourceOf(file)).matchAll(
        /logger\.(info|warning|error)\(\s*'([^']+)'([^;]*)/g,
      )) {
        written.set(`${file.split('/').slice(0, 2).join('/')}: ${message}`, { severity, fields });
      }
    }
    const silent = signals.filter(
      ({ service, message, field }) => !written.get(`functions/${service}: ${message}`)?.fields.includes(field),
    );
    expect(silent).toEqual([]);
    const unseen = [...written]
      .filter(
        ([line, { severity }]) =>
          severity === 'error' && !signals.some(({ service, message }) => line === `functions/${service}: ${message}`),
      )
      .map(
        ([line]) =>
          `${line} is logged as an error and no metric counts it: add it to local.signals of terraform/signals.tf.`,
      );
    expect(unseen).toEqual([]);
  });

  test('is what firebase.json sends agents to', async () => {
    const { hosting } = z
      .object({
        hosting: z.object({
          rewrites: z.array(z.object({ run: z.object({ serviceId: z.string(), region: z.string() }) })),
        }),
      })
      .parse(JSON.parse(await readRepository('firebase.json')));
    const output = z.object({ region: z.string(), public: z.array(z.string()) }).parse(plan.outputs.hosting);
    expect(new Set(hosting.rewrites.map(({ run }) => run.region))).toEqual(new Set([output.region]));
    expect([...new Set(hosting.rewrites.map(({ run }) => run.serviceId))].sort()).toEqual(output.public);
  });
});
