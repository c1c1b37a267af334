import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

  test('passes its own tests, with everything made up', async () => {
    const [, passed] = /Success! (\d+) passed, 0 failed/.exec(await workspace.run('test')) ?? [];
    expect(Number(passed)).toBeGreaterThan(0);
  }, 300_000);
});

describe('variables and outputs', () => {
  const blocksOf = async (file: string): Promise<{ name: string; body: string }[]> => {
    const text = await readFile(join(folder, file), 'utf8');
    return [...text.matchAll(/^(?:variable|output) "(\w+)" \{\n([^]*?)^\}/gm)].map(([, name = '', body = '']) => ({
      name,
      body,
    }));
  };

  test.each(['variables.tf', 'outputs.tf', 'modules/function/variables.tf', 'modules/function/outputs.tf'])(
    'in %s stand in the order of the alphabet and say in whole sentences what they are',
    async (file) => {
      const blocks = await blocksOf(file);
      expect(blocks.length).toBeGreaterThan(0);
      expect(blocks.map(({ name }) => name)).toEqual(blocks.map(({ name }) => name).sort());
      const isVariables = file.endsWith('variables.tf');
      const wrong = blocks.filter(
        ({ body }) =>
          !/^ {2}description = "[A-Z][^\n]*\."$/m.test(body) ||
          (isVariables && !/^ {2}type +=/m.test(body)) ||
          [...body.matchAll(/error_message = "([^\n]*)"$/gm)].some(
            ([, message = '']) => !/^[A-Za-z].*\.$/.test(message),
          ),
      );
      expect(wrong.map(({ name }) => name)).toEqual([]);
    },
  );

  test('exist only where they are used', async () => {
    for (const module of ['', 'modules/function']) {
      const files = (await readdir(join(folder, module))).filter((file) => file.endsWith('.tf'));
      const texts = await Promise.all(files.map((file) => readFile(join(folder, module, file), 'utf8')));
      const unused = (await blocksOf(join(module, 'variables.tf'))).filter(
        ({ name }) => !texts.some((text) => text.replaceAll(/^variable "[^]*?^\}/gm, '').includes(`var.${name}`)),
      );
      expect(unused.map(({ name }) => name)).toEqual([]);
    }
  });
});
