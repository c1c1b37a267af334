import { cp, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDeployment, type Run } from './deploy-check';

const repository = join(__dirname, '..');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'attache-deploy-'));
  for (const folder of ['dist', 'functions/mailboxes', 'scripts', 'shared', 'terraform'])
    await mkdir(join(root, folder), { recursive: true });
  for (const file of ['functions.tf', 'identities.tf'])
    await cp(join(repository, 'terraform', file), join(root, 'terraform', file));
  await cp(join(repository, 'firebase.json'), join(root, 'firebase.json'));
  await writeFile(join(root, 'package-lock.json'), '{}');
  await writeFile(join(root, 'functions/mailboxes/index.ts'), '');
  await writeFile(join(root, 'dist/mailboxes.zip'), '');
  await utimes(join(root, 'dist/mailboxes.zip'), new Date(), new Date(Date.now() + 60_000));
  await settings();
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function settings(...lines: readonly string[]): Promise<void> {
  const complete = [
    'project_id = "attache-test"',
    'allowed_domains = ["example.com"]',
    'denied_users = ["admin@example.com"]',
  ];
  const rest = [
    'alert_emails = ["operations@example.com"]',
    'agents = {',
    '  one = { capabilities = ["events.read"] }',
    '}',
  ];
  await writeFile(join(root, 'terraform/terraform.tfvars'), [...complete, ...rest, ...lines].join('\n'));
}

const policy = (constraint: string) =>
  `gcloud org-policies describe ${constraint} --effective --project=attache-test --format=json`;

const answers: Record<string, string> = {
  'terraform version -json': '{\n  "terraform_version": "1.11.4"\n}',
  'gcloud --version': 'Google Cloud SDK',
  'gcloud projects describe attache-test --format=value(lifecycleState)': 'ACTIVE\n',
  'gcloud billing projects describe attache-test --format=value(billingEnabled)': 'True\n',
  [policy('iam.allowedPolicyMemberDomains')]: '{"spec": {"rules": [{"allowAll": true}]}}',
};

async function verdicts(changes: Record<string, string | undefined> = {}): Promise<string[]> {
  const all: Record<string, string | undefined> = { ...answers, ...changes };
  const run: Run = async (command, args) => all[[command, ...args].join(' ')];
  const findings = await checkDeployment(root, run);
  return findings.filter(({ verdict }) => verdict !== 'ok').map(({ verdict, text }) => `${verdict}: ${text}`);
}

test('what is complete is found ready', async () => {
  expect(await verdicts()).toEqual([]);
});

test('archives that are missing, or older than the code, are not deployed', async () => {
  await utimes(join(root, 'dist/mailboxes.zip'), new Date(0), new Date(0));
  expect(await verdicts()).toEqual(['no: dist/mailboxes.zip is older than its source: run npm run build.']);
  await rm(join(root, 'dist/mailboxes.zip'));
  expect(await verdicts()).toEqual(['no: dist/mailboxes.zip is missing: run npm run build.']);
});

test('a function that Terraform does not know is named', async () => {
  await mkdir(join(root, 'functions/teleport'));
  await writeFile(join(root, 'functions/teleport/index.ts'), '');
  await writeFile(join(root, 'dist/teleport.zip'), '');
  expect(await verdicts()).toContain(
    'no: functions/teleport has no entry in local.functions of terraform/functions.tf.',
  );
});

test('a scope that nobody delegates is named', async () => {
  await writeFile(join(root, 'terraform/identities.tf'), '');
  expect(await verdicts()).toContain(
    'no: https://www.googleapis.com/auth/gmail.readonly is in no delegation of terraform/identities.tf.',
  );
});

test('settings that are missing fail, and those that somebody may have forgotten are asked about', async () => {
  await writeFile(join(root, 'terraform/terraform.tfvars'), 'project_id = "attache-test"\n');
  expect(await verdicts()).toEqual(['no: terraform/terraform.tfvars does not say allowed_domains.']);
  await writeFile(
    join(root, 'terraform/terraform.tfvars'),
    'project_id = "attache-test"\nallowed_domains = ["example.com"]\nregion = "us-central1"\nagents = {}\n',
  );
  expect(await verdicts()).toEqual([
    'hint: firebase.json sends agents to europe-west1, the functions are in us-central1.',
    'hint: denied_users is empty: name the administrators, whom nobody should act for.',
    'hint: agents is empty: nobody will be let in.',
    'hint: alert_emails is empty: alerts are seen in the console only.',
  ]);
});

test.each<[string, string | undefined, string]>([
  ['is not there', undefined, 'no: terraform is not installed: version 1.11 or newer is needed.'],
  ['is too old', '{"terraform_version": "1.5.7"}', 'no: terraform 1.5 is too old: version 1.11 or newer is needed.'],
])('terraform that %s is told', async (_, version, verdict) => {
  expect(await verdicts({ 'terraform version -json': version })).toEqual([verdict]);
});

test('without gcloud the project is not looked at, and that is said', async () => {
  expect(await verdicts({ 'gcloud --version': undefined })).toEqual([
    'hint: gcloud is not installed: project, billing and organisation policies were not looked at.',
  ]);
});

test('a project that cannot be read, or has no billing, is told', async () => {
  expect(await verdicts({ 'gcloud projects describe attache-test --format=value(lifecycleState)': undefined })).toEqual(
    ['no: The project attache-test cannot be read: gcloud auth login, or another id.'],
  );
  const billing = 'gcloud billing projects describe attache-test --format=value(billingEnabled)';
  expect(await verdicts({ [billing]: 'False\n' })).toEqual([
    'hint: It could not be seen that billing is on for attache-test.',
  ]);
});

test('policies of the organisation that will refuse Gmail’s grant or the public functions are told', async () => {
  const found = await verdicts({
    [policy('iam.allowedPolicyMemberDomains')]: '{"spec":{"rules":[{"values":{"allowedValues":["C01"]}}]}}',
    [policy('run.allowedIngress')]: '{"spec":{"rules":[{"values":{"allowedValues":["internal"]}}]}}',
  });
  expect(found).toEqual([
    expect.stringMatching(/^hint: iam\.allowedPolicyMemberDomains .*Gmail’s publisher/),
    expect.stringMatching(/^hint: run\.allowedIngress /),
  ]);
  const managed = policy('iam.managed.allowedPolicyMembers');
  expect(await verdicts({ [managed]: '{"spec": {"rules": [{"enforce": false}]}}' })).toEqual([]);
  expect(await verdicts({ [managed]: '{"spec": {"rules": [{"enforce": true}]}}' })).toEqual([
    expect.stringMatching(/^hint: iam\.managed\.allowedPolicyMembers .*allUsers/),
  ]);
  expect(await verdicts({ [policy('iam.allowedPolicyMemberDomains')]: undefined })).toEqual([
    expect.stringMatching(/^hint: Organisation policies could not be read/),
  ]);
});
