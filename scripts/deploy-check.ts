/** `npm run deploy:check`: what can be said before `terraform apply`. Each line that begins with ✗ would fail it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { availabilityScopes, meetingScopes } from '../shared/google/calendar';
import { gmailScopes } from '../shared/google/gmail';
import { syncScopes } from '../shared/google/sync-calendar';
import { functionNames } from './function-names';

export interface Finding {
  /** `no` would fail the deployment; `hint` is to be looked at by whoever deploys. */
  readonly verdict: 'ok' | 'no' | 'hint';
  readonly text: string;
}

/** Runs a command and resolves with what it wrote; undefined where it is not installed or fails. */
export type Run = (command: string, args: readonly string[]) => Promise<string | undefined>;

/** Everything that can be known from the working tree, and from `terraform` and `gcloud` where they are there. */
export async function checkDeployment(root: string, run: Run): Promise<Finding[]> {
  const settings = await readSettings(root);
  const findings = await Promise.all([
    checkArchives(root),
    checkEntries(root),
    checkScopes(root),
    checkSettings(root, settings),
    checkTerraform(run),
    checkProject(run, settings.get('project_id')),
  ]);
  return findings.flat();
}

/** Whether `dist` holds what the working tree would be built to, going by the times of the files. */
export async function checkArchives(root: string): Promise<Finding[]> {
  const sources = ['functions', 'shared', 'scripts', 'package-lock.json'].map((name) => join(root, name));
  const changedMs = await lastChangeMs(...sources);
  const findings = await Promise.all(
    (await functionNames(root)).map(async (name): Promise<Finding | undefined> => {
      const archive = join(root, 'dist', `${name}.zip`);
      if (!existsSync(archive)) return no(`dist/${name}.zip is missing: run npm run build.`);
      const { mtimeMs } = await stat(archive);
      return mtimeMs < changedMs ? no(`dist/${name}.zip is older than its source: run npm run build.`) : undefined;
    }),
  );
  return orOk(findings, 'Every function is built.');
}

async function checkEntries(root: string): Promise<Finding[]> {
  const map = await readFile(join(root, 'terraform', 'functions.tf'), 'utf8');
  const findings = (await functionNames(root)).map((name) =>
    new RegExp(`^ {4}${name} = \\{`, 'm').test(map)
      ? undefined
      : no(`functions/${name} has no entry in local.functions of terraform/functions.tf.`),
  );
  return orOk(findings, 'Every function has its entry in terraform/functions.tf.');
}

async function checkScopes(root: string): Promise<Finding[]> {
  const identities = await readFile(join(root, 'terraform', 'identities.tf'), 'utf8');
  const scopes = new Set([...gmailScopes, ...availabilityScopes, ...meetingScopes, ...syncScopes]);
  const findings = [...scopes].map((scope) =>
    identities.includes(`"${scope}"`) ? undefined : no(`${scope} is in no delegation of terraform/identities.tf.`),
  );
  return orOk(findings, `The ${scopes.size} scopes of the code are delegated.`);
}

async function checkSettings(root: string, settings: ReadonlyMap<string, string>): Promise<Finding[]> {
  const missing = ['project_id', 'allowed_domains'].filter((name) => !settings.has(name));
  if (missing.length > 0) return [no(`terraform/terraform.tfvars does not say ${missing.join(' and ')}.`)];
  const region = settings.get('region') ?? 'europe-west1';
  const hosting = await readFile(join(root, 'firebase.json'), 'utf8');
  const others = new Set([...hosting.matchAll(/"region": "([^"]+)"/g)].map(([, name]) => name));
  return orOk(
    [
      [...others].some((name) => name !== region)
        ? hint(`firebase.json sends agents to ${[...others].join(', ')}, the functions are in ${region}.`)
        : undefined,
      settings.has('denied_users')
        ? undefined
        : hint('denied_users is empty: name the administrators, whom nobody should act for.'),
      settings.has('agents') ? undefined : hint('agents is empty: nobody will be let in.'),
      settings.has('alert_emails') ? undefined : hint('alert_emails is empty: alerts are seen in the console only.'),
    ],
    'The settings are complete.',
  );
}

async function checkTerraform(run: Run): Promise<Finding[]> {
  const answer = await run('terraform', ['version', '-json']);
  const [, major, minor] = /"terraform_version": "(\d+)\.(\d+)/.exec(answer ?? '') ?? [];
  if (major === undefined) return [no('terraform is not installed: version 1.11 or newer is needed.')];
  return Number(major) > 1 || Number(minor) >= 11
    ? [ok(`terraform ${major}.${minor} is there.`)]
    : [no(`terraform ${major}.${minor} is too old: version 1.11 or newer is needed.`)];
}

/** Policies of the organisation that refuse what an apply would do. */
async function checkProject(run: Run, project: string | undefined): Promise<Finding[]> {
  if ((await run('gcloud', ['--version'])) === undefined)
    return [hint('gcloud is not installed: project, billing and organisation policies were not looked at.')];
  if (project === undefined) return [];
  const state = await run('gcloud', ['projects', 'describe', project, '--format=value(lifecycleState)']);
  if (state?.trim() !== 'ACTIVE')
    return [no(`The project ${project} cannot be read: gcloud auth login, or another id.`)];
  const [billing, members, managedMembers, ingress] = await Promise.all([
    run('gcloud', ['billing', 'projects', 'describe', project, '--format=value(billingEnabled)']),
    effectivePolicy(run, project, 'iam.allowedPolicyMemberDomains'),
    effectivePolicy(run, project, 'iam.managed.allowedPolicyMembers'),
    effectivePolicy(run, project, 'run.allowedIngress'),
  ]);
  return orOk(
    [
      billing?.trim() === 'True' ? undefined : hint(`It could not be seen that billing is on for ${project}.`),
      [members, managedMembers, ingress].every((policy) => policy === undefined)
        ? hint(
            'Organisation policies could not be read (gcloud services enable orgpolicy.googleapis.com, roles/orgpolicy.policyViewer): see docs/deploy.md for those that stop an apply.',
          )
        : undefined,
      isRestricted(members) || isRestricted(managedMembers)
        ? hint(
            `${isRestricted(members) ? 'iam.allowedPolicyMemberDomains' : 'iam.managed.allowedPolicyMembers'} restricts who can be granted anything: Gmail’s publisher and allUsers will be refused. See docs/deploy.md, “Organisation policies”.`,
          )
        : undefined,
      isRestricted(ingress)
        ? hint(
            'run.allowedIngress is restricted: functions that agents call need “all”. See docs/deploy.md, “Organisation policies”.',
          )
        : undefined,
    ],
    `The project ${project} is ready.`,
  );
}

function effectivePolicy(run: Run, project: string, constraint: string): Promise<string | undefined> {
  return run('gcloud', [
    'org-policies',
    'describe',
    constraint,
    '--effective',
    `--project=${project}`,
    '--format=json',
  ]);
}

function isRestricted(policy: string | undefined): boolean {
  return policy !== undefined && /"(allowedValues|denyAll|deniedValues)"|"enforce": ?true/.test(policy);
}

/** The names that terraform.tfvars gives values to, with the values of those that are plain text; an empty list counts as none. */
async function readSettings(root: string): Promise<Map<string, string>> {
  const file = join(root, 'terraform', 'terraform.tfvars');
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  const settings = [...text.matchAll(/^(\w+)\s*=\s*(.*)$/gm)].map(([, name = '', value = '']): [string, string] => [
    name,
    value.replace(/^"(.*)"$/, '$1'),
  ]);
  return new Map(settings.filter(([, value]) => !/^(\[\s*\]|\{\s*\}|)$/.test(value)));
}

async function lastChangeMs(...paths: readonly string[]): Promise<number> {
  const times = await Promise.all(
    paths.map(async (path): Promise<number> => {
      const found = await stat(path);
      if (!found.isDirectory()) return found.mtimeMs;
      const names = (await readdir(path)).filter((name) => !name.endsWith('.test.ts'));
      return lastChangeMs(...names.map((name) => join(path, name)));
    }),
  );
  return Math.max(0, ...times);
}

function orOk(findings: readonly (Finding | undefined)[], text: string): Finding[] {
  const found = findings.filter((finding) => finding !== undefined);
  return found.length > 0 ? found : [ok(text)];
}

const ok = (text: string): Finding => ({ verdict: 'ok', text });
const no = (text: string): Finding => ({ verdict: 'no', text });
const hint = (text: string): Finding => ({ verdict: 'hint', text });

const runCommand: Run = async (command, args) => {
  try {
    return (await promisify(execFile)(command, [...args], { timeout: 60_000 })).stdout;
  } catch {
    return undefined;
  }
};

async function main(): Promise<void> {
  const findings = await checkDeployment(join(__dirname, '..'), runCommand);
  const marks = { ok: '✓', no: '✗', hint: '?' };
  for (const { verdict, text } of findings) console.log(`${marks[verdict]} ${text}`);
  if (findings.some(({ verdict }) => verdict === 'no')) process.exitCode = 1;
}

if (require.main === module) void main();
