import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mistakes } from './mistakes';
import { describeTerraform, openWorkspace, repository, type Workspace } from './terraform';

const folder = join(repository, 'terraform');

describeTerraform('the configuration', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await openWorkspace();
  }, 300_000);
  afterAll(() => workspace.remove());

  test('is formatted', async () => {
    expect(await workspace.run('fmt', '-check', '-recursive', folder)).toBe('');
  });

  test('is valid', async () => {
    expect(JSON.parse(await workspace.run('validate', '-json'))).toMatchObject({ valid: true, diagnostics: [] });
  }, 60_000);

  test('with the example of settings makes a plan; applied once more, without the secret, it changes nothing, and its state holds none', async () => {
    const settings = [
      '-input=false',
      '-var-file=terraform.tfvars.example',
      '-var=project_number=123456789012',
      '-var=zoom={account_id="account",client_id="client"}',
    ];
    // Google's own providers would create it all.
    if (!workspace.isPretence) {
      expect(await workspace.run('plan', ...settings)).toMatch(/Plan: \d+ to add, 0 to change, 0 to destroy/);
      return;
    }
    await workspace.run('apply', '-auto-approve', '-var=zoom_client_secret=not-to-be-kept', ...settings);
    const state = await readFile(join(workspace.folder, 'terraform.tfstate'), 'utf8');
    expect(state).not.toMatch(/not-to-be-kept|0{64}/);
    // A subscription that is made anew forgets who might read the old one: Pub/Sub itself, and the agent.
    const subscription = 'module.agent_subscription["support-agent"].google_pubsub_subscription';
    const again = await workspace.run('plan', '-refresh=false', `-replace=${subscription}.this`, ...settings);
    expect(again).toContain('Plan: 3 to add, 0 to change, 3 to destroy.');
    const replaced = [...again.matchAll(/^ +# (\S+) will be replaced due to changes in replace_triggered_by$/gm)];
    expect(replaced.map(([, address]) => address)).toEqual([
      `${subscription}_iam_member.reads["pubsub"]`,
      `${subscription}_iam_member.reads["serviceAccount:support-agent@my-project.iam.gserviceaccount.com"]`,
    ]);
  }, 300_000);

  test('refuses every mistake in its settings with a sentence of its own', async () => {
    // What is compared with the functions is looked at only where all else is right.
    const { scaling, event_subscriptions, ...plain } = mistakes;
    const right = { project_id: 'attache-test', project_number: '123456789012', allowed_domains: ['example.com'] };
    const answers = await Promise.all(
      [plain, { ...right, scaling, event_subscriptions }].map(async (settings, number) => {
        const file = join(workspace.folder, `mistakes-${number}.tfvars.json`);
        await writeFile(file, JSON.stringify(settings));
        return workspace.run('plan', '-input=false', '-lock=false', '-json', `-var-file=${file}`).then(
          () => [],
          (error: unknown) => [...String(error).matchAll(/"detail":"(.*?)\\n\\nThis was checked/g)],
        );
      }),
    );
    const blocks = [...(await blocksOf('variables.tf')), ...(await blocksOf('variables-agents.tf'))];
    const sentences = blocks.flatMap(({ body }) => [...body.matchAll(/^ +error_message = "(.*)"$/gm)]);
    expect(sentences.length).toBeGreaterThan(30);
    const said = (found: RegExpExecArray[]) => found.map(([, sentence]) => sentence).sort();
    expect(said(answers.flat())).toEqual(said(sentences));
  }, 60_000);

  test('passes its own tests, with everything made up', async () => {
    const [, passed] = /Success! (\d+) passed, 0 failed/.exec(await workspace.run('test')) ?? [];
    expect(Number(passed)).toBeGreaterThan(0);
  }, 300_000);
});

test('the documents name outputs and variables that exist', async () => {
  const namesIn = async (file: string) => (await blocksOf(file)).map(({ name }) => name);
  const settable = [...(await namesIn('variables.tf')), ...(await namesIn('variables-agents.tf'))];
  const outputs = await namesIn('outputs.tf');
  const texts = await Promise.all(
    ['README.md', 'docs/deploy.md', 'docs/scale.md'].map((file) => readFile(join(repository, file), 'utf8')),
  );
  const named = (pattern: RegExp) => [...texts.join('\n').matchAll(pattern)].map(([, name = '']) => name);
  const unknownOutputs = named(/terraform output (?:-\w+ )?(\w+)/g).filter((name) => !outputs.includes(name));
  const settings = named(/`(?:\$?TF_VAR_)?([a-z]+(?:_[a-z]+)+)(?: = [^`]*|=[^`]*)?`/g);
  expect(unknownOutputs).toEqual([]);
  expect(settings.length).toBeGreaterThan(5);
  const unknown = settings.filter((name) => ![...settable, ...outputs, ...notOurs].includes(name));
  expect(unknown).toEqual([]);
});

describe('variables and outputs', () => {
  test.each([
    'variables.tf',
    'variables-agents.tf',
    'outputs.tf',
    'modules/function/variables.tf',
    'modules/function/outputs.tf',
    'modules/subscription/variables.tf',
  ])('in %s stand in the order of the alphabet and say in whole sentences what they are', async (file) => {
    const blocks = await blocksOf(file);
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.map(({ name }) => name)).toEqual(blocks.map(({ name }) => name).sort());
    const isVariables = file.includes('variables');
    const wrong = blocks.filter(
      ({ body }) =>
        !/^ {2}description = "[A-Z][^\n]*\."$/m.test(body) ||
        (isVariables && !/^ {2}type +=/m.test(body)) ||
        [...body.matchAll(/error_message = "([^\n]*)"$/gm)].some(([, message = '']) => !/^[A-Za-z].*\.$/.test(message)),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('exist only where they are used', async () => {
    for (const module of ['', 'modules/function', 'modules/subscription']) {
      const files = (await readdir(join(folder, module))).filter((file) => file.endsWith('.tf'));
      const texts = await Promise.all(files.map((file) => readFile(join(folder, module, file), 'utf8')));
      const variables = files
        .filter((file) => file.startsWith('variables'))
        .map((file) => blocksOf(join(module, file)));
      const unused = (await Promise.all(variables))
        .flat()
        .filter(
          ({ name }) => !texts.some((text) => text.replaceAll(/^variable "[^]*?^\}/gm, '').includes(`var.${name}`)),
        );
      expect(unused.map(({ name }) => name)).toEqual([]);
    }
  });
});

/** Names in the documents that look like settings and belong to the module for functions or to somebody else. */
const notOurs = ['client_id', 'delivery_lag', 'max_instances', 'push_endpoint', 'redirect_uri', 'secret_version'];

async function blocksOf(file: string): Promise<{ name: string; body: string }[]> {
  const text = await readFile(join(folder, file), 'utf8');
  const blocks = text.matchAll(/^(?:variable|output) "(\w+)" \{\n([^]*?)^\}/gm);
  return [...blocks].map(([, name = '', body = '']) => ({ name, body }));
}
