/** `npm run docs`: writes what the code says about itself into the documents. With `--check` it only says which differ. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { availabilityConfig } from '../functions/availability/config';
import { availabilityRoutes } from '../functions/availability/routes';
import { calendarSweepConfig } from '../functions/calendar-sweep/config';
import { calendarWebhookConfig } from '../functions/calendar-webhook/config';
import { connectionsConfig } from '../functions/connections/config';
import { connectionRoutes } from '../functions/connections/routes';
import { gmailSyncConfig } from '../functions/gmail-sync/config';
import { mailboxSweepConfig } from '../functions/mailbox-sweep/config';
import { mailboxesConfig } from '../functions/mailboxes/config';
import { mailboxRoutes } from '../functions/mailboxes/routes';
import { meetingsConfig } from '../functions/meetings/config';
import { meetingRoutes } from '../functions/meetings/routes';
import { taskSyncConfig } from '../functions/task-sync/config';
import { tasksConfig } from '../functions/tasks/config';
import { taskRoutes } from '../functions/tasks/routes';
import { watchRenewalConfig } from '../functions/watch-renewal/config';
import { describeConfig } from '../shared/runtime/config';
import { buildOpenApi } from '../shared/runtime/openapi';

const root = join(__dirname, '..');
const begin = '<!-- configuration: written by npm run docs -->';
const end = '<!-- end of configuration -->';

/** Each function's environment. */
const configurations = {
  availability: availabilityConfig,
  'calendar-sweep': calendarSweepConfig,
  'calendar-webhook': calendarWebhookConfig,
  connections: connectionsConfig,
  'gmail-sync': gmailSyncConfig,
  mailboxes: mailboxesConfig,
  meetings: meetingsConfig,
  'mailbox-sweep': mailboxSweepConfig,
  'task-sync': taskSyncConfig,
  tasks: tasksConfig,
  'watch-renewal': watchRenewalConfig,
};

/** Content by file name, relative to the project's root. */
async function renderDocs(): Promise<ReadonlyMap<string, string>> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const openApi = buildOpenApi(
    [...mailboxRoutes, ...availabilityRoutes, ...meetingRoutes, ...connectionRoutes, ...taskRoutes],
    {
      title: 'Attaché',
      version,
    },
  );
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const table = `| key | functions | default | meaning |\n| --- | --- | --- | --- |\n${describeConfig(configurations)}`;
  const [before = '', , after = ''] = readme.split(new RegExp(`(${begin}[^]*${end})`));
  const newReadme = `${before}${begin}\n\n${table}\n\n${end}${after}`;
  return new Map([
    ['docs/openapi.json', `${JSON.stringify(openApi, null, 2)}\n`],
    ['README.md', await format(newReadme, { parser: 'markdown', printWidth: 120 })],
  ]);
}

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check');
  for (const [file, content] of await renderDocs()) {
    if ((await readFile(join(root, file), 'utf8')) === content) continue;
    if (isCheck) {
      console.error(`${file} does not say what the code says: run npm run docs.`);
      process.exitCode = 1;
    } else {
      await writeFile(join(root, file), content);
      console.log(`${file} written.`);
    }
  }
}

void main();
