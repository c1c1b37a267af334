import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { functionNames } from '../../scripts/function-names';

export const repository = join(__dirname, '..', '..');

export interface Workspace {
  /** The configuration in a folder of its own, with local state and archives that hold nothing. */
  readonly folder: string;
  /** Whether it can be applied, because the providers only pretend. */
  readonly isPretence: boolean;
  /** Resolves with standard output; rejects with an Error that holds all that terraform has said when it fails. */
  run(...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/**
 * A `describe` that runs terraform: with Google's providers where the registry answers, else with the stand-ins beside the
 * project, else it is skipped and says why.
 */
export function describeTerraform(title: string, suite: () => void): void {
  const providers = findProviders();
  if ('missing' in providers) process.stderr.write(`SKIPPED terraform, ${title}: ${providers.missing}\n`);
  ('missing' in providers ? describe.skip : describe)(title, suite);
}

export async function openWorkspace(): Promise<Workspace> {
  const providers = findProviders();
  if ('missing' in providers) throw new Error(providers.missing);
  const root = await realpath(await mkdtemp(join(existsSync(memory) ? memory : tmpdir(), 'attache-terraform-')));
  const folder = join(root, 'terraform');
  const source = join(repository, 'terraform');
  await cp(source, folder, { recursive: true, filter: (path) => !path.includes('.terraform') });
  await cp(join(repository, 'firestore.indexes.json'), join(root, 'firestore.indexes.json'));
  await writeFile(join(folder, 'backend_override.tf'), 'terraform {\n  backend "local" {}\n}\n');
  await mkdir(join(root, 'dist'));
  for (const name of await functionNames(repository)) await writeFile(join(root, 'dist', `${name}.zip`), name);

  const run = (...args: readonly string[]) => execute([...providers.command, `-chdir=${folder}`, ...args]);
  await run('init', '-input=false');
  return {
    folder,
    isPretence: providers.command.includes(process.execPath),
    run,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Where a state that is written after each of some hundred resources waits for no disk. */
const memory = '/dev/shm';

type Providers = { readonly command: readonly string[] } | { readonly missing: string };

let found: Providers | undefined;

function findProviders(): Providers {
  found ??= lookForProviders();
  return found;
}

function lookForProviders(): Providers {
  if (spawnSync('terraform', ['version']).status !== 0) return { missing: 'terraform is not on the PATH.' };
  const probe = `fetch('${registry}', { signal: AbortSignal.timeout(3000) }).then(() => process.exit(0), () => process.exit(1))`;
  if (spawnSync(process.execPath, ['-e', probe]).status === 0) return { command: ['terraform'] };
  // By their real name: only so do they know that they were called and not imported.
  if (existsSync(standIns)) return { command: [process.execPath, realpathSync(standIns)] };
  return { missing: `registry.terraform.io does not answer, and there are no stand-ins for its providers.` };
}

const registry = 'https://registry.terraform.io/.well-known/terraform.json';
const standIns = join(repository, '..', 'shared', 'terraform-offline', 'run.mjs');

/** Nothing is asked of Google: everything is new, so that planning needs no credentials that are real. */
const environment = {
  CHECKPOINT_DISABLE: '1',
  // Half of its time would go into collecting garbage of a process that ends in a few seconds.
  GOGC: '400',
  GOOGLE_OAUTH_ACCESS_TOKEN: 'none',
  NO_COLOR: '1',
  TF_CLI_ARGS: '-no-color',
  TF_IN_AUTOMATION: '1',
  TF_PLUGIN_CACHE_DIR: join(repository, 'node_modules', '.cache', 'terraform'),
};

async function execute([command = '', ...args]: readonly string[]): Promise<string> {
  await mkdir(environment.TF_PLUGIN_CACHE_DIR, { recursive: true });
  const { TF_CLI_CONFIG_FILE: _notOurs, ...inherited } = process.env;
  const child = spawn(command, args, { env: { ...inherited, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ]);
  if (code !== 0) throw new Error(`terraform ${args.join(' ')} failed.\n${output}\n${errors}`);
  return output;
}
